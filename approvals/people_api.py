"""The REST API of time in approvals: working weeks, absences, delegations, the short way, late reviews."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from approvals.api import SEES, SUBMIT, ReviewDetailSerializer
from approvals.models import (
    Absence,
    Delegation,
    FastTrack,
    FastTrackStep,
    Role,
    WorkingCalendar,
)
from approvals.services import access, calendars, delegations, eligibility, fast_track, lateness
from content.models import Draft
from content.services import drafts
from halcytone.lib.api.parsing import Strict
from halcytone.lib.api.resources import Resource
from halcytone.lib.api.shown import Shown
from halcytone.lib.errors import Invalid, Problem, WrongState

OWN_TIME = (eligibility.RIGHT, delegations.MANAGE)
USERNAME = serializers.CharField(
    max_length=150, required=False, help_text="Username; you if absent"
)


class WorkingCalendarSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    person = serializers.CharField(source="person.username", read_only=True)
    zone = serializers.CharField(source="person.zone", read_only=True)

    class Meta:
        model = WorkingCalendar
        fields = ["id", "person", "zone", "days", "start", "end", "country", "subdivision", "days_off",
                  "version"]  # fmt: skip
        read_only_fields = fields


class AbsenceSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    person = serializers.CharField(source="person.username", read_only=True)

    class Meta:
        model = Absence
        fields = ["id", "person", "starts_on", "ends_on", "note", "created_at", "version"]
        read_only_fields = fields


class DelegationSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    person = serializers.CharField(source="person.username", read_only=True)
    delegate = serializers.CharField(source="delegate.username", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None)
    is_over = serializers.SerializerMethodField()

    class Meta:
        model = Delegation
        fields = ["id", "person", "delegate", "starts_on", "ends_on", "roles", "types", "note",
                  "created_by", "created_at", "ended_at", "is_over", "version"]  # fmt: skip
        read_only_fields = fields

    def get_is_over(self, delegation: Delegation) -> bool:
        return delegations.is_over(delegation)


class StepSerializer(Shown):
    done_by = serializers.CharField(source="done_by.username", read_only=True, default=None)

    class Meta:
        model = FastTrackStep
        fields = ["number", "name", "limit_min", "due_at", "done_at", "done_by", "note"]
        read_only_fields = fields


class FastTrackSerializer(Shown):
    id = serializers.CharField(source="pk", read_only=True)
    draft_id = serializers.CharField(read_only=True)
    started_by = serializers.CharField(source="started_by.username", read_only=True, default=None)
    bypassed = serializers.JSONField(read_only=True)
    steps = serializers.SerializerMethodField()

    class Meta:
        model = FastTrack
        fields = ["id", "draft_id", "matter", "reason", "started_by", "started_at", "ended_at",
                  "bypassed", "steps"]  # fmt: skip
        read_only_fields = fields

    def get_steps(self, track: FastTrack) -> list[dict[str, Any]]:
        return StepSerializer(track.steps.all(), many=True).data  # type: ignore[return-value]


class WeekChange(Strict):
    days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7),
        required=False,
        min_length=1,
        max_length=7,
        help_text="ISO weekdays: Monday is 1",
    )
    start = serializers.TimeField(required=False)
    end = serializers.TimeField(required=False)
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    subdivision = serializers.CharField(max_length=10, required=False, allow_blank=True)
    days_off = serializers.ListField(child=serializers.DateField(), required=False, max_length=400)


class WeekWish(WeekChange):
    person = USERNAME


class AbsenceChange(Strict):
    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class AbsenceWish(AbsenceChange):
    person = USERNAME
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class DelegationChange(Strict):
    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False)
    roles = serializers.ListField(
        child=serializers.ChoiceField(Role.choices), required=False, max_length=20,
        help_text="None = every role of the person",
    )  # fmt: skip
    types = serializers.ListField(
        child=serializers.ChoiceField(Draft.Type.choices), required=False, max_length=20,
        help_text="None = every kind of draft",
    )  # fmt: skip
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class DelegationWish(DelegationChange):
    person = USERNAME
    delegate = serializers.CharField(max_length=150, help_text="Username")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class LateReviewWish(Strict):
    choice = serializers.ChoiceField([(each, each) for each in lateness.CHOICES])
    slot_wall = serializers.CharField(max_length=16, required=False, allow_blank=True)
    zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class FastTrackWish(Strict):
    matter = serializers.ChoiceField(FastTrack.Matter.choices)
    reason = serializers.CharField(max_length=300)


class StepWish(Strict):
    step = serializers.IntegerField(min_value=1, max_value=7)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class WorkingCalendars(Resource):
    """Working weeks: your own; all for whoever keeps them. Without one, Monday to Friday 09:00–18:00."""

    sees = OWN_TIME
    queryset = WorkingCalendar.objects.none()
    serializer_class = WorkingCalendarSerializer

    def get_queryset(self) -> QuerySet[WorkingCalendar]:
        return calendars.weeks_visible_to(self.request.user)

    @extend_schema(request=WeekWish, responses={201: WorkingCalendarSerializer})
    def create(self, request: Request) -> Response:
        """Set a working week; the deadlines of running reviews follow."""
        wish = self.given(WeekWish)
        person = named(wish.pop("person", None), request, attr="person")
        if WorkingCalendar.objects.filter(person=person).exists():
            raise WrongState(f"{person} has a working week already; change that one.")
        return self.created(calendars.set_week(person, by=request.user, **wish))

    @extend_schema(request=WeekChange, responses=WorkingCalendarSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        week = self.get_object()
        self.expected_version(week)
        changed = calendars.set_week(week.person, by=request.user, **self.given(WeekChange))
        return self.answer(changed)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Go back to the usual week."""
        calendars.clear_week(self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Absences(Resource):
    """Days on which people are away: your own; all for whoever keeps them."""

    sees = OWN_TIME
    queryset = Absence.objects.none()
    serializer_class = AbsenceSerializer
    filterset_fields = ("starts_on", "ends_on")
    ordering_fields = ("id", "starts_on")

    def get_queryset(self) -> QuerySet[Absence]:
        return calendars.absences_visible_to(self.request.user)

    @extend_schema(request=AbsenceWish, responses={201: AbsenceSerializer})
    def create(self, request: Request) -> Response:
        wish = self.given(AbsenceWish)
        person = named(wish.pop("person", None), request, attr="person")
        return self.created(calendars.add_absence(person, by=request.user, **wish))

    @extend_schema(request=AbsenceChange, responses=AbsenceSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        absence = self.get_object()
        self.expected_version(absence)
        given = self.given(AbsenceChange)
        return self.answer(calendars.change_absence(absence, by=request.user, **given))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        calendars.remove_absence(self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Delegations(Resource):
    """Who speaks for whom: yours both ways; all for whoever keeps them."""

    sees = OWN_TIME
    queryset = Delegation.objects.none()
    serializer_class = DelegationSerializer
    filterset_fields = ("starts_on", "ends_on")
    ordering_fields = ("id", "starts_on")

    def get_queryset(self) -> QuerySet[Delegation]:
        return delegations.visible_to(self.request.user)

    @extend_schema(request=DelegationWish, responses={201: DelegationSerializer})
    def create(self, request: Request) -> Response:
        """Let somebody speak for a person. Loops and chains are refused; four eyes hold for both."""
        wish = self.given(DelegationWish)
        person = named(wish.pop("person", None), request, attr="person")
        delegate = named(wish.pop("delegate"), request, attr="delegate")
        return self.created(delegations.create(person, delegate, by=request.user, **wish))

    @extend_schema(request=DelegationChange, responses=DelegationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        delegation = self.get_object()
        self.expected_version(delegation)
        given = self.given(DelegationChange)
        return self.answer(delegations.change(delegation, by=request.user, **given))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """End it now; the row stays on the record."""
        delegations.end(self.get_object(), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LateDecisions(Resource):
    """What becomes of a review whose slot came without an approval."""

    sees = (SUBMIT,)
    serializer_class = ReviewDetailSerializer
    pagination_class = None  # one row
    filter_backends = ()

    @extend_schema(
        request=LateReviewWish,
        responses=ReviewDetailSerializer,
        operation_id="reviews_late_decision",
    )
    def create(self, request: Request, pk: str) -> Response:
        """Choose the next slot, a new time, or withdraw. Another time asks everybody again."""
        rows = access.reviews(request.user)
        review = get_object_or_404(rows, pk=pk)
        return self.answer(lateness.decide(review, by=request.user, **self.given(LateReviewWish)))


class FastTracks(Resource):
    """Drafts that go the short way, with their seven steps."""

    sees = SEES
    queryset = FastTrack.objects.none()
    serializer_class = FastTrackSerializer
    filterset_fields = ("draft", "matter")
    ordering_fields = ("id", "started_at")

    def get_queryset(self) -> QuerySet[FastTrack]:
        rows = FastTrack.objects.filter(draft__in=drafts.visible_to(self.request.user))
        return rows.select_related("started_by").prefetch_related("steps__done_by")

    @extend_schema(request=StepWish, responses=FastTrackSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request: Request, pk: str) -> Response:
        """Say that a step is done: 2 the team is together, 6 every channel is live, 7 the watch is over."""
        wish = self.given(StepWish)
        track = self.get_object()
        fast_track.done(track, wish["step"], by=request.user, note=wish.get("note", ""))
        return self.answer(self.get_object())


class FastTrackStarts(Resource):
    """Sending a draft the short way."""

    sees = SEES
    serializer_class = FastTrackSerializer
    pagination_class = None  # one row
    filter_backends = ()

    @extend_schema(
        request=FastTrackWish,
        responses={201: FastTrackSerializer},
        operation_id="drafts_fast_track",
    )
    def create(self, request: Request, pk: str) -> Response:
        """Start it: priority 1 or 2, or critical. Its level does not fall and four eyes hold."""
        draft = get_object_or_404(drafts.visible_to(request.user), pk=pk)
        return self.created(fast_track.start(draft, by=request.user, **self.given(FastTrackWish)))


def named(username: str | None, request: Request, *, attr: str) -> Any:
    """Return the person of a username; whoever asks, without one. Raises Invalid naming the field."""
    if username is None:
        return request.user
    people = get_user_model()._default_manager.filter(is_active=True)
    person = people.filter(username=username).first()
    if person is None:
        raise Invalid([Problem("not_found", f"There is no {username} here.", attr=attr)])
    return person


router = SimpleRouter(trailing_slash=False)
router.register("working-calendars", WorkingCalendars, "working-calendar")
router.register("absences", Absences, "absence")
router.register("delegations", Delegations, "delegation")
router.register("fast-tracks", FastTracks, "fast-track")
urlpatterns = [
    path(
        "reviews/<int:pk>/late-decision",
        LateDecisions.as_view({"post": "create"}),
        name="late-decision",
    ),
    path(
        "drafts/<int:pk>/fast-track",
        FastTrackStarts.as_view({"post": "create"}),
        name="draft-fast-track",
    ),
    *router.urls,
]
