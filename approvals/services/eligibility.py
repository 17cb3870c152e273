"""Four eyes: who may decide about a rendition, and why somebody may not.

Source: approvals specification, four eyes. Whoever has a hand in a rendition never decides about
it, superusers and level 1 included; service accounts never decide; one person has one role in a
review. The database holds the first two as well (triggers.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from approvals.models import Decision, Role, Seal, Stage
from approvals.policy import Group
from approvals.standing import Step
from content.models import Authorship, Draft, FormatName, Rendition
from halcytone.lib import rights, zones
from halcytone.lib.errors import NotAllowed
from halcytone.lib.rights import Actor

RIGHT = "approvals.decide_review"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not decide: a code for programs, a sentence for people."""

    code: str
    sentence: str

    def error(self) -> NotAllowed:
        return NotAllowed(self.sentence, code=self.code)


@dataclass(frozen=True, slots=True)
class Hands:
    """Who has a hand in a draft, and by which acts, oldest first."""

    author: int
    acts: tuple[Authorship, ...]

    def act(self, person: int | None, format: str) -> str:
        """Return the latest act of this person that bars her from this format; "" when none does."""
        mine = [
            each for each in self.acts if each.person_id == person and each.format in ("", format)
        ]
        if mine:
            return _act(mine[-1], format)
        return "are the author of this draft" if person == self.author else ""


def hands(draft: Draft) -> Hands:
    """Return who has a hand in this draft, in one query."""
    acts = Authorship.objects.filter(draft=draft).select_related("person")
    return Hands(draft.author_id, tuple(acts))


def refusal(person: Actor, about: Seal | Rendition, stage: Stage) -> str:
    """Return why this person may not decide about this rendition in this stage; "" if she may."""
    rendition = about.rendition if isinstance(about, Seal) else about
    found = find_refusal(person, rendition.format, stage, hands(rendition.draft))
    return found.sentence if found else ""


def find_refusal(person: Actor, format: str, stage: Stage, known: Hands) -> Refusal | None:
    """Return the first rule that keeps this person from deciding, or None."""
    if person is None or person.is_service:
        return Refusal(
            "service_account",
            "Only people decide. The machine and service accounts may submit and comment.",
        )
    if act := known.act(person.pk, format):
        others = _who_can(stage, format, known, besides=person)
        sentence = f"Four eyes: you {act}, so somebody else decides about it. {others}"
        return Refusal("four_eyes", sentence)
    if not rights.may(person, RIGHT):
        return Refusal("not_allowed", f"You may not decide in reviews. {rights.who_may(RIGHT)}")
    return _role_refusal(person, format, stage, known)


def eligible_people(stage: Stage, rendition: Rendition) -> list[Any]:
    """Return the people who may decide about this rendition in this stage, by name.

    Those who already spoke in another role of the review are left out: one person, one role.
    """
    return eligible(stage, rendition.format, hands(rendition.draft))


def roles_of(person: Actor) -> list[str]:
    return list(person.approval_roles.values_list("role", flat=True))


def looking(stage: Stage, format: str) -> tuple[Group, ...]:
    """Return the groups of a stage that look at this format, each with the roles that do."""
    return step(stage).asked_about(format)


def step(stage: Stage) -> Step:
    groups = tuple(tuple(group) for group in stage.roles)
    return Step(stage.pk, stage.mode, groups, stage.quorum, stage.role_formats)


def spoken_role(person: Actor, review_id: int) -> str:
    """Return the role in which this person already spoke in a review; "" when she has not."""
    spoken = Decision.objects.filter(stage__review=review_id, person=person)
    return spoken.values_list("role", flat=True).first() or ""


def holders(roles: Iterable[str]) -> QuerySet[Any]:
    """Return the active people who hold one of these approval roles and the right to decide."""
    people = _deciders().filter(approval_roles__role__in=list(roles))
    return people.distinct().order_by("last_name", "first_name", "username")


def label(group: Sequence[str]) -> str:
    """Return the names of alternative roles as people read them: "CEO or Legal"."""
    names = dict(Role.choices)
    return " or ".join(names.get(role, role) for role in group)


def who_could_join(group: Sequence[str], format: str, known: Hands) -> str:
    """Return a sentence that names people who could be given one of these roles."""
    candidates = _deciders().order_by("last_name", "username").distinct()
    names = [str(each) for each in candidates if not known.act(each.pk, format)][:3]
    if not names:
        return "Nobody else has the right to decide: an administrator must add a person."
    return (
        f"{_either(names)} could be added: an administrator gives the role {label(group)} "
        "under Role holders."
    )


def _deciders() -> QuerySet[Any]:
    people: QuerySet[Any] = get_user_model()._default_manager.with_perm(RIGHT, backend=_BACKEND)
    return people.filter(is_service=False)


def _role_refusal(person: Actor, format: str, stage: Stage, known: Hands) -> Refusal | None:
    asked = [role for group in looking(stage, format) for role in group]
    held = set(roles_of(person)).intersection(asked)
    if not held:
        wanted = label(asked) or "nobody"
        others = _who_can(stage, format, known, besides=person)
        return Refusal("no_role", f"{stage.name} asks for {wanted}, which you are not. {others}")
    spoken = spoken_role(person, stage.review_id)
    if spoken and spoken not in held:
        others = _who_can(stage, format, known, besides=person)
        return Refusal(
            "one_role",
            f"You already spoke as {label([spoken])} in this review, and one person has one role. "
            f"{others}",
        )
    return None


def eligible(stage: Stage, format: str, known: Hands) -> list[Any]:
    """Return the people who may decide about this format in this stage, by name."""
    roles = {role for group in looking(stage, format) for role in group}
    spoken = Decision.objects.filter(stage__review=stage.review_id, person__isnull=False)
    elsewhere = spoken.exclude(role__in=roles).values("person")
    people = holders(roles).exclude(pk__in=elsewhere)
    return [person for person in people if not known.act(person.pk, format)]


def _who_can(stage: Stage, format: str, known: Hands, *, besides: Actor) -> str:
    names = [str(each) for each in eligible(stage, format, known) if each.pk != besides.pk]
    if names:
        return f"{_either(names)} can."
    group = [role for group in looking(stage, format) for role in group]
    return f"Nobody can yet. {who_could_join(group, format, known)}"


def _act(authorship: Authorship, format: str) -> str:
    """Return the act as it follows "you": "edited the LinkedIn text on 3 March 2026"."""
    words = authorship.get_act_display()
    if authorship.act == Authorship.Act.EDITED:
        words = f"edited the {_format_label(authorship.format or format)} text"
    day = zones.local(authorship.at, authorship.person.zone)
    return f"{words} on {day.day} {day:%B %Y}"


def _format_label(format: str) -> str:
    return str(dict(FormatName.choices).get(format, format))


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
