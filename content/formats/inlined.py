"""A style sheet put into the elements of a mail's template, once, instead of into those of each mail.

It is done where a style depends on nothing but the tags and classes that stand in the template: then
the filled template and the inlined mail are the same bytes, which the tests hold.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Styles = dict[str, str]

_COMMENT = re.compile(r"(<!--.*?-->)", re.DOTALL)
_TAG = re.compile(r"(<[a-zA-Z/!][^<>]*>)")
_JINJA = re.compile(r"(?P<step>\{%.*?%\})|\{\{\s*(?P<said>.*?)\s*\}\}", re.DOTALL)
_PLACE = re.compile(r"<!--zq(?P<step>\d+)s-->|zq(?P<said>\d+)q")
_DYNAMIC_CLASS = re.compile(r'class="[^"]*?([\w-]+)zq\d+q')
_SHEET = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_AT_RULE = re.compile(r"@[^{}]+\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|/\*.*?\*/", re.DOTALL)
_SELECTORS = re.compile(r"([^{}]+)\{[^{}]*\}")
# Ancestors by class, id or data attribute, then an element by tag or class: no child, sibling or state.
_FLAT = re.compile(r":root|(?:(?:[.#][\w-]+|\[data-\w+\])+\s+)*(?:\w+|(?=[.#]))(?:[.#][\w-]+)*")
_SIDES = ("left", "right", "center")
_CELLS = "".join(
    f"<{tag} data-zq='{tag}'></{tag}>"
    + "".join(
        f"<{tag} data-zq='{tag}:{side}' style='text-align:{side}'></{tag}>" for side in _SIDES
    )
    for tag in ("th", "td")
)
_BARE = (
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "s",
    "a",
)
_PROBE = (
    "<!--zqprobe-->"
    + "".join(f"<{tag} data-zq='{tag}'></{tag}>" for tag in _BARE)
    + "<hr data-zq='hr'><br data-zq='br'><img data-zq='img'><ol data-zq='ol'></ol>"
    + "<ul data-zq='ul'><li data-zq='li'></li></ul><table data-zq='table'><thead data-zq='thead'></thead>"
    + f"<tbody data-zq='tbody'><tr data-zq='tr'>{_CELLS}</tr></tbody></table><!--zqend-->"
)
_PROBED = re.compile(r'data-zq="([\w:]+)"( style="[^"]*")?')
_PROBES = re.compile(r"<!--zqprobe-->(.*?)<!--zqend-->", re.DOTALL)


def inlined(
    source: str, inline: Callable[[str], str], constant: Callable[[str], str | None]
) -> tuple[str, list[Styles]] | None:
    """Return a Jinja template with the styles in its elements, and those of each place for HTML.

    `constant` returns what an expression gives, or None if that depends on values. The template needs
    the filters `escaped`, `quoted` and `styled`, and `styles`. None where a style depends on more than
    tags and classes, or where HTML would move a part: then each mail is to be inlined by itself.
    """
    template = _Template(constant)
    try:
        marked = "".join(template.marked(source))
    except _UnclearError:
        return None
    if not _is_flat(marked):
        return None
    out = inline(marked)
    styles = [dict(_PROBED.findall(probe)) for probe in _PROBES.findall(out)]
    out = _PROBES.sub("", out)
    places = [int(found["step"] or found["said"]) for found in _PLACE.finditer(out)]
    if places != list(range(len(template.jinja))) or re.search(r"\{[{%#]", out):
        return None
    return _PLACE.sub(
        lambda found: template.jinja[int(found["step"] or found["said"])], out
    ), styles


def _is_flat(marked: str) -> bool:
    """Tell whether the style of an element follows from its tag and classes, and those above it."""
    sheet = _AT_RULE.sub("", "".join(_SHEET.findall(marked)))
    selectors = [one.strip() for many in _SELECTORS.findall(sheet) for one in many.split(",")]
    prefixes = tuple(f".{prefix}" for prefix in _DYNAMIC_CLASS.findall(marked))
    return all(
        _FLAT.fullmatch(selector) and not any(prefix in selector for prefix in prefixes)
        for selector in selectors
    )


class _UnclearError(Exception):
    """A template has Jinja where only HTML is understood."""


@dataclass(slots=True)
class _Template:
    """A template whose Jinja is kept, in order, and replaced by places that HTML leaves alone."""

    constant: Callable[[str], str | None]
    jinja: list[str] = field(default_factory=list)
    bodies: int = 0

    def marked(self, source: str) -> Iterator[str]:
        for number, piece in enumerate(_COMMENT.split(source)):
            if number % 2:
                yield _JINJA.sub(lambda found: self._said(found, "e"), piece)
                continue
            for place, part in enumerate(_TAG.split(piece)):
                if place % 2:
                    yield _JINJA.sub(lambda found: self._said(found, "quoted"), part)
                else:
                    yield _JINJA.sub(self._between_tags, part)

    def _between_tags(self, found: "re.Match[str]") -> str:
        if found["step"]:
            return f"<!--zq{self._kept(found[0])}s-->"
        if (known := self.constant(found[0])) is not None:
            return known
        if not found["said"].endswith(".html"):
            return self._said(found, "escaped")
        self.bodies += 1
        return self._said(found, f"styled(styles[{self.bodies - 1}])") + _PROBE

    def _said(self, found: "re.Match[str]", filtered: str) -> str:
        if found["step"]:
            raise _UnclearError
        jinja = "{{ (%s)|%s }}" % (found["said"], filtered)  # noqa: UP031 braces
        return f"zq{self._kept(jinja)}q"

    def _kept(self, jinja: str) -> int:
        self.jinja.append(jinja)
        return len(self.jinja) - 1
