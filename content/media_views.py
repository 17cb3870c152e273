"""The images of what is published, for everybody: a name is the hash of the bytes, and never changes."""

from django.core.files.storage import default_storage
from django.core.signing import BadSignature, SignatureExpired
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseGone
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from content.models import Asset
from content.services import loans, pictures

A_YEAR_S = 31_536_000


@require_safe
def lent(request: HttpRequest, signature: str, name: str) -> HttpResponseBase:
    """Give out an image by an address that lives for an hour: 410 afterwards, 404 for a forged one."""
    try:
        loans.require(name, signature)
    except SignatureExpired:
        return HttpResponseGone("This address has expired.", content_type="text/plain")
    except BadSignature as error:
        raise Http404 from error
    response = image(request, name)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def image(request: HttpRequest, name: str) -> HttpResponseBase:
    if not pictures.NAME.fullmatch(name):
        raise Http404
    if request.headers.get("If-None-Match") == f'"{name}"':
        return _kept(HttpResponse(status=304), name)
    asset = get_object_or_404(
        Asset, sha256=name.partition(".")[0], extension=name.partition(".")[2]
    )
    try:
        file = default_storage.open(pictures.path(asset))
    except FileNotFoundError as error:
        raise Http404 from error
    return _kept(FileResponse(file, content_type=asset.media_type), name)


def _kept(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
    response["ETag"] = f'"{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
