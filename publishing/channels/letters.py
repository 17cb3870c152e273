"""What every way of mail asks of a newsletter. Pure."""

from collections.abc import Iterator

from content.formats import merge
from halcytone.lib.errors import Invalid
from publishing.channels.base import MARKS, Content
from publishing.channels.passport import Passport

PARTS = ("subject", "html", "text")


def problems(content: Content, passport: Passport) -> list[str]:
    """Return sentences for what no reader may get: parts missing, too long, without the way out."""
    found = [f"The mail has no {key}" for key in PARTS if not content.get(key)]
    for key in PARTS:
        size = len(str(content.get(key, "")))
        if size > (most := passport.limit(key, size)):
            found.append(f"The {key} has {size:,} characters, this account takes {most:,}")
    found += [sentence for key in ("html", "text") for sentence in _slots(key, content)]
    if merge.fields(str(content.get("subject", ""))):
        found.append("The subject cannot carry merge fields")
    return found


def _slots(key: str, content: Content) -> Iterator[str]:
    text = str(content.get(key, ""))
    try:
        merge.split(text, also=content.get(MARKS, ()))
    except Invalid as error:
        yield f"{key}: {error}"
        return
    missing = merge.REQUIRED - merge.fields(text) if text else ()
    yield from (f"{key}: the merge field {name} is missing" for name in sorted(missing))
