"""The seal of a rendition: one digest over everything that a decision is about.

Source: approvals specification, the seal. Its canonical JSON has exactly the keys of `compute`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from approvals import comparison, wording
from approvals.models import Seal
from content.models import Draft, FormatName, Rendition
from halcytone.lib import canonical
from segmentation import audience

#: Formats that are sent to the people of a segment; the others are open to everybody.
TO_AN_AUDIENCE = (FormatName.NEWSLETTER,)

_SETTINGS = {
    "lateness_rule": "What happens when it is late changed from “{old}” to “{new}”.",
    "template_version": "The template is another version: {new}, it was {old}.",
}


@dataclass(frozen=True, slots=True)
class SealContent:
    """What a seal over a rendition would hold now. `body` is the text behind `rendition_sha256`."""

    sha256: str
    content: Mapping[str, Any]
    body: str


def compute(rendition: Rendition) -> SealContent:
    """Return the seal of a rendition as everything stands now. Saves nothing."""
    return compute_all([rendition])[0]


def compute_all(
    renditions: Sequence[Rendition], rows: Iterable[Any] | None = None
) -> list[SealContent]:
    """Return the seal of each rendition as everything stands now. Saves nothing.

    The audience is sealed by its rule, for formats that have one. `rows` are those of `account_rows`, for
    who has read them. Raises what the account facts raise (settings.ACCOUNT_FACTS).
    """
    accounts = _account_facts([(each.format, each.account) for each in renditions], rows)
    return [_compute(*each) for each in zip(renditions, accounts, strict=True)]


def _compute(rendition: Rendition, account: Mapping[str, Any]) -> SealContent:
    draft = rendition.draft
    content = {
        "rendition_sha256": rendition.digest,
        "format": rendition.format,
        "account": account["account"],
        "audience_sha256": _audience_sha256(rendition),
        "slot": {"wall": draft.slot_wall, "zone": draft.zone},
        "lateness_rule": draft.lateness,
        "arms_sha256": None,
        "media": [{"sha256": each["sha256"], "alt": each["alt"]} for each in rendition.media],
        "template_version": rendition.template_version,
        "headers": {**account["headers"], **_subject(rendition)},
    }
    return SealContent(canonical.digest(content), content, rendition.body)


def differences(old: Seal, new: SealContent) -> list[str]:
    """Return a sentence for each thing that is not as it was sealed; [] when all is the same."""
    before: dict[str, Any] = json.loads(old.content)
    after = new.content
    sentences = []
    if before["rendition_sha256"] != after["rendition_sha256"]:
        sentences += comparison.text_changes(old.body, new.body)
    sentences += _media_changes(before["media"], after["media"])
    if before["audience_sha256"] != after["audience_sha256"]:
        sentences.append("The audience rule changed.")
    if before["arms_sha256"] != after["arms_sha256"]:
        sentences.append("The arms of the test changed.")
    if before["slot"] != after["slot"]:
        sentences.append(f"The slot moved from {_slot(before)} to {_slot(after)}.")
    sentences += _account_changes(_account(before), _account(after))
    sentences += [
        sentence.format(old=before[name] or "none", new=after[name] or "none")
        for name, sentence in _SETTINGS.items()
        if before[name] != after[name]
    ]
    return sentences + _header_changes(before["headers"], after["headers"])


def account_rows(draft: Draft) -> QuerySet[Any]:
    """Return the publisher's rows that the account facts of a draft are told from. No query yet."""
    rows: Callable[[Draft], QuerySet[Any]] = import_string(settings.ACCOUNT_ROWS)
    return rows(draft)


def _account_facts(
    wanted: Iterable[tuple[str, str]], rows: Iterable[Any] | None
) -> list[Mapping[str, Any]]:
    find: Callable[..., list[Mapping[str, Any]]] = import_string(settings.ACCOUNT_FACTS)
    return find(wanted, rows)


def _audience_sha256(rendition: Rendition) -> str | None:
    segment = rendition.draft.segment
    if rendition.format not in TO_AN_AUDIENCE or segment is None:
        return None
    return canonical.digest(audience.definition(segment))


def _subject(rendition: Rendition) -> dict[str, str]:
    """Return the subject as a header; it is part of the body too, which alone decides."""
    if rendition.format not in TO_AN_AUDIENCE:
        return {}
    subject = wording.read(rendition.body).get("subject")
    return {"Subject": subject} if isinstance(subject, str) else {}


def _slot(content: Mapping[str, Any]) -> str:
    slot = content["slot"]
    return f"{slot['wall'].replace('T', ' ')} {slot['zone']}" if slot["wall"] else "no slot"


def _account(content: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the account facts of a seal; one that is older than they are has the key alone."""
    account = content["account"]
    return {"key": account} if isinstance(account, str) else account


def _account_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Say that it is another account; of the same one, what of it is another: "account: profile"."""
    if before["key"] != after["key"]:
        yield f"The account changed from “{before['key'] or 'none'}” to “{after['key'] or 'none'}”."
        return
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield f"account: {name} changed from “{old or 'none'}” to “{new or 'none'}”."


def _media_changes(
    before: list[Mapping[str, str]], after: list[Mapping[str, str]]
) -> Iterator[str]:
    if len(before) != len(after):
        yield f"The number of images changed from {len(before)} to {len(after)}."
        return
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old["sha256"] != new["sha256"]:
            yield f"Image {number} is another file."
        if old["alt"] != new["alt"]:
            yield f"The alt text of image {number} changed from “{old['alt']}” to “{new['alt']}”."


def _header_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [
        f"The header {name} changed from “{before.get(name, '')}” to “{after.get(name, '')}”."
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and name != "Subject"
    ]
