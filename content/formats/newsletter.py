"""The newsletter: subject, preheader, an HTML part, and a plain part made from the same tree."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from content import markdown, plaintext
from content.formats import letter, markup, merge, shape, templates, wording
from content.formats.base import (
    ERROR,
    INFO,
    WARNING,
    Edition,
    Finding,
    Format,
    Rendered,
    media,
    require_pieces,
)
from halcytone.lib.errors import Invalid

BUILT = frozenset({"weekly_update", "plain"})
HTML_MAX = 500_000  # characters
CLIPPED_BYTES, LARGE_BYTES = 102 * 1024, 90 * 1024  # where a large reader cuts a mail, and near it
COVERED = 0.8  # of the words of the HTML part, in the plain part
_WORDS_ADVISED = (150, 200)


class Newsletter(Format):
    name = "newsletter"
    fields: ClassVar[Mapping[str, shape.Kind]] = {
        "subject": shape.Kind.TEXT,
        "preheader": shape.Kind.TEXT,
        "html": shape.Kind.TEXT,
        "text": shape.Kind.TEXT,
    }

    def __init__(self) -> None:
        self.version = f"1-{templates.version('email')}"

    def render(self, edition: Edition) -> Rendered:
        require_pieces(edition)
        _require_site(edition)
        values = letter.letter(edition)
        content = {
            "subject": values["subject"],
            "preheader": values["preheader"],
            "html": templates.mail_html(_template(edition), values),
            "text": templates.text("email/text.txt", values),
        }
        return Rendered(shape.clean(content), media(edition), self._notes(edition))

    def check(self, content: Mapping[str, Any]) -> list[Finding]:
        subject, preheader = content["subject"], content["preheader"]
        return [
            *wording.length(self.finding, subject, "subject", hard=(10, 100), advised=(30, 50)),
            *wording.spam(self.finding, subject),
            *wording.left_overs(self.finding, subject, "subject"),
            *wording.length(self.finding, preheader, "preheader", hard=(0, 150), advised=(90, 100)),
            *wording.left_overs(self.finding, preheader, "preheader"),
            *self._repeated(subject, preheader),
            *self._size(content["html"]),
            *self._words(content["html"], content["text"]),
            *self._links(content["html"], content["text"]),
            *self._merge_fields(content),
            *markup.check(self.finding, content["html"]),
        ]

    def _notes(self, edition: Edition) -> tuple[Finding, ...]:
        if edition.template in BUILT | {"auto"}:
            return ()
        message = f"The template {edition.template} is not built yet; weekly_update was used."
        hint = "Choose weekly_update or plain."
        return (self.finding(INFO, "template_substituted", message, hint=hint, where="template"),)

    def _repeated(self, subject: str, preheader: str) -> list[Finding]:
        if not preheader or subject.strip().lower() != preheader.strip().lower():
            return []
        message = "The preheader repeats the subject."
        hint = "Say what the subject does not."
        return [self.finding(WARNING, "preheader_repeats", message, hint=hint, where="preheader")]

    def _size(self, html: str) -> list[Finding]:
        size = len(html.encode())
        if len(html) > HTML_MAX:
            message = (
                f"The HTML part has {len(html):,} characters, {len(html) - HTML_MAX:,} too many."
            )
            return [
                self.finding(ERROR, "html_long", message, hint="Use fewer pieces.", where="html")
            ]
        if size > CLIPPED_BYTES:
            message = (
                f"The HTML part has {size:,} bytes; mail readers clip it after {CLIPPED_BYTES:,}, "
                f"which cuts {size - CLIPPED_BYTES:,} bytes and the unsubscribe link."
            )
            return [
                self.finding(ERROR, "mail_clipped", message, hint="Use fewer pieces.", where="html")
            ]
        if size > LARGE_BYTES:
            message = f"The HTML part has {size:,} bytes and is close to being clipped at 102 KB."
            return [
                self.finding(WARNING, "mail_large", message, hint="Use fewer pieces.", where="html")
            ]
        return []

    def _words(self, html: str, text: str) -> list[Finding]:
        body = plaintext.visible(html)
        found = wording.left_overs(self.finding, body, "HTML part", fields=merge.NAMES)
        found += wording.left_overs(self.finding, text, "plain part", fields=merge.NAMES)
        found += wording.shouting(self.finding, body, "HTML part", emoji=3, marks=2)
        return found + self._plain_part(body, text) + self._word_count(body)

    def _plain_part(self, body: str, text: str) -> list[Finding]:
        if not text.strip():
            message = "The plain part is missing."
            hint = "Write it, or render the newsletter again."
            return [self.finding(ERROR, "plain_missing", message, hint=hint, where="plain part")]
        if len(text) < 50:
            message = f"The plain part has {len(text)} characters, {50 - len(text)} fewer than 50."
            return [self.finding(WARNING, "plain_short", message, where="plain part")]
        wanted, given = _word_set(body), _word_set(text)
        share = len(wanted & given) / max(1, len(wanted))
        if share >= COVERED:
            return []
        message = f"The plain part has {share:.0%} of the words of the HTML part; 80% is the least."
        return [self.finding(WARNING, "plain_differs", message, where="plain part")]

    def _links(self, html: str, text: str) -> list[Finding]:
        missing = [href for href in markup.targets(html) if text.strip() and href not in text]
        return [
            self.finding(
                WARNING,
                "plain_link_missing",
                f"The plain part lacks the link to {href}.",
                hint="Add it.",
                where="plain part",
                evidence=href,
            )
            for href in dict.fromkeys(missing)
        ]

    def _word_count(self, body: str) -> list[Finding]:
        count = markdown.words(body)
        low, high = _WORDS_ADVISED
        if low <= count <= high:
            return []
        message = f"The newsletter has {count} words; {low} to {high} are read best."
        return [self.finding(INFO, "words_advised", message, where="HTML part")]

    def _merge_fields(self, content: Mapping[str, Any]) -> list[Finding]:
        return [
            self.finding(
                ERROR,
                "merge_field_missing",
                f"The {where} has no [[{name}]].",
                hint="Every mail needs its unsubscribe and preference links.",
                where=where,
            )
            for key, where in (("html", "HTML part"), ("text", "plain part"))
            for name in sorted(merge.REQUIRED - merge.fields(content[key]))
        ]


def _require_site(edition: Edition) -> None:
    site = edition.site
    for name, value in (("base_url", site.base_url), ("postal_address", site.postal_address)):
        if not value.strip():
            raise Invalid(
                f"A newsletter needs the site's {name}. An administrator sets it.", code="site"
            )


def _template(edition: Edition) -> str:
    return edition.template if edition.template in BUILT else "weekly_update"


def _word_set(text: str) -> set[str]:
    return set(re.findall(r"\w{2,}", text.lower()))
