"""The idempotency key of a delivery: what it is, and how a database makes many of them.

Source: publishing specification §1. The key is the Message-ID, the request id and the mark by which a
channel finds its own message again.
"""

from halcytone.lib import canonical

KEY_LENGTH = 32  # hex digits


def key(*, release: int, account: str, target: str, part: int, seal: str) -> str:
    """Return the key of one act: the same act has the same key, whoever computes it."""
    return canonical.sha256(text(release, account, target, part, seal))[:KEY_LENGTH]


def text(release: int, account: str, target: str, part: int, seal: str) -> str:
    """Return the canonical JSON whose SHA-256 is the key. `target` stands last."""
    return canonical.text(
        {"account": account, "part": part, "release": release, "seal": seal, "target": target}
    )


def around_contact(release: int, account: str, seal: str) -> tuple[str, str]:
    """Return what stands before and after the contact's id in `text`, for keys made in SQL."""
    before, after = text(release, account, "contact:\0", 1, seal).split("\\u0000")
    return before, after
