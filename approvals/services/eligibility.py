"""Four eyes: who may decide about a rendition, and why somebody may not.

Source: approvals specification, four eyes. Whoever has a hand in a rendition never decides about
it, superusers and level 1 included; service accounts never decide; one person has one role in a
review. The database holds the first two as well (triggers.py).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from approvals.models import Decision, Role, Seal, Stage
from approvals.policy import Group
from approvals.services import mandates, people
from approvals.services.mandates import Mandate
from approvals.services.people import People, deciders, everybody
from approvals.standing import Step
from content.models import Authorship, Draft, FormatName, Rendition
from halcytone.lib import rights, zones
from halcytone.lib.errors import NotAllowed
from halcytone.lib.rights import Actor

RIGHT = people.RIGHT


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not decide: a code for programs, a sentence for people."""

    code: str
    sentence: str

    def error(self) -> NotAllowed:
        return NotAllowed(self.sentence, code=self.code)


@dataclass(frozen=True, slots=True)
class Hands:
    """Who has a hand in a draft, and by which acts, oldest first; in a review, who spoke as what."""

    author: int
    acts: tuple[Authorship, ...]
    spoken: Mapping[int, str] = field(default_factory=dict)  # person → role of her first decision
    type: str = ""  # of the draft
    people: People = field(default_factory=everybody, compare=False)

    def mandates(self) -> list[Mandate]:
        """Return who acts now for whom about a draft of this kind."""
        return [each for each in mandates.of(self.people) if each.holds_for(self.type)]

    def roles_of(self, person: Actor) -> Sequence[str]:
        """Return the approval roles of a person, in no order."""
        return self.people.roles_of(person.pk)

    def act(self, person: int | None, format: str) -> str:
        """Return the latest act of this person that bars her from this format; "" when none does."""
        mine = [
            each for each in self.acts if each.person_id == person and each.format in ("", format)
        ]
        if mine:
            return _act(mine[-1], format)
        return "are the author of this draft" if person == self.author else ""


def hands(draft: Draft, decisions: Iterable[Decision]) -> Hands:
    """Return who has a hand in this draft, in one query, and who spoke by these decisions of a review."""
    return hands_of(draft, acts(draft), decisions, everybody())


def acts(draft: Draft) -> QuerySet[Authorship]:
    """Return what people did to a draft, oldest first."""
    return Authorship.objects.filter(draft=draft).select_related("person")


def hands_of(
    draft: Draft, acts: Iterable[Authorship], decisions: Iterable[Decision], people: People
) -> Hands:
    """Return who has a hand in a draft, of what was read: what people did, and these decisions."""
    spoken: dict[int, str] = {}
    for decision in decisions:
        if decision.person_id:
            spoken.setdefault(decision.person_id, decision.role)
    return Hands(draft.author_id, tuple(acts), spoken, draft.type, people)


def act_of_address(email: str, format: str, known: Hands) -> str:
    """Return the act that bars whoever has this address from a format, as `Hands.act` does.

    Whoever goes through a review link is known by her address alone.
    """
    people = get_user_model()._default_manager.filter(email__iexact=email)
    return next(filter(None, (known.act(person.pk, format) for person in people)), "")


def refusal(person: Actor, about: Seal | Rendition, stage: Stage) -> str:
    """Return why this person may not decide about this rendition in this stage; "" if she may."""
    rendition = about.rendition if isinstance(about, Seal) else about
    found = find_refusal(person, rendition.format, stage, _hands_in(rendition, stage))
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
    return eligible(stage, rendition.format, _hands_in(rendition, stage))


def roles_of(person: Actor) -> list[str]:
    return list(person.approval_roles.values_list("role", flat=True))


def usable(person: Actor, format: str, known: Hands) -> list[Mandate]:
    """Return for whom this person may speak about a format: those who themselves could, in those roles.

    Whom she acts for has no hand in it either, and keeps the one role that she may have spoken in.
    """
    return [
        replace(mandate, roles=_roles_left(mandate, known))
        for mandate in known.mandates()
        if mandate.delegate.pk == person.pk and not known.act(mandate.person.pk, format)
    ]


def voices_of(person: Actor, known: Hands) -> list[str]:
    """Return the roles in which this person may speak about a draft: hers, then those she acts in."""
    lent = (
        role
        for mandate in known.mandates()
        if mandate.delegate.pk == person.pk
        for role in sorted(mandate.roles)
    )
    return list(dict.fromkeys([*known.roles_of(person), *lent]))


def looking(stage: Stage, format: str) -> tuple[Group, ...]:
    """Return the groups of a stage that look at this format, each with the roles that do."""
    return step(stage).asked_about(format)


def step(stage: Stage) -> Step:
    groups = tuple(tuple(group) for group in stage.roles)
    return Step(
        stage.pk,
        stage.mode,
        groups,
        stage.quorum,
        stage.role_formats,
        stage.added_roles,
        tuple(stage.authority),
        stage.is_beside,
    )


