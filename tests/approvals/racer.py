"""A process of its own that decides: `python -m tests.approvals.racer COMMAND …`, for the races.

It speaks to the database of DATABASE_URL and answers with one JSON value on its last line.
"""

import json
import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, transaction  # noqa: E402

from approvals.models import Decision, Level, Policy, Review, ReviewLink, Seal  # noqa: E402
from approvals.services import links, reviews  # noqa: E402
from halcytone.access.models import User  # noqa: E402
from halcytone.lib.errors import HalcytoneError  # noqa: E402
from tests.factories.approvals import BRIEF, rendered_draft, shown, tick_lists, voice  # noqa: E402
from tests.factories.people import PersonFactory  # noqa: E402

settings.ACCOUNT_FACTS = "tests.approvals.conftest.account_facts"
settings.FORMATS = BRIEF


def prepare(count):
    """Migrate, and submit as many drafts; answers with the people of two roles."""
    call_command("migrate", verbosity=0)
    people = {
        role: [voice(role).pk, voice(role).pk] for role in ("senior_editor", "marketing_manager")
    }
    author = PersonFactory(group="editor")
    for _ in range(int(count)):
        draft = rendered_draft(author=author, is_featured=True)
        tick_lists(
            reviews.submit(draft, by=author), User.objects.get(pk=people["senior_editor"][0])
        )
    return people


def decide(person, racers):
    """Approve one review after the other at the same instants as the other racers.

    Answers, for each review, with the number of decisions or the code of the refusal.
    """
    by = User.objects.get(pk=person)
    start_at = gun(int(racers))
    answers = []
    for place, review in enumerate(Review.objects.order_by("pk")):
        seen = shown(review.draft)
        time.sleep(max(0, start_at + place * 0.5 - time.time()))
        try:
            found = reviews.decide(review, by=by, verdict="approve", shown=seen)
            answers.append(len(found))
        except HalcytoneError as error:
            answers.append(error.code)
    return answers


def prepare_links(count):
    """Migrate, and submit drafts that a senior editor and somebody from outside decide side by side."""
    call_command("migrate", verbosity=0)
    Policy.objects.update(is_active=False)
    policy = Policy.objects.create(preset="house", version=1, is_active=True)
    stage = {"name": "Partner", "mode": "parallel", "external": True,
             "roles": [["senior_editor"], ["external"]]}  # fmt: skip
    Level.objects.create(policy=policy, position=1, name="all", number=2, stages=[stage])
    senior, author = voice("senior_editor"), PersonFactory(group="editor")
    for _ in range(int(count)):
        review = reviews.submit(rendered_draft(author=author), by=author)
        pia = {"person_name": "Pia Lund", "email": "pia@partner.example"}
        links.create(review, by=senior, stage=review.stages.get(), **pia)
    return senior.pk


def decide_by_link(racers):
    """Answer through the link of one review after the other, as `decide` does."""
    start_at = gun(int(racers))
    answers = []
    for place, link in enumerate(ReviewLink.objects.order_by("review")):
        wish = {
            "code": link.code,
            "verdict": "approve",
            "formats": None,
            "reason": "",
            "comment": "",
        }
        seen = shown(link.review.draft)
        time.sleep(max(0, start_at + place * 0.5 - time.time()))
        try:
            answers.append(len(links.decide(link, shown=seen, **wish)))
        except HalcytoneError as error:
            answers.append(error.code)
    return answers


def gun(racers):
    """Return the moment at which all racers start: a second after the last one was ready."""
    line = settings.HALCYTONE_HOME / "line"
    line.mkdir(exist_ok=True)
    (line / str(os.getpid())).touch()
    while len(ready := list(line.iterdir())) < racers:
        time.sleep(0.02)
    return max(each.stat().st_mtime for each in ready) + 1


def outcome():
    """The status of each review, and its decisions by person."""
    return [
        {
            "status": review.status,
            "stages": [stage.status for stage in review.stages.all()],
            "decisions": Decision.objects.filter(stage__review=review).count(),
        }
        for review in Review.objects.order_by("pk")
    ]


def tamper():
    """What the database answers to a decision of the author, a change and a removal."""
    review = Review.objects.order_by("pk").first()
    seal = Seal.objects.filter(review=review).first()
    stage = review.stages.get()
    acts = {
        "four_eyes": lambda: Decision.objects.create(
            stage=stage,
            seal=seal,
            person=review.draft.author,
            role="senior_editor",
            verdict="approve",
        ),
        "policy": lambda: Decision.objects.create(
            stage=stage, seal=seal, policy=review.policy, verdict="approve"
        ),
        "decision_update": lambda: Decision.objects.update(comment="x"),
        "decision_delete": lambda: Decision.objects.all()._raw_delete("default"),
        "seal_update": lambda: Seal.objects.update(body="x"),
        "seal_delete": lambda: Seal.objects.filter(pk=seal.pk)._raw_delete("default"),
    }
    return {name: _refusal(act) for name, act in acts.items()}


def remove_demo():
    """Mark a draft as demo, and remove it with its review."""
    review = Review.objects.order_by("pk").first()
    draft = review.draft
    draft.is_demo = True
    draft.save()
    review.delete()
    draft.delete()
    return Decision.objects.filter(stage__review=review.pk).count()


def _refusal(act):
    try:
        with transaction.atomic():
            act()
    except IntegrityError as error:
        return str(error).splitlines()[0]
    return ""


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print(json.dumps(globals()[command](*arguments)))
