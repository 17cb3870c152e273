"""The words of a notification by mail and Slack: what happened, and a link. Never a token. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

FOOT = "You are told because of your part in it. Choose what you hear, and where: {url}"


@dataclass(frozen=True, slots=True)
class News:
    """One notification as it is written out. `url` is that of its page on the desk."""

    subject: str
    text: str
    url: str
    actor: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every mail bears besides its words. `id` makes its Message-ID; `choices_url` leads to the choices."""

    sender: str
    recipient: str
    id: str
    host: str
    choices_url: str


def mail(head: Letterhead, news: Sequence[News], *, is_digest: bool) -> bytes:
    """Return one mail about one event, or the digest of several, with CRLF line ends."""
    message = EmailMessage(policy=SMTP)
    message["From"] = head.sender
    message["To"] = head.recipient
    message["Subject"] = _subject(news, is_digest=is_digest)
    message["Message-ID"] = f"<{head.id}@{head.host}>"
    message["Auto-Submitted"] = "auto-generated"
    blocks = [_block(each) for each in news]
    if is_digest:
        blocks.insert(0, f"What happened since the last digest, {_count(news)}:")
    blocks.append(FOOT.format(url=head.choices_url))
    message.set_content("\n\n".join(blocks) + "\n")
    return message.as_bytes()


def slack(news: Sequence[News]) -> dict[str, str]:
    """Return the body of one message about one event, which names everybody whom it concerns."""
    first = news[0]
    names = ", ".join(dict.fromkeys(_escaped(each.person) for each in news))
    lines = [f"{names}: <{first.url}|{_escaped(first.subject)}>"]
    if first.text:
        lines.append(f"> {_escaped(' '.join(first.text.split()))}")
    return {"text": "\n".join(lines)}


def _subject(news: Sequence[News], *, is_digest: bool) -> str:
    return f"Digest: {_count(news)}" if is_digest else news[0].subject


def _count(news: Sequence[News]) -> str:
    return "one thing" if len(news) == 1 else f"{len(news)} things"


def _block(news: News) -> str:
    return "\n".join(filter(None, [news.subject, news.text, news.url]))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "¦")
