"""The REST API of named review links: who was given one, giving one, taking it back."""

from django.db.models import Count, QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.models import ReviewLink
from approvals.services import links
from approvals.talk_api import SEES, OfReview
from halcytone.lib.api.parsing import Nothing, Strict
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import Invalid, Problem


class LinkSerializer(Shown):
    """`counts`: a yes through it is one of the voices that its stage waits for."""

    id = serializers.CharField(source="pk", read_only=True)
    review_id = serializers.CharField(read_only=True)
    stage = serializers.IntegerField(source="stage.position", read_only=True)
    state = serializers.CharField(read_only=True)
    counts = serializers.BooleanField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    openings = serializers.IntegerField(source="opened", read_only=True, default=0)

    class Meta:
        model = ReviewLink
        fields = ["id", "review_id", "stage", "person_name", "email", "comment_only", "counts", "state",
                  "wrong_codes", "created_by", "created_at", "expires_at", "revoked_at", "locked_at",
                  "openings"]  # fmt: skip
        read_only_fields = fields


class NewLinkSerializer(LinkSerializer):
    """The one answer that holds the address; afterwards nobody can find it out."""

    url = serializers.SerializerMethodField()

    class Meta(LinkSerializer.Meta):
        fields = [*LinkSerializer.Meta.fields, "url"]
        read_only_fields = fields

    def get_url(self, row: ReviewLink) -> str:
        return str(self.context["url"])


class LinkWish(Strict):
    person_name = serializers.CharField(max_length=100)
    email = serializers.EmailField()
    stage = serializers.IntegerField(min_value=0, help_text="The position of the stage")
    days = serializers.IntegerField(min_value=1, max_value=links.MOST_DAYS, default=links.DAYS)
    comment_only = serializers.BooleanField(default=False)


class LinksSerializer(serializers.Serializer):
    results = LinkSerializer(many=True)


class Links(OfReview):
    """The named links of a review."""

    serializer_class = LinkSerializer
    secret_actions = frozenset({"create"})

    @extend_schema(responses=LinksSerializer, operation_id="reviews_links")
    def list(self, request: Request, pk: int) -> Response:
        rows = counted(links.visible_to(request.user).filter(review=self.review(pk)))
        return Response(LinksSerializer({"results": rows}).data)

    @extend_schema(
        request=LinkWish, responses={201: NewLinkSerializer}, operation_id="reviews_link"
    )
    def create(self, request: Request, pk: int) -> Response:
        """Give one person without an account a link to one stage. `url` is told this once."""
        review, wish = self.review(pk), self.given(LinkWish)
        stage = review.stages.filter(position=wish["stage"]).first()
        if stage is None:
            raise Invalid([Problem("unknown_stage", "This review has no such stage.", "stage")])
        link, token = links.create(review, by=request.user, **wish | {"stage": stage})
        context = {**self.context, "url": links.address(token)}
        return Response(NewLinkSerializer(link, context=context).data, status.HTTP_201_CREATED)


class ReviewLinks(Resource):
    """Taking a link back."""

    sees = SEES
    serializer_class = LinkSerializer
    pagination_class = None
    filter_backends = ()

    def get_queryset(self) -> QuerySet[ReviewLink]:
        return counted(links.visible_to(self.request.user))

    @extend_schema(request=Nothing, responses=LinkSerializer, operation_id="review_links_revoke")
    def revoke(self, request: Request, pk: int) -> Response:
        self.given(Nothing)
        row = self.get_object()
        links.revoke(row, by=request.user)
        return self.answer(row)


def counted(rows: QuerySet[ReviewLink]) -> QuerySet[ReviewLink]:
    """Let each link know how often it was opened; one that was just made never was."""
    return rows.annotate(opened=Count("openings"))


urlpatterns = [
    path(
        "reviews/<int:pk>/links",
        Links.as_view({"get": "list", "post": "create"}),
        name="review-links",
    ),
    path(
        "review-links/<int:pk>/revoke",
        ReviewLinks.as_view({"post": "revoke"}),
        name="review-link-revoke",
    ),
]
