"""What stands here beside what was approved, what is out, and what the source says now."""

import pytest

from approvals.services import comparisons, reviews
from halcytone.lib.errors import Invalid
from tests.factories.approvals import approve, changed, rewrite
from tests.factories.content import DocumentFactory, make_drift

pytestmark = pytest.mark.django_db


def out_now(renditions):
    """The publisher of these tests: the last seal of each rendition is out since its making."""
    return {
        each.pk: {"seal_id": seal.pk, "at": seal.created_at, "url": "https://halcytone.example/x"}
        for each in renditions
        if (seal := each.seals.last())
    }


def nothing_out(renditions):
    return {}


@pytest.fixture
def review(draft, senior, manager):
    return reviews.submit(draft, by=draft.author)


def of(format, review, since, by):
    return next(
        one for one in comparisons.compare(review, since=since, by=by) if one.format == format
    )


def words(compared, kind):
    return [
        segment.text
        for place in compared.places
        for part in place.parts
        for cell in part.cells
        for segment in cell
        if segment.kind == kind
    ]


def test_since_i_last_approved_shows_the_words_that_changed(review, senior, manager):
    approve(review, senior)
    changed(
        review.draft.renditions.get(format="linkedin"),
        text="Breathe out, and let your shoulders drop.",
    )

    mine = of("linkedin", review, "approval", senior)
    assert (mine.basis.kind, mine.basis.who) == ("approval", "Sena Orr")
    assert (words(mine, "removed"), words(mine, "added")) == (["in"], ["out"])
    assert not of("web", review, "approval", senior).is_changed
    assert of("linkedin", review, "approval", manager).basis.kind == "others_approval"


def test_what_nobody_approved_says_so(review, senior):
    compared = of("web", review, "approval", senior)
    assert (compared.basis, compared.nothing) == (None, "Nobody has approved this text before.")


def test_a_moved_slot_is_a_sentence(review, senior):
    approve(review, senior)
    review.draft.slot_wall = "2026-12-02T10:00"
    review.draft.save()
    (sentence,) = of("web", review, "approval", senior).sentences
    assert sentence.startswith("The slot moved from 2026-12-01 10:00")


def test_another_image_is_shown_beside_the_old_one(review, senior):
    from content.models import Asset

    for name in "ab":
        Asset.objects.create(
            sha256=name * 64, original_sha256=name * 64, extension="png", media_type="image/png",
            width=1, height=1, size_bytes=1,
        )  # fmt: skip
    web = review.draft.renditions.get(format="web")
    web.media = [{"url": "x", "sha256": "a" * 64, "alt": "A leaf"}]
    web.save()
    approve(review, senior)
    web.media = [{"url": "x", "sha256": "b" * 64, "alt": "A tree"}]
    web.save()
    (pair,) = of("web", review, "approval", senior).images
    assert (pair.before[:2], pair.after[:2], pair.alt_after) == ("aa", "bb", "A tree")


def test_since_the_live_version_asks_the_publisher(review, senior, settings):
    settings.RENDITION_LIVE = f"{__name__}.nothing_out"
    assert "Nothing of this draft is out" in of("web", review, "live", senior).nothing

    settings.RENDITION_LIVE = f"{__name__}.out_now"
    rewrite(review.draft.renditions.get(format="web"), title="Three quiet minutes")
    live = of("web", review, "live", senior)
    assert (live.basis.url, words(live, "added")) == ("https://halcytone.example/x", ["Three"])


def test_since_the_source_changed_shows_what_it_says_now(review, senior):
    linkedin = review.draft.renditions.get(format="linkedin")
    document = DocumentFactory()
    make_drift(
        linkedin, document, sentence="let your shoulders drop", new_sentence="let your jaw drop"
    )
    make_drift(linkedin, document, sentence="Elsewhere.", new_sentence="", where="part 2")

    compared = of("linkedin", review, "source", senior)
    assert (words(compared, "removed"), words(compared, "added")) == (["shoulders"], ["jaw"])
    assert compared.sentences == ["The source does not say “Elsewhere.” any more."]
    assert of("web", review, "source", senior).basis is None


def test_another_word_is_refused(review, senior):
    with pytest.raises(Invalid, match="approval, live, source"):
        comparisons.compare(review, since="yesterday", by=senior)
