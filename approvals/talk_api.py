"""The REST API of a review's conversation: threads, claims, answers, comparisons."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.models import Attachment, Comment, Review, Thread
from approvals.services import access, attachments, claims, comparisons, consolidation, talk
from approvals.services.talk import About
from halcytone.lib.api.parsing import Nothing, Strict, Upload
from halcytone.lib.api.resources import Resource, find
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import Invalid, Problem

SEES = ("approvals.view_review", "approvals.submit_review")


class AttachmentSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)

    class Meta:
        model = Attachment
        fields = ["id", "name", "kind", "size_bytes", "sha256"]
        read_only_fields = fields


class CommentSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    person = serializers.CharField(source="person.username", read_only=True, default=None)
    link_id = serializers.CharField(read_only=True, allow_null=True)
    attachments = AttachmentSerializer(many=True, read_only=True)

    class Meta:
        model = Comment
        fields = ["id", "person", "link_id", "who", "text", "said_at", "attachments"]
        read_only_fields = fields


class SpotSerializer(serializers.Serializer):
    """`kind`: same, moved, or changed (it reads otherwise now)."""

    place = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    text = serializers.CharField()
    kind = serializers.CharField()


class ThreadSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    review_id = serializers.CharField(read_only=True)
    resolved_by = serializers.CharField(source="resolved_by.username", read_only=True, default=None)
    comments = CommentSerializer(many=True, read_only=True)

    class Meta:
        model = Thread
        fields = ["id", "review_id", "status", "format", "place", "quote", "start", "end", "image_sha256",
                  "seal_sha256", "is_shared", "must_fix", "round", "opener", "opened_at", "resolved_by",
                  "resolved_at", "comments"]  # fmt: skip
        read_only_fields = fields


class StandingThreadSerializer(serializers.Serializer):
    """A thread and where its words stand now; `is_gone` when they do not any more."""

    thread = ThreadSerializer()
    spot = SpotSerializer(allow_null=True)
    is_gone = serializers.BooleanField()


class ThreadsSerializer(serializers.Serializer):
    results = StandingThreadSerializer(many=True)


class CommentWish(Strict):
    """With `thread` a reply; without, a new thread about the review, or about words or an image in a format."""

    text = serializers.CharField(max_length=talk.MOST_TEXT)
    thread = serializers.CharField(max_length=20, required=False)
    format = serializers.CharField(max_length=20, allow_blank=True, default="")
    place = serializers.CharField(max_length=60, allow_blank=True, default="")
    quote = serializers.CharField(max_length=talk.MOST_QUOTE, allow_blank=True, default="")
    start = serializers.IntegerField(min_value=0, max_value=10_000_000, required=False)
    image = serializers.CharField(max_length=64, allow_blank=True, default="")
    is_shared = serializers.BooleanField(default=False)
    must_fix = serializers.BooleanField(default=False)


class FileWish(Strict):
    file = Upload(allow_empty_file=True)


class ClaimSerializer(serializers.Serializer):
    person = serializers.CharField(source="person.username")
    claimed_at = serializers.DateTimeField()
    until = serializers.DateTimeField()


class AnswerWish(Strict):
    opinion = serializers.IntegerField(min_value=1)
    is_done = serializers.BooleanField()
    why = serializers.CharField(max_length=consolidation.MOST_WHY, allow_blank=True, default="")


class AnswersWish(Strict):
    answers = serializers.ListField(child=AnswerWish(), allow_empty=False, max_length=200)


class AnswerSerializer(serializers.Serializer):
    is_done = serializers.BooleanField()
    why = serializers.CharField()
    person = serializers.CharField(source="person.username")
    answered_at = serializers.DateTimeField()


class OpinionSerializer(serializers.Serializer):
    """What somebody said in one breath; `id` is what an answer names."""

    id = serializers.CharField(source="key")
    who = serializers.CharField(source="first.who")
    role = serializers.CharField(source="first.role")
    verdict = serializers.CharField(source="first.verdict")
    reason = serializers.CharField(source="first.reason")
    comment = serializers.CharField(source="first.comment")
    formats = serializers.ListField(child=serializers.CharField())
    needs_answer = serializers.BooleanField()
    answer = AnswerSerializer(allow_null=True)


class OpinionsSerializer(serializers.Serializer):
    round = serializers.IntegerField()
    results = OpinionSerializer(many=True)
    last_round = OpinionSerializer(many=True)


class BasisSerializer(serializers.Serializer):
    kind = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    who = serializers.CharField()
    url = serializers.CharField()


class ComparedPlaceSerializer(serializers.Serializer):
    place = serializers.CharField()
    is_changed = serializers.BooleanField()
    parts = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.JSONField()))
    def get_parts(self, row: Any) -> list[dict[str, Any]]:
        return [part.as_dict() for part in row.parts]


class ImagePairSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    before = serializers.CharField()
    after = serializers.CharField()
    alt_before = serializers.CharField()
    alt_after = serializers.CharField()


class ComparedSerializer(serializers.Serializer):
    format = serializers.CharField()
    basis = BasisSerializer(allow_null=True)
    nothing = serializers.CharField()
    is_changed = serializers.BooleanField()
    sentences = serializers.ListField(child=serializers.CharField())
    places = ComparedPlaceSerializer(many=True)
    images = ImagePairSerializer(many=True)


class ComparisonSerializer(serializers.Serializer):
    since = serializers.ChoiceField(comparisons.SINCE)
    results = ComparedSerializer(many=True)


class OfReview(Resource):
    """What belongs to one review."""

    sees = SEES
    pagination_class = None
    filter_backends = ()

    def review(self, pk: int) -> Review:
        rows = access.reviews(self.request.user)
        return get_object_or_404(rows.select_related("draft"), pk=pk)


class Comments(OfReview):
    """The threads of a review."""

    serializer_class = ThreadsSerializer

    @extend_schema(responses=ThreadsSerializer, operation_id="reviews_comments")
    def list(self, request: Request, pk: int) -> Response:
        """Every thread, open ones first, each with where its words stand now."""
        return Response(ThreadsSerializer({"results": talk.board(self.review(pk))}).data)

    @extend_schema(
        request=CommentWish, responses={201: ThreadSerializer}, operation_id="reviews_comment"
    )
    def create(self, request: Request, pk: int) -> Response:
        """Say something: in a thread, or as a new one. @names call people who can see the review."""
        review, wish = self.review(pk), self.given(CommentWish)
        text, by = wish["text"], request.user
        if "thread" in wish:
            row = find(review.threads.all(), wish["thread"], attr="thread")
            talk.reply(row, by=by, text=text)
            return self.answer(row, code=status.HTTP_201_CREATED, serializer=ThreadSerializer)
        marks = {name: wish[name] for name in ("is_shared", "must_fix")}
        row = talk.open_thread(review, by=by, text=text, about=_about(wish), **marks)
        return self.answer(row, code=status.HTTP_201_CREATED, serializer=ThreadSerializer)


class Claims(OfReview):
    """“I am looking at it”, for two hours."""

    serializer_class = ClaimSerializer

    @extend_schema(request=Nothing, responses={201: ClaimSerializer}, operation_id="reviews_claim")
    def create(self, request: Request, pk: int) -> Response:
        """Claim a review, or renew one's claim; 409 while somebody else's holds."""
        self.given(Nothing)
        row = claims.claim(self.review(pk), by=request.user)
        return self.answer(row, code=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None}, operation_id="reviews_claim_release")
    def destroy(self, request: Request, pk: int) -> Response:
        claims.release(self.review(pk), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Answers(OfReview):
    """The consolidation list: every opinion of the round, and the author's answers."""

    serializer_class = OpinionsSerializer

    @extend_schema(responses=OpinionsSerializer, operation_id="reviews_opinions")
    def list(self, request: Request, pk: int) -> Response:
        return self._shown(self.review(pk))

    @extend_schema(request=AnswersWish, responses=OpinionsSerializer, operation_id="reviews_answer")
    def create(self, request: Request, pk: int) -> Response:
        """Answer requests for changes: done, or not done and why. All are answered before the next round."""
        review = self.review(pk)
        given = self.given(AnswersWish)["answers"]
        answers = {each["opinion"]: (each["is_done"], each["why"]) for each in given}
        consolidation.answer(review, by=request.user, answers=answers)
        return self._shown(review)

    def _shown(self, review: Review) -> Response:
        shown = {
            "round": review.round,
            "results": consolidation.opinions(review),
            "last_round": consolidation.last_round(review),
        }
        return Response(OpinionsSerializer(shown).data)


