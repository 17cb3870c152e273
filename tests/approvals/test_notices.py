"""Whom approval tells what, and what it writes into the audit chain, at what price."""

import json
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import signals
from approvals.models import ChecklistItem, Policy, RoleHolder, Stage
from approvals.services import (
    checklists,
    clearing,
    consolidation,
    delegations,
    reviews,
    roles,
    talk,
)
from content.services import renditions
from halcytone.lib.audit.models import Entry
from halcytone.lib.audit.verify import verify
from halcytone.lib.notices.models import Notification
from tests.factories import PersonFactory
from tests.factories.approvals import (
    approve,
    approved,
    changed,
    rendered_draft,
    request_changes,
    shown,
    tick_lists,
    voice,
)

pytestmark = pytest.mark.django_db


def told(person):
    return list(
        Notification.objects.filter(person=person).order_by("pk").values_list("kind", flat=True)
    )


def answer(review):
    """The author's answer to every request for changes."""
    asked = consolidation.unanswered(review)
    consolidation.answer(
        review, by=review.draft.author, answers={one.key: (True, "") for one in asked}
    )


def entries(*kinds):
    rows = Entry.objects.filter(kind__in=kinds) if kinds else Entry.objects.all()
    return [(row.kind, row.actor_id, json.loads(row.data)) for row in rows]


class TestTelling:
    def test_those_who_are_asked_are_told_once_and_the_author_of_the_approval(
        self, draft, senior, manager
    ):
        outsider = PersonFactory(group="editor")
        review = reviews.submit(draft, by=draft.author)
        assert (told(senior), told(manager)) == (["review_waits"], ["review_waits"])
        approve(review, senior)
        assert told(draft.author) == []
        approve(review, manager)
        assert told(draft.author) == ["approved"]
        assert (told(senior), told(manager)) == (["review_waits"], ["review_waits"])
        assert told(outsider) == []

    def test_the_author_is_not_asked_for_her_own_draft(self, senior, manager):
        author = voice("senior_editor")
        reviews.submit(rendered_draft(author=author, is_featured=True), by=author)
        assert told(author) == []

    def test_a_round_that_comes_back_is_told_again(self, draft, senior, manager):
        review = reviews.submit(draft, by=draft.author)
        request_changes(review, senior)
        assert told(draft.author) == ["changes_requested"]
        row = Notification.objects.get(person=draft.author)
        assert row.subject == "Sena Orr asks for changes in Two quiet minutes"
        assert row.text == "Tone: Warmer."
        answer(review)
        reviews.submit(draft, by=draft.author)
        assert told(manager) == ["review_waits"] * 2

    def test_a_rejection_of_three_formats_is_told_once(self, draft, senior, manager):
        review = reviews.submit(draft, by=draft.author)
        said = {"verdict": "reject", "reason": "facts", "comment": "Wrong."}
        reviews.decide(review, by=senior, shown=shown(draft), **said)
        assert told(draft.author) == ["rejected"]

    def test_an_unsealed_approval_is_told_to_author_and_approvers(self, draft, senior, manager):
        approved(draft, senior, manager)
        changed(draft.renditions.get(format="linkedin"), text="Breathe out.")
        assert told(senior)[-1] == told(manager)[-1] == "unsealed"
        assert "LinkedIn" in Notification.objects.filter(kind="unsealed").first().subject

    def test_whoever_unsealed_it_is_not_told(self, draft, senior, manager):
        approved(draft, senior, manager)
        row = draft.renditions.get(format="linkedin")
        other = PersonFactory(group="senior_editor")
        renditions.edit(row, by=other, content={"text": "Breathe out."}, reason="shorter")
        assert told(other) == []
        assert "unsealed" in told(draft.author)

    def test_a_recall_is_told_and_roles_wait_for_the_digest(self, draft, senior, manager):
        review = approved(draft, senior, manager)
        reviews.recall(review, by=manager, reason="A figure is wrong.")
        assert told(senior)[-1] == told(draft.author)[-1] == "recalled"
        assert "recalled" not in told(manager)

        admin = PersonFactory(group="admin")
        holder = RoleHolder(person=senior, role="legal")
        roles.give(holder, by=admin)
        roles.take(holder, by=admin)
        given, taken = Notification.objects.filter(kind="policy").order_by("pk")
        assert (given.subject, taken.subject) == (
            "You decide as Legal now",
            "You no longer decide as Legal",
        )
        assert (given.is_now, given.actor) == (False, str(admin))

    def test_a_comment_is_told_to_the_thread_and_the_author_and_a_mention_once(
        self, draft, senior, manager
    ):
        review = reviews.submit(draft, by=draft.author)
        thread = talk.open_thread(
            review, by=senior, text="Is this the right day?", about=talk.About()
        )
        assert (told(draft.author), told(senior)[1:]) == (["comment"], [])
        talk.reply(thread, by=draft.author, text=f"@{manager.username} knows.")
        assert (told(senior)[1:], told(manager)[1:]) == (["comment"], ["mentioned"])
        talk.resolve(thread, by=senior)
        assert told(draft.author) == ["comment"] * 2
        assert told(senior)[1:] == ["comment"]

        said = [data["comment"] for kind, _, data in entries() if "thread" in kind]
        assert said == ["Is this the right day?", f"@{manager.username} knows.", ""]

    def test_a_reminder_is_told_once_and_written_down(self, draft, senior, manager):
        review = reviews.submit(draft, by=draft.author)
        stage = review.stages.get()
        for _ in range(2):
            signals.reminder_due.send(Stage, stage=stage, kind="reminder_50", people=[senior])
        assert (told(senior)[1:], told(manager)[1:]) == (["reminder"], [])
        _, by, data = entries("review.reminded")[0]
        assert (by, data["reminder"], data["people"]) == (None, "reminder_50", ["Sena Orr"])

    def test_a_delegation_is_told_to_both_sides_but_not_to_who_made_it(self, senior, manager):
        delegations.create(
            senior, manager, by=senior, starts_on=date(2027, 1, 4), ends_on=date(2027, 1, 8)
        )
        assert (told(manager), told(senior)) == (["delegated"], [])
        assert entries("delegation.created")[0][1] == senior.pk


