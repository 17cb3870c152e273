"""What came of a release: delivered, opened, clicked … each figure with its rows and its definition.

Rates are of the audience specification (§ rates): delivery = delivered ÷ sent, all others ÷ delivered.
Opens and clicks are a range: what people surely did … and what nobody can tell from a person. Decisions
use the lower end. Counted are rows (`Delivery`, `Event`) on every view, never a second book.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Count, Q, QuerySet

from publishing.models import Delivery, Event, Kpi, Link, Release
from publishing.services import privacy
from publishing.services.hits import CLICKED, KINDS, OPENED

Actor, State = Event.Actor, Delivery.State
MAILS = "newsletter"
#: Events of which each reader counts once, under the name of the figure.
COUNTED = {
    "delivered": ("delivered",),
    "bounced": ("bounced", "soft_bounced"),
    "complained": ("complained",),
    "unsubscribed": ("unsubscribed",),
}
DEFINITIONS: Mapping[str, str] = {
    "delivery": "Delivered ÷ sent. Delivered are mails that their service says arrived; where it says nothing, those"
    " that were taken and did not come back.",
    "open": "Readers who opened ÷ delivered, of those who agreed to be counted. From what people surely did to what"
    " might be theirs.",
    "click": "Readers who clicked ÷ delivered, of those who agreed to be counted. From what people surely did to what"
    " might be theirs.",
    "click_to_open": "Readers who clicked ÷ readers who opened, both surely people.",
    "bounce": "Mails that came back ÷ sent.",
    "complaint": "Complaints ÷ delivered.",
    "unsubscribe": "Readers who left through this mail ÷ delivered.",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One rate in percent; None when there is nothing to divide by. `most` is the upper end of a range.

    `count` and `of` are the rows behind it; `filters` are query parameters that list all that were sent.
    """

    name: str
    count: int
    of: int
    most_count: int
    definition: str
    filters: Mapping[str, str | int] = field(default_factory=dict)
    target: str = ""  # the KPI beside it, "> 25 %"; "" = none
    is_met: bool | None = None  # None = no target, or nothing to measure

    @property
    def rate(self) -> float | None:
        return round(100 * self.count / self.of, 2) if self.of else None

    @property
    def most(self) -> float | None:
        return round(100 * self.most_count / self.of, 2) if self.of else None

    @property
    def is_range(self) -> bool:
        return self.most_count != self.count


@dataclass(frozen=True, slots=True)
class LinkFigure:
    """What came of one link: clicks of nobody in particular, and readers who agreed to be counted."""

    number: int
    url: str
    target: str
    human: int
    unknown: int
    machine: int
    readers: int


@dataclass(frozen=True, slots=True)
class Results:
    """What came of the newsletter of a release. `privacy` is {mode: readers counted in that way}."""

    sent: int
    delivered: int
    is_told: bool  # the mail service tells of deliveries
    figures: Sequence[Figure]
    links: Sequence[LinkFigure]
    privacy: Mapping[str, int]
    hits: Mapping[
        str, Mapping[str, int]
    ]  # {opened, clicked: {human, unknown, machine}}, nobody in particular


NOTHING = Results(
    sent=0, delivered=0, is_told=False, figures=(), links=(),
    privacy=dict.fromkeys(privacy.Tracking.values, 0),
    hits={kind: dict.fromkeys(Actor.values, 0) for kind in KINDS},
)  # fmt: skip


def of(release: Release) -> Results | None:
    """Return what came of the newsletter of this release; None when it has none that left."""
    mails = release.deliveries.filter(part_of__format=MAILS, state=State.CONFIRMED)
    sent = mails.count()
    if not sent:
        return None
    part = release.parts.get(format=MAILS)
    told = _readers(part.events.all())
    modes = _modes(mails)
    is_told = bool(told["delivered"])
    lost = told["bounced"]
    delivered = told["delivered"] if is_told else max(sent - lost, 0)
    filters: dict[str, str | int] = {
        "release": release.pk,
        "format": MAILS,
        "state": str(State.CONFIRMED),
    }
    figures = _figures(sent, delivered, told, modes[privacy.Tracking.INDIVIDUAL], filters)
    return Results(
        sent=sent,
        delivered=delivered,
        is_told=is_told,
        figures=_with_targets(figures),
        links=_links(part.pk),
        privacy=modes,
        hits=_hits(part.events.filter(delivery__isnull=True)),
    )


