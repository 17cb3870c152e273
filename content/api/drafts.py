"""Drafts and their renditions."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from content.models import Document, Draft, DraftPiece, Finding, Recipe, Rendition, Revision
from content.services import access, copies, documents, drafts, renditions
from halcytone.lib.api.limits import GENERATE
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource, find
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import Invalid, Problem
from segmentation.models import Segment

SEES = ("content.view_draft", "content.view_own_draft", "content.manage_draft")


class PieceSerializer(serializers.Serializer):
    """One revision at its place in a draft."""

    id = serializers.CharField()
    item_id = serializers.CharField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    section = serializers.CharField()


#: Made once: it is asked for every page of drafts.
PIECES = DraftPiece.objects.order_by("position").values_list(
    "draft_id", "revision_id", "revision__item_id", "revision__number", "revision__title", "revision__section"
)  # fmt: skip


def pieces_of(drafts: Iterable[Draft]) -> dict[int, list[dict[str, Any]]]:
    """Return the pieces of these drafts in order, as `PieceSerializer` describes them, in one query."""
    found: dict[int, list[dict[str, Any]]] = {draft.pk: [] for draft in drafts}
    for draft, id, item_id, number, title, section in PIECES.filter(draft__in=found):
        shown = {"id": str(id), "item_id": str(item_id), "number": number}
        found[draft].append(shown | {"title": title, "section": section})
    return found


class DraftSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    author = serializers.SerializerMethodField()
    segment_id = serializers.CharField(read_only=True, allow_null=True)
    formats = serializers.ListField(child=serializers.CharField(), read_only=True)
    sensitive = serializers.ListField(child=serializers.CharField(), read_only=True)
    pieces = serializers.SerializerMethodField()

    class Meta:
        model = Draft
        fields = ["id", "type", "title", "subject", "preheader", "template", "tone", "formats", "priority",
                  "urgency", "is_featured", "sensitive", "budget_usd", "segment_id", "slot_wall", "zone",
                  "lateness", "is_dry", "author", "pieces", "version", "created_at", "changed_at"]  # fmt: skip
        read_only_fields = fields

    def get_author(self, draft: Draft) -> str:
        """Her user name; a list brings it along instead of the whole person."""
        return str(vars(draft).get("author_name") or draft.author.username)

    @extend_schema_field(PieceSerializer(many=True))
    def get_pieces(self, draft: Draft) -> list[dict[str, Any]]:
        """The revisions in order."""
        known: dict[int, list[dict[str, Any]]] | None = self.context.get("pieces")
        return (pieces_of([draft]) if known is None else known)[draft.pk]


class FindingSerializer(Shown):
    class Meta:
        model = Finding
        fields = ["severity", "code", "message", "hint", "where", "line"]
        read_only_fields = fields


class RenditionSerializer(Shown):
    """`content` is what the format says; `digest` the SHA-256 that a decision names as shown."""

    id = serializers.CharField(source="pk", read_only=True)
    draft_id = serializers.CharField(read_only=True)
    content = serializers.SerializerMethodField()
    digest = serializers.CharField(read_only=True)
    media = serializers.JSONField(read_only=True)
    findings = FindingSerializer(many=True, read_only=True)

    class Meta:
        model = Rendition
        fields = ["id", "draft_id", "format", "account", "content", "digest", "media", "findings",
                  "template_version", "is_edited", "version", "changed_at"]  # fmt: skip
        read_only_fields = fields

    def get_content(self, rendition: Rendition) -> dict[str, Any]:
        return renditions.content(rendition)


class RenditionsSerializer(serializers.Serializer):
    results = RenditionSerializer(many=True)


class PreviewSerializer(serializers.Serializer):
    """What stands in the way, and every rendition; `outdated` names formats that say something older."""

    is_blocked = serializers.BooleanField()
    outdated = serializers.ListField(child=serializers.CharField())
    results = RenditionSerializer(many=True)


class Settings(Strict):
    """The settings of a draft; the service judges their values."""

    title = serializers.CharField(required=False, max_length=200, allow_blank=True)
    subject = serializers.CharField(required=False, max_length=200, allow_blank=True)
    preheader = serializers.CharField(required=False, max_length=200, allow_blank=True)
    template = serializers.CharField(required=False, max_length=40)
    tone = serializers.CharField(required=False, max_length=40)
    formats = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, max_length=20
    )
    priority = serializers.IntegerField(required=False, min_value=1, max_value=5)
    urgency = serializers.CharField(required=False, max_length=20)
    is_featured = serializers.BooleanField(required=False)
    sensitive = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=40
    )
    budget_usd = serializers.DecimalField(
        required=False, allow_null=True, max_digits=12, decimal_places=2, min_value=0
    )
    segment_id = serializers.CharField(required=False, allow_null=True, max_length=18)
    slot_wall = serializers.CharField(required=False, max_length=16, allow_blank=True)
    zone = serializers.CharField(required=False, max_length=64)
    lateness = serializers.CharField(required=False, max_length=20)
    is_dry = serializers.BooleanField(required=False)
    pieces = serializers.ListField(
        child=serializers.CharField(max_length=18), required=False, max_length=100
    )


class NewDraft(Settings):
    type = serializers.CharField(max_length=20)
    title = serializers.CharField(max_length=200)
    pieces = serializers.ListField(
        child=serializers.CharField(max_length=18),
        max_length=100,
        help_text="Revision ids in order",
    )


class Edition(Strict):
    recipe = serializers.CharField(max_length=50, help_text="Its key")
    documents = serializers.ListField(child=serializers.CharField(max_length=18), max_length=100)
    slot_wall = serializers.CharField(required=False, max_length=16, allow_blank=True, default="")
    zone = serializers.CharField(required=False, max_length=64, default="")
    segment_id = serializers.CharField(required=False, allow_null=True, max_length=18)
    title = serializers.CharField(required=False, max_length=200, allow_blank=True, default="")


class Formats(Strict):
    formats = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        max_length=20,
        help_text="Only these, edited ones too; without it, all that nobody edited",
    )


class RenditionEdit(Strict):
    content = serializers.DictField(help_text="The changed fields; the others stay")
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class Drafts(Resource):
    """Pieces being prepared."""

    sees = SEES
    queryset = Draft.objects.none()
    serializer_class = DraftSerializer
    filterset_fields = ("type", "author", "segment", "slot_wall")
    search_fields = ("title", "subject")
    ordering_fields = ("id", "created_at", "changed_at", "slot_wall", "title")
    kinds = {"generate": GENERATE, "assemble": GENERATE}

    def get_queryset(self) -> QuerySet[Draft]:
        rows: QuerySet[Draft] = drafts.visible_to(self.request.user)
        if self.action == "list":
            return rows.annotate(author_name=F("author__username"))
        return rows.select_related("author")

    def context_of(self, page: Any) -> Mapping[str, Any]:
        return {**self.context, "pieces": pieces_of(page)}

    @extend_schema(request=NewDraft, responses={201: DraftSerializer})
    def create(self, request: Request) -> Response:
        wish = self._resolved(self.given(NewDraft))
        return self.created(drafts.create(by=request.user, revisions=wish.pop("pieces"), **wish))

    @extend_schema(request=Settings, responses=DraftSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        draft = self.get_object()
        version = self.expected_version(draft)
        wish = self._resolved(self.given(Settings))
        return self.answer(drafts.change(draft, by=request.user, version=version, **wish))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        drafts.remove(self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=Edition, responses={201: DraftSerializer})
    @action(detail=False, methods=["post"])
    def assemble(self, request: Request) -> Response:
        """Make the edition that a recipe chooses from documents."""
        wish = self._resolved(self.given(Edition))
        key = wish.pop("recipe")
        recipe = Recipe.objects.filter(key=key).first()
        if recipe is None:
            known = ", ".join(Recipe.objects.values_list("key", flat=True)) or "none"
            raise Invalid(
                [Problem("not_found", f"No recipe {key}. Known: {known}.", attr="recipe")]
            )
        return self.created(drafts.assemble(recipe, by=request.user, **wish))

    @extend_schema(request=None, responses={201: DraftSerializer})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, pk: str) -> Response:
        """Make a draft of the same pieces and settings, without a slot; nothing is rendered yet."""
        self.given(Strict)
        return self.created(copies.duplicate(self.get_object(), by=request.user))

    @extend_schema(request=Formats, responses=RenditionsSerializer)
    @action(detail=True, methods=["post"])
    def generate(self, request: Request, pk: str) -> Response:
        """Render the draft. The same draft gives the same bytes."""
        made = drafts.generate(self.get_object(), by=request.user, **self.given(Formats))
        return Response({"results": self._shown(made)})

    @extend_schema(responses=PreviewSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def preview(self, request: Request, pk: str) -> Response:
        """Exactly what would go out, and what stands in the way."""
        draft = self.get_object()
        rows = list(draft.renditions.prefetch_related("findings"))
        found = {
            "is_blocked": bool(renditions.blocking(draft)),
            "outdated": renditions.outdated(draft),
        }
        return Response(found | {"results": self._shown(rows)})

    def _shown(self, rows: list[Rendition]) -> Any:
        return RenditionSerializer(rows, many=True, context=self.context).data

    def _resolved(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Put rows in the place of ids. Raises Invalid for what this person cannot see."""
        person = self.request.user
        if "pieces" in wish:
            seen = Revision.objects.filter(item__in=access.items(person))
            wish["pieces"] = [find(seen, id, attr="pieces") for id in wish["pieces"]]
        if "documents" in wish:
            seen_documents: QuerySet[Document] = documents.visible_to(person)
            wish["documents"] = [
                find(seen_documents, id, attr="documents") for id in wish["documents"]
            ]
        if "segment_id" in wish:
            id = wish.pop("segment_id")
            wish["segment"] = id and find(Segment.objects.all(), id, attr="segment_id")
        return wish


class Renditions(Resource):
    """One format of a draft, as it stands."""

    sees = SEES
    queryset = Rendition.objects.none()
    serializer_class = RenditionSerializer
    filterset_fields = ("draft", "format", "is_edited")
    ordering_fields = ("id", "changed_at")

    def get_queryset(self) -> QuerySet[Rendition]:
        rows = renditions.visible_to(self.request.user).select_related("draft")
        return rows.prefetch_related("findings")

    @extend_schema(request=RenditionEdit, responses=RenditionSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what it says. An approval of this format falls; the others stay."""
        rendition = self.get_object()
        version = self.expected_version(rendition)
        wish = self.given(RenditionEdit)
        return self.answer(renditions.edit(rendition, by=request.user, version=version, **wish))
