"""How a program says who it acts as: `Authorization: Api-Key …` or `X-API-Key: …`."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from halcytone.access import services
from halcytone.access.models import ApiKey, User

SCHEME = "Api-Key"


class ApiKeyAuthentication(BaseAuthentication):
    """The key's owner is the user; `request.auth` is the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        given = _given(request)
        if given is None:
            return None
        key = services.owner_of(given)
        if key is None:
            raise AuthenticationFailed("This API key is unknown, expired or revoked.")
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="Halcytone"'


def _given(request: Request) -> str | None:
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == SCHEME.lower():
        return rest.strip()
    return request.headers.get("X-API-Key")


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes it."""

    target_class = ApiKeyAuthentication
    name = ["apiKey", "apiKeyHeader"]

    def get_security_definition(self, auto_schema: object) -> list[dict[str, str]]:
        own = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
        scheme = {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f"`{SCHEME} <key>`",
        }
        return [scheme, own]