def holders(roles: Iterable[str]) -> QuerySet[Any]:
    """Return the active people who hold one of these approval roles and the right to decide."""
    people = deciders().filter(approval_roles__role__in=list(roles))
    return people.distinct().order_by("last_name", "first_name", "username")


def label(group: Sequence[str]) -> str:
    """Return the names of alternative roles as people read them: "CEO or Legal"."""
    names = dict(Role.choices)
    return " or ".join(names.get(role, role) for role in group)


def who_could_join(group: Sequence[str], format: str, known: Hands) -> str:
    """Return a sentence that names people who could be given one of these roles."""
    candidates = deciders().order_by("last_name", "username").distinct()
    names = [str(each) for each in candidates if not known.act(each.pk, format)][:3]
    if not names:
        return "Nobody else has the right to decide: an administrator must add a person."
    return (
        f"{_either(names)} could be added: an administrator gives the role {label(group)} "
        "under Role holders."
    )


def _role_refusal(person: Actor, format: str, stage: Stage, known: Hands) -> Refusal | None:
    asked = [role for group in looking(stage, format) for role in group]
    lent = {role for mandate in usable(person, format, known) for role in mandate.roles}
    held = (set(known.roles_of(person)) | lent).intersection(asked)
    if not held and (barred := _barred_delegator(person, format, asked, known)):
        others = _who_can(stage, format, known, besides=person)
        return Refusal("four_eyes", f"{barred} {others}")
    if not held:
        wanted = label(asked) or "nobody"
        others = _who_can(stage, format, known, besides=person)
        return Refusal("no_role", f"{stage.name} asks for {wanted}, which you are not. {others}")
    spoken = known.spoken.get(person.pk, "")
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
    return [person for person, _ in voters([stage], known, formats=[format])]


def voters(
    stages: Iterable[Stage], known: Hands, *, formats: Sequence[str]
) -> list[tuple[Any, set[str]]]:
    """Return who may decide about one of these formats in these stages, by name, with her roles.

    One person has one role in a review: who spoke already has that one. One query more than the people.
    """
    asked = {
        role
        for stage in stages
        for format in formats
        for group in looking(stage, format)
        for role in group
    }
    able = set(known.people.deciders)
    found: dict[int, tuple[Any, set[str]]] = {}
    for row in known.people.holders:
        if row.role not in asked or row.person_id not in able:
            continue
        spoken = known.spoken.get(row.person_id, row.role)
        if spoken == row.role and not all(known.act(row.person_id, format) for format in formats):
            found.setdefault(row.person_id, (row.person, set()))[1].add(row.role)
    for person, roles in _delegates(asked, formats, known, able):
        found.setdefault(person.pk, (person, set()))[1].update(roles)
    return list(found.values())


def _delegates(
    asked: set[str], formats: Sequence[str], known: Hands, able: Collection[int]
) -> Iterable[tuple[Any, frozenset[str]]]:
    """Yield who acts now for somebody who could decide about all these formats, with which roles."""
    for mandate in known.mandates():
        person, delegate = mandate.person, mandate.delegate
        roles = _roles_left(mandate, known).intersection(asked)
        if spoken := known.spoken.get(delegate.pk):
            roles &= {spoken}
        is_barred = any(known.act(person.pk, format) for format in formats) or all(
            known.act(delegate.pk, format) for format in formats
        )
        if roles and not is_barred and delegate.pk in able:
            yield delegate, roles


def _roles_left(mandate: Mandate, known: Hands) -> frozenset[str]:
    """Return the roles of a mandate: only the one in which its person spoke, when she did."""
    spoken = known.spoken.get(mandate.person.pk)
    return mandate.roles & {spoken} if spoken else mandate.roles


def _barred_delegator(person: Actor, format: str, asked: Sequence[str], known: Hands) -> str:
    """Return the sentence about somebody with a hand in it for whom this person wants to speak."""
    for mandate in known.mandates():
        act = known.act(mandate.person.pk, format)
        is_meant = mandate.delegate.pk == person.pk and not mandate.roles.isdisjoint(asked)
        if act and is_meant:
            did = f"is {act.removeprefix('are ')}" if act.startswith("are ") else act
            return (
                f"Four eyes: {mandate.person}, for whom you act, {did}, so somebody else decides "
                "about it."
            )
    return ""


def _who_can(stage: Stage, format: str, known: Hands, *, besides: Actor) -> str:
    names = [str(each) for each in eligible(stage, format, known) if each.pk != besides.pk]
    if names:
        return f"{_either(names)} can."
    group = [role for group in looking(stage, format) for role in group]
    return f"Nobody can yet. {who_could_join(group, format, known)}"


def _hands_in(rendition: Rendition, stage: Stage) -> Hands:
    return hands(rendition.draft, Decision.objects.filter(stage__review=stage.review_id))


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