class Comparison(OfReview):
    """What stands here beside what stood."""

    serializer_class = ComparisonSerializer

    @extend_schema(responses=ComparisonSerializer, operation_id="reviews_compare")
    def list(self, request: Request, pk: int) -> Response:
        """`?since=approval` (yours), `live` or `source`: word by word, on the text that readers see."""
        since = request.query_params.get("since", comparisons.APPROVAL)
        found = comparisons.compare(self.review(pk), since=since, by=request.user)
        return Response(ComparisonSerializer({"since": since, "results": found}).data)


class Threads(Resource):
    """Closing a thread, and opening it again."""

    sees = SEES
    serializer_class = ThreadSerializer
    pagination_class = None
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Thread]:
        rows = talk.visible_to(self.request.user)
        return rows.select_related("review__draft", "link", "opened_by")

    @extend_schema(request=Nothing, responses=ThreadSerializer, operation_id="threads_resolve")
    def resolve(self, request: Request, pk: int) -> Response:
        """Close a thread. One that must be fixed is closed by its opener or a deciding pair of eyes."""
        self.given(Nothing)
        row = self.get_object()
        talk.resolve(row, by=request.user)
        return self.answer(row)

    @extend_schema(request=Nothing, responses=ThreadSerializer, operation_id="threads_reopen")
    def reopen(self, request: Request, pk: int) -> Response:
        self.given(Nothing)
        row = self.get_object()
        talk.reopen(row, by=request.user)
        return self.answer(row)


