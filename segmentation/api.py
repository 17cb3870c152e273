"""The REST API of the audience: contacts with their consent, suppressions, segments."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from segmentation import audience, cleaning
from segmentation.models import Channel, Consent, Contact, Purpose, Segment, Suppression
from segmentation.services import consents, contacts, segments, suppressions

WHOLE = (*cleaning.COUNTS, "birth_day", "birth_month", "birth_year")
LONGEST = 1_000  # characters of a text; each field has a limit of its own


class ContactSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    status = serializers.ChoiceField(Contact.Status.choices, read_only=True)

    class Meta:
        model = Contact
        fields = ["id", "email", "external_id", "name", "headline", "location", "language", "timezone",
                  "birth_day", "birth_month", "birth_year", "profession", "industry", *cleaning.LISTS,
                  "experience_level", "stage", "status", "sessions_per_week", "avg_duration_min",
                  "content_interactions", "last_active_at", "total_active_days", "sharing_frequency",
                  "feedback_given", "engagement", "relevance", "is_erased", "version", "created_at",
                  "changed_at"]  # fmt: skip
        read_only_fields = fields


class ConsentSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    contact_id = serializers.CharField(read_only=True)

    class Meta:
        model = Consent
        fields = [
            "id",
            "contact_id",
            "channel",
            "purpose",
            "list",
            "is_given",
            "source",
            "wording",
            "at",
            "recorded_at",
        ]
        read_only_fields = fields


class SuppressionSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)

    class Meta:
        model = Suppression
        fields = ["id", "reason", "kind", "value", "list", "note", "is_active", "created_at", "expires_at",
                  "lifted_at", "lifted_reason"]  # fmt: skip
        read_only_fields = fields


class SegmentSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    rule = serializers.JSONField(read_only=True)

    class Meta:
        model = Segment
        fields = [
            "id",
            "key",
            "name",
            "description",
            "rule",
            "channel",
            "purpose",
            "list",
            "version",
            "created_at",
        ]
        read_only_fields = fields


class CountSerializer(serializers.Serializer):
    """`breakdown`: candidates = to_write + every reason that excludes."""

    count = serializers.IntegerField()
    breakdown = serializers.DictField(child=serializers.IntegerField())


class ContactWish(Strict):
    """Any fields of a contact in their JSON types; the service cleans each and names what is wrong."""

    def get_fields(self) -> Any:
        return {name: _wished(name) for name in cleaning.CLEANERS}


def _wished(name: str) -> serializers.Field:
    if name in cleaning.LISTS:
        word = serializers.CharField(max_length=LONGEST)
        return serializers.ListField(child=word, required=False, allow_null=True, max_length=1_000)
    if name in cleaning.NUMBERS:
        return serializers.FloatField(required=False, allow_null=True)
    if name in WHOLE:
        return serializers.IntegerField(required=False, allow_null=True)
    return serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=LONGEST
    )


class ConsentWish(Strict):
    channel = serializers.ChoiceField(Channel.choices, default=Channel.EMAIL)
    purpose = serializers.ChoiceField(Purpose.choices, default=Purpose.NEWSLETTER)
    list = serializers.SlugField(max_length=50, allow_blank=True, default="")
    is_given = serializers.BooleanField()
    wording = serializers.CharField(max_length=5_000, allow_blank=True, default="")
    at = serializers.DateTimeField(required=False)


class SuppressionWish(Strict):
    reason = serializers.ChoiceField(Suppression.Reason.choices)
    kind = serializers.ChoiceField(Suppression.Kind.choices, default=Suppression.Kind.ADDRESS)
    value = serializers.CharField(max_length=254)
    list = serializers.SlugField(max_length=50, allow_blank=True, default="")
    note = serializers.CharField(max_length=300, allow_blank=True, default="")


class LiftWish(Strict):
    reason = serializers.CharField(max_length=300)


class SegmentChange(Strict):
    key = serializers.SlugField(max_length=50, required=False)
    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    rule = serializers.JSONField(required=False)
    channel = serializers.ChoiceField(Channel.choices, required=False)
    purpose = serializers.ChoiceField(Purpose.choices, required=False)
    list = serializers.SlugField(max_length=50, required=False, allow_blank=True)


class NewSegment(SegmentChange):
    key = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=100)
    rule = serializers.JSONField()


class TrialWish(Strict):
    rule = serializers.JSONField()
    channel = serializers.ChoiceField(Channel.choices, default=Channel.EMAIL)
    purpose = serializers.ChoiceField(Purpose.choices, default=Purpose.NEWSLETTER)
    list = serializers.SlugField(max_length=50, allow_blank=True, default="")


class Contacts(Resource):
    """People we know."""

    sees = ("segmentation.view_contact",)
    queryset = Contact.objects.none()
    serializer_class = ContactSerializer
    filterset_fields = ("email_key", "external_id", "stage", "language", "is_erased")
    search_fields = ("name", "email_key")
    ordering_fields = ("id", "created_at", "changed_at")

    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.with_status()

    @extend_schema(request=ContactWish, responses={201: ContactSerializer})
    def create(self, request: Request) -> Response:
        return self.created(contacts.create(by=request.user, **self.given(ContactWish)))

    @extend_schema(request=ContactWish, responses=ContactSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        contact = self.get_object()
        self.expected_version(contact)
        return self.answer(contacts.change(contact, by=request.user, **self.given(ContactWish)))

    @extend_schema(methods=["GET"], responses=ConsentSerializer(many=True), filters=False)
    @extend_schema(methods=["POST"], request=ConsentWish, responses={201: ConsentSerializer})
    @action(detail=True, methods=["get", "post"], filter_backends=())
    def consents(self, request: Request, pk: str) -> Response:
        """GET: every answer she gave, newest first. POST: a new "yes" or "no" with its proof."""
        contact = self.get_object()
        if request.method == "GET":
            return self.listing(contact.consents.all(), ConsentSerializer)
        wish = self.given(ConsentWish)
        act = consents.give if wish.pop("is_given") else consents.withdraw
        row = act(contact, by=request.user, source=Consent.Source.API, **wish)
        return self.answer(row, code=status.HTTP_201_CREATED, serializer=ConsentSerializer)


class Suppressions(Resource):
    """Who is not written to, whatever a list says."""

    sees = ("segmentation.view_suppression",)
    queryset = Suppression.objects.all()
    serializer_class = SuppressionSerializer
    filterset_fields = ("reason", "kind", "value", "list", "is_active")
    search_fields = ("value",)
    ordering_fields = ("id", "created_at")

    @extend_schema(request=SuppressionWish, responses={201: SuppressionSerializer})
    def create(self, request: Request) -> Response:
        return self.created(suppressions.add(by=request.user, **self.given(SuppressionWish)))

    @extend_schema(request=LiftWish, responses=SuppressionSerializer)
    @action(detail=True, methods=["post"])
    def lift(self, request: Request, pk: str) -> Response:
        """Switch it off; the row stays as history."""
        row = self.get_object()
        return self.answer(suppressions.lift(row, by=request.user, **self.given(LiftWish)))


class Segments(Resource):
    """Readable rules over contacts."""

    sees = ("segmentation.view_segment",)
    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    filterset_fields = ("key", "channel", "purpose", "list")
    search_fields = ("name", "key")
    ordering_fields = ("id", "name", "created_at")

    @extend_schema(request=NewSegment, responses={201: SegmentSerializer})
    def create(self, request: Request) -> Response:
        return self.created(segments.save(None, by=request.user, **self.given(NewSegment)))

    @extend_schema(request=SegmentChange, responses=SegmentSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        segment = self.get_object()
        self.expected_version(segment)
        return self.answer(segments.save(segment, by=request.user, **self.given(SegmentChange)))

    @extend_schema(responses=CountSerializer, filters=False, operation_id="segments_count")
    @action(detail=True, pagination_class=None, filter_backends=())
    def count(self, request: Request, pk: str) -> Response:
        """How many people it reaches now, and why it leaves others out."""
        return Response(_counted(self.get_object()))

    @extend_schema(
        request=TrialWish, responses=CountSerializer, operation_id="segments_count_trial"
    )
    @action(
        detail=False, methods=["post"], url_path="count", pagination_class=None, filter_backends=()
    )
    def count_trial(self, request: Request) -> Response:
        """The same for a rule that is not saved."""
        return Response(_counted(segments.trial(by=request.user, **self.given(TrialWish))))


def _counted(segment: Segment) -> dict[str, Any]:
    return {"count": audience.count(segment), "breakdown": audience.breakdown(segment)}


router = SimpleRouter(trailing_slash=False)
router.register("contacts", Contacts, "contact")
router.register("suppressions", Suppressions, "suppression")
router.register("segments", Segments, "segment")
