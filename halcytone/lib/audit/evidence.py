"""Evidence that leaves the house: signed JSON, and a text for people with the same signature's protection.

Anybody can check it with the public key alone; `manage.py verify_evidence` does, and docs/audit.md says how
without Halcytone.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from halcytone.lib import canonical
from halcytone.lib.audit import links, signing
from halcytone.lib.audit.models import Entry

FORMAT = "halcytone-evidence/1"
MARK = "\n-- signed: "  # begins the last line of a text


def as_dict(entry: Entry) -> dict[str, Any]:
    """Return a row of the chain with everything that its digest is made of."""
    values = {name: getattr(entry, name) for name in links.FIELDS}
    return {**values, "at": links.moment(entry.at), "sha256": entry.sha256}


def signed_json(content: Mapping[str, Any]) -> str:
    """Return a document with its signature, over the canonical JSON of all the rest."""
    document = {"format": FORMAT, "public_key": signing.public_key(), **content}
    signature = signing.sign(canonical.text(document))
    return json.dumps({**document, "signature": signature}, ensure_ascii=False, indent=1)


def signed_text(text: str) -> str:
    """Return a text whose last line signs everything above it."""
    body = text.rstrip("\n") + "\n"
    return f"{body}{MARK}{signing.public_key()} {signing.sign(body)}\n"


def problems_of(document: str, *, key: str = "") -> list[str]:
    """Return what is wrong with a document, JSON or text; [] when it is what was signed.

    `key` is the public key that the reader trusts; without it, the one that the document names.
    """
    if document.lstrip().startswith("{"):
        return list(_json_problems(document, key))
    return list(_text_problems(document, key))


def _text_problems(document: str, key: str) -> Iterable[str]:
    body, mark, line = document.rpartition(MARK)
    named, _, signature = line.strip().partition(" ")
    if not mark:
        yield "There is no signature at its end."
    elif key and key != named:
        yield f"It is signed by another key: {named}."
    elif not signing.verifies(named, body, signature):
        yield "The signature is not of this text: it was changed."


def _json_problems(document: str, key: str) -> Iterable[str]:
    try:
        content = json.loads(document)
        signature, named = content.pop("signature"), content["public_key"]
    except (ValueError, KeyError, AttributeError):
        yield "It is not a signed document of this kind."
        return
    if key and key != named:
        yield f"It is signed by another key: {named}."
    if not signing.verifies(named, canonical.text(content), signature):
        yield "The signature is not of this document: it was changed."
    for entry in content.get("entries", []):
        values = [entry[name] for name in links.FIELDS]
        if links.digest_of_text(values) != entry["sha256"]:
            yield f"Row {entry['seq']} does not fit its digest."