class Files(Resource):
    """Files that come with comments."""

    sees = SEES
    serializer_class = AttachmentSerializer
    parser_classes = (MultiPartParser,)
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        request={"multipart/form-data": FileWish},
        responses={201: AttachmentSerializer},
        operation_id="comments_attach",
    )
    def create(self, request: Request, pk: int) -> Response:
        """Attach a PNG, JPEG, PDF or .docx of at most 10 MB to your own comment."""
        rows = Comment.objects.filter(thread__in=talk.visible_to(request.user))
        comment, file = get_object_or_404(rows, pk=pk), self.given(FileWish)["file"]
        row = attachments.attach(comment, by=request.user, name=str(file.name), data=file.read())
        return self.created(row)


def _about(wish: dict[str, Any]) -> About:
    if wish["image"] and wish["quote"]:
        message = "A thread is about words or about an image, not both."
        raise Invalid([Problem("both_given", message, "image")])
    start = wish.get("start")
    return About(wish["format"], wish["place"], wish["quote"], start, wish["image"])


_OF_REVIEW = "reviews/<int:pk>"
urlpatterns = [
    path(f"{_OF_REVIEW}/comments", Comments.as_view({"get": "list", "post": "create"}), name="review-comments"),
    path(f"{_OF_REVIEW}/claim", Claims.as_view({"post": "create", "delete": "destroy"}), name="review-claim"),
    path(f"{_OF_REVIEW}/answers", Answers.as_view({"get": "list", "post": "create"}), name="review-answers"),
    path(f"{_OF_REVIEW}/compare", Comparison.as_view({"get": "list"}), name="review-compare"),
    path("comments/<int:pk>/attachments", Files.as_view({"post": "create"}), name="comment-attachments"),
    path("threads/<int:pk>/resolve", Threads.as_view({"post": "resolve"}), name="thread-resolve"),
    path("threads/<int:pk>/reopen", Threads.as_view({"post": "reopen"}), name="thread-reopen"),
]  # fmt: skip
