"""The sign-in of the stand-ins (OAuth 2.0 with PKCE): a page with one link back, and the code it carries.

The code is the challenge itself, so that nothing has to be kept between the page and the token.
"""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from halcytone.sandbox import pages
from halcytone.sandbox.gate import WORLD, Problem

CODE = "sandbox-code-"
NEEDED = ("client_id", "redirect_uri", "state", "code_challenge")
#: Forms of a sign-in lead back to the desk, which has a port of its own.
POLICY = pages.PAGE_POLICY.replace("form-action 'self'", f"form-action 'self' {pages.LOOPBACK}")


def page(request: web.Request, server: str, place: str, user: str) -> web.Response:
    """Return the page on which a person allows it. Raises Problem(400) naming what is missing."""
    query = request.query
    require(query, *NEEDED)
    to, state = query["redirect_uri"], query["state"]
    html = pages.render(
        request.app[WORLD],
        "sign_in.html",
        server=server,
        place=place,
        user=user,
        scopes=query.get("scope", "").split(),
        allow=f"{to}?{urlencode({'code': CODE + query['code_challenge'], 'state': state})}",
        deny=f"{to}?{urlencode({'error': 'access_denied', 'state': state})}",
    )
    return shown(html)


def shown(html: str) -> web.Response:
    response = pages.response(html)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def require(query: Mapping[str, str], *names: str) -> None:
    """Raise Problem(400) for what is missing, and for a way back that leaves this machine."""
    for name in names:
        if not query.get(name):
            raise Problem(400, f"{name} is missing")
    if urlsplit(query["redirect_uri"]).hostname not in ("127.0.0.1", "localhost"):
        raise Problem(400, "redirect_uri is not of this machine")


def is_good(code: str, verifier: str) -> bool:
    """Tell whether a code of ours comes with its verifier; codes of other makes are not judged here."""
    if not code.startswith(CODE):
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return code == CODE + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
