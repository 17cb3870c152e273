"""Reading requests strictly: size first, then JSON that every part of the product can carry."""

import json
from typing import Any

from django.conf import settings
from rest_framework import parsers, serializers
from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from halcytone.lib.api.problems import TooLarge


class Json(parsers.JSONParser):
    """JSON without NaN, without characters that no database holds, and not too deep to read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            data = json.loads(stream.read().decode("utf-8"), parse_constant=_no_constant)
            _check(data)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not readable JSON: {_safe(error)}") from error
        return data


class AlwaysJson(DefaultContentNegotiation):
    """Answers with the first form a route has when it has none of those asked for; nobody gets 406."""

    def select_renderer(
        self, request: Any, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type


class Strict(serializers.Serializer):
    """Refuses fields that it does not know, by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields) or "none"
            message = f"There is no such field. Known: {known}."
            raise serializers.ValidationError(
                {name: serializers.ErrorDetail(message, "unknown_field") for name in unknown}
            )
        return super().to_internal_value(data)


class Nothing(Strict):
    """The body of an act that needs none."""


class Upload(serializers.FileField):
    """A file up to the limit of files; a larger one is TooLarge by its own bytes, not by its frame's."""

    def to_internal_value(self, data: Any) -> Any:
        file = super().to_internal_value(data)
        most = settings.FILE_UPLOAD_MAX_BYTES
        if file.size > most:
            raise TooLarge(f"The file has {file.size:,} bytes; at most {most:,} are taken.")
        return file


class Why(Strict):
    """The body of an act that only needs its reason."""

    reason = serializers.CharField(max_length=500)


def check_length(request: Request) -> None:
    """Raise TooLarge by Content-Length for what no route takes, before a byte of the body is read."""
    _refuse_over(request, settings.REQUEST_MAX_BYTES)


def check_size(request: Request) -> None:
    """Raise TooLarge by Content-Length, by the kind of body: files may be larger than JSON.

    A body without a length has got one at the door (`halcytone.wsgi`).
    """
    is_file = (request.content_type or "").startswith("multipart/")
    most = settings.REQUEST_MAX_BYTES if is_file else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    _refuse_over(request, most)


def _refuse_over(request: Request, most: int) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        raise ParseError("Content-Length is not a number")
    if int(length) > most:
        raise TooLarge(f"The request has {int(length):,} bytes; at most {most:,} are taken.")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("the character U+0000 cannot be kept")
        value.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    elif isinstance(value, dict):
        for name, member in value.items():
            _check(name)
            _check(member)
    elif isinstance(value, list):
        for member in value:
            _check(member)


def _safe(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "a character cannot be encoded"
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)