class TestWritingDown:
    def test_policies_legal_records_and_ticks_are_rows(self, draft, senior, manager):
        review = reviews.submit(draft, by=draft.author)
        counsel = voice("legal", group="legal")
        policy = review.policy
        signals.policy_changed.send(Policy, policy=policy, previous=None, by=counsel)
        assert "policy" in told(senior)
        clearing.record(review, by=counsel, risk="low", frames=["gdpr"], comments="Fine as it is.")
        ((_, by, data),) = entries("review.legal_recorded")
        assert (by, data["risk"], data["comment"]) == (counsel.pk, "low", "Fine as it is.")
        items = list(ChecklistItem.objects.filter(checklist__key="creation")[:2])
        checklists.declare(
            draft, by=draft.author, items=[item.pk for item in items], evidence="Seen"
        )
        (_, by, data), *_ = entries("checklist.ticked")
        assert (by, data["evidence"]) == (draft.author_id, "Seen")
        assert [each["text"] for each in data["items"]] == [item.text for item in items]
        assert len(entries("policy.activated")) == 1
        assert verify().found is None

    def test_every_act_of_a_review_is_a_row_with_its_seals_roles_and_reasons(
        self, draft, senior, manager
    ):
        review = reviews.submit(draft, by=draft.author, note="Please look at the date.")
        request_changes(review, senior)
        answer(review)
        reviews.submit(draft, by=draft.author)
        approve(review, senior)
        approve(review, manager)
        reviews.recall(review, by=manager, reason="A figure is wrong.")

        kinds = [kind for kind, *_ in entries() if kind.startswith("review.")]
        assert kinds == [
            "review.submitted", *["review.decided"] * 3, "review.answered", "review.submitted",
            *["review.decided"] * 6, "review.approved", "review.recalled",
        ]  # fmt: skip
        seals = shown(draft)
        _, by, submitted = entries("review.submitted")[0]
        assert by == draft.author_id
        assert (submitted["seals"], submitted["note"]) == (seals, "Please look at the date.")
        _, by, decided = entries("review.decided")[0]
        assert by == senior.pk
        assert decided["seal"] == decided["shown"] == seals[decided["format"]]
        assert (decided["verdict"], decided["role"], decided["reason"], decided["comment"]) == (
            "request_changes",
            "senior_editor",
            "tone",
            "Warmer.",
        )
        assert entries("review.recalled")[0][2] == {"reason": "A figure is wrong."}
        assert set(Entry.objects.values_list("trail", flat=True)) == {f"draft:{draft.pk}"}
        assert verify().found is None

    def test_an_edit_is_a_row_with_its_digest_and_not_its_text(self, draft, senior):
        row = draft.renditions.get(format="linkedin")
        renditions.edit(row, by=senior, content={"text": "A secret garden."}, reason="shorter")
        _, by, data = entries("rendition.written")[-1]
        row.refresh_from_db()
        assert (by, data["sha256"], data["reason"]) == (senior.pk, row.digest, "shorter")
        assert "garden" not in Entry.objects.filter(kind="rendition.written").last().data

    def test_a_refused_decision_leaves_no_row(self, draft, senior, manager):
        review = reviews.submit(draft, by=draft.author)
        before = Entry.objects.count()
        with pytest.raises(Exception, match="Four eyes"):
            approve(review, draft.author)
        assert Entry.objects.count() == before

    def test_roles_given_and_taken_are_rows(self, senior):
        admin = PersonFactory(group="admin")
        holder = RoleHolder(person=senior, role="legal")
        roles.give(holder, by=admin)
        roles.give(holder, by=admin)  # nothing changed
        roles.take(holder, by=admin)
        assert [(kind, by) for kind, by, _ in entries()] == [
            ("role.given", admin.pk),
            ("role.taken", admin.pk),
        ]


def test_an_act_pays_three_statements_for_its_audit_and_three_for_its_notices(
    draft, senior, manager
):
    seals = shown(draft)
    acts = [
        lambda: reviews.submit(draft, by=draft.author),
        *(lambda person=person: reviews.decide(draft.reviews.get(), by=person, verdict="approve", shown=seals)
          for person in (senior, manager)),
    ]  # fmt: skip
    for act in acts:
        for review in draft.reviews.all():
            tick_lists(review, senior)
        with CaptureQueriesContext(connection) as caught:
            act()
        said = [query["sql"] for query in caught.captured_queries]
        assert sum("audit_" in sql for sql in said) == 3
        assert sum("notices_" in sql for sql in said) <= 1
        assert sum(sql.startswith("SELECT") and "roleholder" in sql.split("WHERE")[0]
                   and "authorship" in sql for sql in said) <= 1  # fmt: skip
