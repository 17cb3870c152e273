"""What a submission is judged by, read in one statement: the policy, the people, and what is known of the draft."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import QuerySet

from approvals import facts, seals
from approvals.models import DueEvent, FastTrack, Level, Policy, Review, Stage, Thread
from approvals.services import eligibility, fast_track, policies
from approvals.services.boards import Rows
from approvals.services.people import People, everybody
from content.models import Authorship, Draft, Rendition
from content.services import addresses, reading
from halcytone.lib import at_once


@dataclass(frozen=True, slots=True)
class Ground:
    """Rows that stand when a draft is submitted, each kind fetched once."""

    running: QuerySet[Review]
    policies: QuerySet[Policy]
    levels: QuerySet[Level]
    tracks: QuerySet[FastTrack]
    acts: QuerySet[Authorship]
    rivals: QuerySet[Rendition]  # pages of other drafts that have the address of this one
    competitors: QuerySet[Any]
    members: QuerySet[Any]
    accounts: QuerySet[Any]
    people: People

    @property
    def facts(self) -> facts.Rows:
        return facts.Rows(self.competitors, self.members)

    @property
    def track(self) -> FastTrack | None:
        return next(iter(self.tracks), None)


def read(draft: Draft) -> Ground:
    """Return what the submission of a draft is judged by, and keep on it what it consists of. One query."""
    of_facts, whole = facts.rows(draft), reading.whole(draft)
    found = Ground(
        Review.objects.filter(draft=draft).exclude(status__in=Review.FINAL),
        policies.in_force(),
        Level.objects.filter(policy__is_active=True),
        fast_track.running(draft),
        eligibility.acts(draft),
        addresses.rivals(draft),
        of_facts.competitors,
        of_facts.members,
        seals.account_rows(draft),
        everybody(),
    )
    own = [getattr(found, each.name) for each in fields(found) if each.name != "people"]
    at_once.fill(*whole.rows, *own, *found.people.rows, found.people.deciders)
    whole.keep()
    at_once.nest(found.policies, "levels", found.levels, "policy_id")
    return found


def rows_of_new(draft: Draft, stages: Sequence[Stage], known: Ground) -> Rows:
    """Return what the board of a review is made of that was written just now. No query."""
    at_once.nest(stages, "escalations", (), "stage_id")
    return Rows(
        stages=stages,
        escalations=(),
        renditions=draft.renditions.all(),
        findings=(),
        seals=(),
        decisions=(),
        acts=known.acts,
        due=DueEvent.objects.none(),
        must_fix=Thread.objects.none(),
        accounts=known.accounts,
        people=known.people,
    )
