"""How publishing answers what approvals announce."""

from approvals.models import Review
from approvals.signals import review_approved, review_recalled
from publishing.models import Release
from publishing.services import releases
from tests.factories.publishing import approve, make_account, make_draft, make_release, wall_now


def test_an_approval_plans_the_release_of_its_slot(press):
    make_account("web")
    review = approve(make_draft(["web"], slot_wall="2026-12-01T10:00"))
    review_approved.send(sender=Review, review=review)
    review_approved.send(sender=Review, review=review)
    assert Release.objects.get().status == "planned"


def test_an_approval_without_a_slot_plans_nothing(press):
    review = approve(make_draft(["web"], slot_wall=""))
    review_approved.send(sender=Review, review=review)
    assert Release.objects.count() == 0


def test_a_recalled_approval_holds_what_is_planned_or_on_its_way(press):
    planned = make_release("web")
    running = releases.start(make_release("x", slot_wall=wall_now()))
    for release in (planned, running):
        review = release.draft.reviews.get()
        review_recalled.send(sender=Review, review=review)
        release.refresh_from_db()
        assert (release.status, release.note) == ("held", "The approval was recalled.")
