"""The sandbox's pages for people."""

import re
from pathlib import Path
from typing import Any

import nh3
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from halcytone.sandbox.gate import World
from halcytone.sandbox.options import TITLES

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
LOOPBACK = "http://127.0.0.1:* http://localhost:*"
CONTENT_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: {LOOPBACK}; base-uri 'none'"
MAIL_POLICY = f"sandbox allow-popups allow-popups-to-escape-sandbox; {CONTENT_POLICY}"
PREFERENCE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
SLACK_LINK = re.compile(r"(<https?://[^|>]+\|[^>]*>)")
HOLDS, NEVER = "(min-width:0)", "(max-width:0)"
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(world: World, template: str, *, server: str, **context: Any) -> str:
    """Return a page of one server, with links to the others that run."""
    others = [(name, TITLES[name], world.url(name)) for name in TITLES if name in world.ports]
    return TEMPLATES.get_template(template).render(server=server, others=others, **context)


def response(html: str) -> web.Response:
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", headers=headers)


def as_html(content: str) -> Markup:
    """Return a page's content as safe HTML; Markdown is read when it holds no tags."""
    html = content if "</" in content else MarkdownIt("commonmark").render(content)
    return Markup(nh3.clean(html))  # noqa: S704 - cleaned


def in_scheme(html: str, scheme: str) -> str:
    """Return a mail as a reader in "light" or "dark" sees it, whatever this browser prefers.

    Its colour-scheme queries are answered here: a condition that always or never holds.
    """
    if scheme not in ("light", "dark"):
        return html
    return PREFERENCE.sub(lambda m: HOLDS if m[1].lower() == scheme else NEVER, html)


def from_slack(line: str) -> Markup:
    """Return a line of a Slack message with its `<url|words>` as links; its texts come escaped."""
    shown = Markup()
    for part in SLACK_LINK.split(line):
        if SLACK_LINK.fullmatch(part):
            url, _, words = part[1:-1].partition("|")
            link = Markup('<a href="{}" rel="nofollow noreferrer">{}</a>')
            shown += link.format(url, _plain(words))
        else:
            shown += escape(_plain(part))
    return shown


def _plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def moment(iso: str | None) -> str:
    """Return `2026-12-01 15:00:02 UTC`, or a dash."""
    return f"{iso[:10]} {iso[11:19]} UTC" if iso else "–"


TEMPLATES.filters |= {"as_html": as_html, "moment": moment, "slack": from_slack}
