"""How approval goes, in numbers: each is that of its rows, and individual ones are private."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Escalation, Stage
from approvals.services import metrics, reviews
from approvals.templatetags.approvals_desk import took
from halcytone.lib.errors import NotAllowed
from tests.factories.approvals import (
    approve,
    assessed,
    changed,
    rendered_draft,
    request_changes,
    submit_again,
    voice,
)
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


def since(days=30):
    return timezone.now() - timedelta(days=days)


def submitted(**settings):
    draft = assessed(rendered_draft(is_featured=True, **settings))
    return reviews.submit(draft, by=draft.author)


def begun(review, hours):
    """Let the stages of a review have been entered so many hours ago."""
    Stage.objects.filter(review=review).update(
        entered_stage_at=timezone.now() - timedelta(hours=hours)
    )
    return review


@pytest.fixture
def admin():
    return PersonFactory(group="admin", is_staff=True)


def test_times_are_those_from_the_stage_to_the_voice_by_type_and_level(admin, senior, manager):
    for hours in (1, 2, 6):
        review = begun(submitted(), hours)
        approve(review, senior)
    for role in ("department_head", "executive"):
        voice(role, group="executive")
    review = submitted(type="announcement")
    approve(begun(review, 4), manager)

    found = metrics.read(admin, since())
    assert found.voices == 4
    lines = {figure.name: figure for figure in found.by_kind}
    update = lines["Update, level 2"]
    assert (update.count, round(update.mean_s / 3600), round(update.median_s / 3600)) == (3, 3, 2)
    assert update.filters == {"type": "update", "level": 2}
    assert found.bottleneck.name == "Marketing"
    rows = metrics.chosen(admin, since(), **update.filters)
    assert [round(one.took_s / 3600) for one in rows] == [6, 2, 1]
    assert metrics.chosen(admin, since(), stage="Marketing")[0].review == review.pk


def test_one_voice_about_many_formats_counts_once_and_the_policy_not_at_all(admin, senior, manager):
    approve(begun(submitted(), 1), senior)
    assert metrics.read(admin, since()).voices == 1
    assert metrics.read(admin, timezone.now()).voices == 0


def test_figures_of_one_person_are_seen_by_her_and_by_administrators(admin, senior, manager):
    review = begun(submitted(), 1)
    approve(review, senior)
    approve(review, manager)
    assert [one.name for one in metrics.read(senior, since()).people] == [str(senior)]
    assert {one.name for one in metrics.read(admin, since()).people} == {str(senior), str(manager)}
    assert metrics.read(PersonFactory(group="viewer"), since()).people == []
    assert len(metrics.chosen(senior, since(), of=senior.pk)) == 1
    assert len(metrics.chosen(admin, since(), of=senior.pk)) == 1
    with pytest.raises(NotAllowed):
        metrics.chosen(senior, since(), of=manager.pk)


def test_agreement_is_counted_where_several_spoke_side_by_side(admin, senior, manager):
    same, other, alone = (begun(submitted(), 1) for _ in range(3))
    approve(same, senior)
    approve(same, manager)
    request_changes(other, senior)
    approve(other, manager)
    approve(alone, senior)
    found = metrics.read(admin, since()).agreement
    assert (found.part, found.whole, found.percent) == (1, 2, 50)
    disagreed = metrics.chosen(admin, since(), disagreed=True)
    assert {one.review for one in disagreed} == {other.pk}
    assert {one.review for one in metrics.chosen(admin, since(), disagreed=False)} == {same.pk}
    assert metrics.Share(0, 0).percent is None


def test_rounds_escalations_and_recalls_are_counts_of_rows(admin, senior, manager):
    again = begun(submitted(), 1)
    request_changes(again, senior)
    changed(again.draft.renditions.get(format="web"), html="<p>Breathe out.</p>")
    submit_again(again.draft)
    done = begun(submitted(), 1)
    approve(done, senior)
    approve(done, manager)
    reviews.recall(done, by=manager, reason="The price is wrong.")
    stage = again.stages.get()
    for role in ("team_lead", "senior_editor"):
        Escalation.objects.create(stage=stage, step=1, role=role, reason="It waited for two days.")

    found = metrics.read(admin, since())
    assert found.rounds == [(1, 1), (2, 1)]
    assert found.mean_rounds == 1.5
    assert found.escalations == [(stage.name, 1)]
    assert (found.recalled.part, found.recalled.whole) == (1, 1)


def test_the_number_of_queries_does_not_grow(admin, senior, manager):
    def asked_for(count):
        for _ in range(count):
            approve(begun(submitted(), 1), senior)
        with CaptureQueriesContext(connection) as asked:
            metrics.read(admin, since())
        return len(asked)

    asked_for(1)
    assert asked_for(1) == asked_for(6) <= 6


def test_every_number_of_the_page_opens_its_rows(client, admin, senior, manager):
    review = begun(submitted(title="Quiet minutes"), 2)
    approve(review, senior)
    client.force_login(admin)
    page = client.get("/admin/reviews/metrics/").content.decode()
    assert "2 h 0 min" in page
    assert "Not measured yet" in page
    for query in ("", "?type=update&level=2", f"?person={senior.pk}", "?of=reviews&round=1"):
        rows = client.get(f"/admin/reviews/metrics/rows/{query}")
        assert rows.status_code == 200
        assert "Quiet minutes" in rows.content.decode(), query
    assert "No row" in client.get("/admin/reviews/metrics/rows/?of=escalations").content.decode()

    type(senior).objects.filter(pk=senior.pk).update(is_staff=True)
    client.force_login(senior)
    rows = "/admin/reviews/metrics/rows/"
    assert client.get(rows, {"person": admin.pk}).status_code == 403
    assert client.get(rows, {"person": senior.pk}).status_code == 200


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(20, "under a minute"), (240, "4 min"), (12_000, "3 h 20 min"), (183_600, "2 d 3 h")],
)
def test_times_are_told_in_their_two_largest_units(seconds, words):
    assert took(seconds) == words
