"""The templates of formats: MJML compiled and inlined once a process, then Jinja2 in a sandbox."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from mjml import mjml2html

from content import written
from content.formats.inlined import inlined
from halcytone.lib.errors import Invalid

ROOT = Path(__file__).resolve().parents[2] / "templates" / "content"


_INCLUDE = re.compile(r'\{% include "([^"]+)" %\}')
_BLANK_LINES = re.compile(r"\n\s*\n+")


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, quick about the public fields of the frozen rows that templates are given."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        fields = getattr(type(obj), "__dataclass_fields__", ())
        if attribute in fields and attribute[0] != "_":
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


class _Loader(FileSystemLoader):
    """The files, each with its parts in place: to call for one costs more than to fill it in."""

    def get_source(self, environment: Environment, template: str) -> Any:
        source, *rest = super().get_source(environment, template)
        return self.whole(environment, source), *rest

    def whole(self, environment: Environment, source: str) -> str:
        """Return a source with the files that it includes; their last line end does not count."""

        def included(found: "re.Match[str]") -> str:
            part: str = self.get_source(environment, found[1])[0]
            return part.removesuffix("\n")

        return _INCLUDE.sub(included, source)


_LOADER = _Loader(ROOT)


@lru_cache(maxsize=2)
def _environment(*, is_html: bool) -> _Environment:
    made = _Environment(
        loader=_LOADER,
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "escaped": lambda value: written.escaped(str(value)),
        "quoted": lambda value: written.quoted(str(value)),
        "styled": lambda body, styles: body.styled(styles),
    }
    return made


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)


@lru_cache(maxsize=16)
def _mail(name: str) -> Template:
    """Return the template of mails that are to be inlined."""
    return _environment(is_html=True).from_string(_compiled(name))


@lru_cache(maxsize=16)
def _inlined_mail(name: str) -> Template | None:
    """Return the template of mails that are inlined, or None if that cannot be done beforehand."""
    made = inlined(_compiled(name), _inliner().inline, _constant)
    if made is None:
        return None
    return _environment(is_html=False).from_string(made[0], globals={"styles": made[1]})


def _compiled(name: str) -> str:
    source = (ROOT / "email" / f"{name}.mjml").read_text(encoding="utf-8")
    # The label would repeat the title, and a title may hold anything.
    compiled = mjml2html(source).replace(' aria-label="{{ subject }}"', "")
    return _LOADER.whole(
        _environment(is_html=True), compiled.replace('role="article"', 'role="main"')
    )


def _constant(jinja: str) -> str | None:
    """Return what an expression gives, or None if that depends on values."""
    environment = _environment(is_html=True)
    if meta.find_undeclared_variables(environment.parse(jinja)):
        return None
    return environment.from_string(jinja).render()


def mail_html(name: str, values: Mapping[str, Any]) -> str:
    """Return the HTML part of a mail, its CSS in the elements. Raises Invalid with the reason.

    `values["is_plain"]` says that no body has HTML of its own, which may upset that of the mail.
    """
    beforehand = _inlined_mail(name) if values["is_plain"] else None
    filled = _render(beforehand, values) if beforehand else ""
    if beforehand is None or written.is_odd(filled):
        filled = _inliner().inline(_render(_mail(name), values))
    return _BLANK_LINES.sub("\n", filled)


def text(name: str, values: Mapping[str, Any]) -> str:
    """Return a plain text made of a template, with at most one empty line in a row."""
    rendered = _render(_environment(is_html=False).get_template(name), values)
    lines = "\n".join(map(str.rstrip, rendered.splitlines()))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def html(name: str, values: Mapping[str, Any]) -> str:
    """Return HTML made of a template. Raises Invalid with the reason."""
    return _render(_environment(is_html=True).get_template(name), values)


def _render(template: Template, values: Mapping[str, Any]) -> str:
    try:
        return template.render(values)
    except TemplateError as error:
        reason = f"The template could not be filled: {error.message}. Ask an administrator."
        raise Invalid(reason, code="template") from error


@lru_cache(maxsize=4)
def version(folder: str) -> str:
    """Return a digest of every template in a folder, so that a changed one is a new version."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / folder).iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
