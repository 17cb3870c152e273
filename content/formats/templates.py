"""The templates of formats: MJML compiled once a process, then Jinja2 in a sandbox."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from mjml import mjml2html

from halcytone.lib.errors import Invalid

ROOT = Path(__file__).resolve().parents[2] / "templates" / "content"


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, quick about the public fields of the frozen rows that templates are given."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        is_field = attr[0] != "_" and attr in getattr(type(obj), "__dataclass_fields__", ())
        return is_field or super().is_safe_attribute(obj, attr, value)


@lru_cache(maxsize=2)
def _environment(*, is_html: bool) -> _Environment:
    return _Environment(
        loader=FileSystemLoader(ROOT),
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)


@lru_cache(maxsize=16)
def _mail(name: str) -> Template:
    source = (ROOT / "email" / f"{name}.mjml").read_text(encoding="utf-8")
    # The label would repeat the title, and a title may hold anything.
    compiled = mjml2html(source).replace(' aria-label="{{ subject }}"', "")
    compiled = compiled.replace('role="article"', 'role="main"')
    return _environment(is_html=True).from_string(compiled)


def mail_html(name: str, values: Mapping[str, Any]) -> str:
    """Return the HTML part of a mail, its CSS in the elements. Raises Invalid with the reason."""
    return re.sub(r"\n\s*\n+", "\n", _inliner().inline(_render(_mail(name), values)))


def text(name: str, values: Mapping[str, Any]) -> str:
    """Return a plain text made of a template, with at most one empty line in a row."""
    rendered = _render(_environment(is_html=False).get_template(name), values)
    lines = "\n".join(line.rstrip() for line in rendered.splitlines())
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
