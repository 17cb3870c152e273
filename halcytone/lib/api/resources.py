"""The base of every resource: who may look, how rows are answered, and what guards a change."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from halcytone.lib import rights, trials
from halcytone.lib.api import idempotency, limits, problems
from halcytone.lib.api.filters import Filters, Ordering, Search, is_on
from halcytone.lib.api.pages import Cursor
from halcytone.lib.api.parsing import Json, check_length, check_size
from halcytone.lib.api.problems import PreconditionRequired
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState


class Guarded(APIView):
    """A route that counts a request as soon as it is known who asks, also when it then refuses."""

    is_public = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_size(request)

    def perform_authentication(self, request: Request) -> None:
        try:
            check_length(request)
            super().perform_authentication(request)
        except Exception:  # whatever it is: the answer says what is left to this address
            limits.show(request)
            raise
        if request.user.is_authenticated or self.is_public:
            limits.count(request, self.kind_of(request))
        else:
            limits.show(request)

    def kind_of(self, request: Request) -> str:
        """Return under which limit a request counts."""
        return limits.READ if request.method in SAFE_METHODS else limits.WRITE


class Resource(Guarded, GenericViewSet):
    """A group of routes about one kind of row.

    `sees` are the rights of which one is needed to look at all; what may be done is the services'
    business. `?dry_run=true` does everything and then takes it back. Each POST obeys Idempotency-Key.
    """

    sees: tuple[str, ...] = ()
    parser_classes: Any = (Json,)
    pagination_class: Any = Cursor
    filter_backends: Any = (Filters, Search, Ordering)
    filterset_class: Any = None
    filterset_fields: Any = None
    search_fields: tuple[str, ...] = ()
    ordering_fields: tuple[str, ...] = ("id",)
    lookup_value_regex = "[0-9]{1,18}"
    #: Answers of these actions are never kept for a replay.
    secret_actions: frozenset[str] = frozenset()
    #: Actions that count as something else than a read or a write.
    kinds: Mapping[str, str] = {}
    _key_row: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("dry_run", "").lower() != "true" or request.method in SAFE_METHODS:
            return super().dispatch(request, *args, **kwargs)
        with trials.trial(), transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            transaction.set_rollback(True)
        response["X-Dry-Run"] = "true"
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS and not is_on(request, "dry_run"):
            self._key_row = idempotency.begin(request) if request.method == "POST" else None

    def kind_of(self, request: Request) -> str:
        return self.kinds.get(str(self.action), super().kind_of(request))

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.sees and not rights.may(request.user, *self.sees):
            raise NotAllowed(f"You may not look at this. {rights.who_may(self.sees[0])}")

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, idempotency.ReplayError):
            return exc.response
        try:
            return super().handle_exception(exc)
        except Exception:  # a bug: it may have acted, so the key keeps standing for this answer
            if self._key_row is not None:
                failed = problems.server_error(self.request._request)
                idempotency.finish(self._key_row, failed, is_secret=False)
            raise

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._key_row is not None and isinstance(response, Response):
            is_secret = self.action in self.secret_actions
            response.add_post_render_callback(
                lambda done: idempotency.finish(self._key_row, done, is_secret=is_secret)
            )
        return response

    # what the routes of a resource are made of

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.listing(self.filter_queryset(self.get_queryset()))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())

    def listing(
        self, rows: QuerySet[Any], serializer: type[BaseSerializer] | None = None
    ) -> Response:
        """Answer one page of rows."""
        page = self.paginate_queryset(rows)
        shown = (serializer or self.get_serializer_class())(
            page, many=True, context=self.context_of(page)
        )
        return self.get_paginated_response(shown.data)

    def answer(
        self,
        row: Any,
        *,
        code: int = status.HTTP_200_OK,
        serializer: type[BaseSerializer] | None = None,
    ) -> Response:
        """Answer one row, with its ETag when it has a version."""
        shown = (serializer or self.get_serializer_class())(row, context=self.context)
        headers = {"ETag": etag(row)} if hasattr(row, "version") else None
        return Response(shown.data, code, headers=headers)

    def created(self, row: Model) -> Response:
        return self.answer(row, code=status.HTTP_201_CREATED)

    def given(self, serializer: type[Serializer]) -> dict[str, Any]:
        """Return the validated body. Raises ValidationError naming each field."""
        asked = serializer(data=self.request.data, context=self.context)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def context_of(self, page: Any) -> Mapping[str, Any]:
        """Return what the serializer of one page is given; a resource may read for all rows at once."""
        return self.context

    @property
    def context(self) -> Mapping[str, Any]:
        return self.get_serializer_context()

    def expected_version(self, row: Any) -> int:
        """Return the row's version if If-Match names it. Raises PreconditionRequired, WrongState (412)."""
        match = self.request.headers.get("If-Match", "")
        if not match:
            raise PreconditionRequired
        named = {tag.strip() for tag in match.split(",")}
        if "*" not in named and etag(row) not in named:
            raise WrongState(
                "Somebody else changed this since you read it. Read it again, then repeat your change.",
                code="version_mismatch",
            )
        return int(row.version)


def etag(row: Any) -> str:
    """Return the strong entity tag of a row: it changes with each of its versions."""
    return f'"{row._meta.model_name}-{row.pk}-{row.version}"'


def find(rows: QuerySet[Any], id: str, *, attr: str) -> Any:
    """Return the row of an id that a body names. Raises Invalid naming the field."""
    row = rows.filter(pk=id).first() if str(id).isdecimal() and len(str(id)) <= 18 else None
    if row is None:
        message = f"There is no {rows.model._meta.verbose_name} {id} that you can see."
        raise Invalid([Problem("not_found", message, attr=attr)])
    return row