def _readers(events: QuerySet[Event]) -> dict[str, int]:
    """Return how many readers each figure counts, each once: one query."""
    asked = {name: Q(kind__in=kinds) for name, kinds in COUNTED.items()}
    for kind in KINDS:
        asked[f"{kind}_human"] = Q(kind=kind, actor=Actor.HUMAN)
        asked[f"{kind}_most"] = Q(kind=kind, actor__in=[Actor.HUMAN, Actor.UNKNOWN])
    counts = {name: Count("delivery", distinct=True, filter=which) for name, which in asked.items()}
    found: dict[str, int] = events.aggregate(**counts)
    return found


def _modes(mails: QuerySet[Delivery]) -> dict[str, int]:
    """Return {how: how many readers are counted in that way}."""
    marks = mails.order_by().values("merge__t").annotate(number=Count("pk"))
    found = dict.fromkeys(privacy.Tracking.values, 0)
    for row in marks:
        found[privacy.mode(row["merge__t"])] += row["number"]
    return found


def _figures(
    sent: int,
    delivered: int,
    told: Mapping[str, int],
    agreed: int,
    filters: Mapping[str, str | int],
) -> list[Figure]:
    """Return every rate. Opens and clicks are of readers who agreed to be counted."""

    def figure(name: str, count: int, of: int, most: int | None = None) -> Figure:
        upper = count if most is None else most
        return Figure(name, count, of, upper, DEFINITIONS[name], filters)

    opened, clicked = (told[f"{kind}_human"] for kind in (OPENED, CLICKED))
    return [
        figure("delivery", delivered, sent),
        figure("open", opened, min(agreed, delivered), told["opened_most"]),
        figure("click", clicked, min(agreed, delivered), told["clicked_most"]),
        figure("click_to_open", min(clicked, opened), opened),
        figure("bounce", told["bounced"], sent),
        figure("complaint", told["complained"], delivered),
        figure("unsubscribe", told["unsubscribed"], delivered),
    ]


def _with_targets(figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures with the targets that the team has set beside them."""
    targets = {row.key: row for row in Kpi.objects.filter(is_enabled=True, group=Kpi.Group.MAIL)}
    return [_with_target(figure, targets.get(figure.name)) for figure in figures]


def _with_target(figure: Figure, kpi: Kpi | None) -> Figure:
    if kpi is None:
        return figure
    is_met = None if figure.rate is None else kpi.is_met_by(figure.rate)
    return replace(figure, target=kpi.words, is_met=is_met)


def _links(part: int) -> list[LinkFigure]:
    """Return what came of each link, the most clicked first; the decoy is none."""
    people, nobody_knows, machines = (
        Q(events__kind=CLICKED, events__actor=actor)
        for actor in (Actor.HUMAN, Actor.UNKNOWN, Actor.MACHINE)
    )
    readers = people & Q(events__delivery__isnull=False)
    rows = (
        Link.objects.filter(part_of=part, is_decoy=False)
        .annotate(
            human=Count("events", filter=people),
            unknown=Count("events", filter=nobody_knows),
            machine=Count("events", filter=machines),
            readers=Count("events__delivery", distinct=True, filter=readers),
        )
        .order_by("-human", "number")
    )
    names = ("number", "url", "target", "human", "unknown", "machine", "readers")
    return [LinkFigure(*row) for row in rows.values_list(*names)]


def _hits(events: QuerySet[Event]) -> dict[str, dict[str, int]]:
    """Return {opened, clicked: {actor: how many}} of hits that name no reader, repeats left out."""
    rows = events.filter(kind__in=KINDS, is_repeat=False).exclude(link__is_decoy=True)
    found = {kind: dict.fromkeys(Actor.values, 0) for kind in KINDS}
    for row in rows.order_by().values("kind", "actor").annotate(number=Count("pk")):
        if row["actor"]:
            found[row["kind"]][row["actor"]] = row["number"]
    return found
