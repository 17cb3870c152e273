"""The sign-in of the stand-ins (OAuth 2.0 with PKCE): a page with one link back, and the code it carries.

The code is the challenge itself, so that nothing has to be kept between the page and the token.
"""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from markupsafe import escape

from halcytone.sandbox import pages
from halcytone.sandbox.gate import Problem

CODE = "sandbox-code-"
NEEDED = ("client_id", "redirect_uri", "state", "code_challenge")
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title></head>
<body><main><h1>{place}, stand-in</h1><p>Halcytone asks to speak for <b>{user}</b>: {scopes}.</p>
<p><a id="allow" href="{allow}">Allow</a> · <a id="deny" href="{deny}">Do not allow</a></p></main></body></html>"""


def page(place: str, user: str, query: Mapping[str, str]) -> web.Response:
    """Return the page on which a person allows it. Raises Problem(400) naming what is missing."""
    for name in NEEDED:
        if not query.get(name):
            raise Problem(400, f"{name} is missing")
    to, state = query["redirect_uri"], query["state"]
    if urlsplit(to).hostname not in ("127.0.0.1", "localhost"):
        raise Problem(400, "redirect_uri is not of this machine")
    allow = f"{to}?{urlencode({'code': CODE + query['code_challenge'], 'state': state})}"
    deny = f"{to}?{urlencode({'error': 'access_denied', 'state': state})}"
    html = PAGE.format(
        place=escape(place),
        user=escape(user),
        scopes=escape(query.get("scope", "")),
        allow=escape(allow),
        deny=escape(deny),
    )
    return pages.response(html)


def is_good(code: str, verifier: str) -> bool:
    """Tell whether a code of ours comes with its verifier; codes of other makes are not judged here."""
    if not code.startswith(CODE):
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return code == CODE + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
