"""From a text that somebody pastes to an approved edition, as different people at real browsers."""

from tests.e2e.edition import TITLE, text


def test_an_editor_sees_the_problems_of_her_text_by_line_and_mends_them(edition):
    line = text("2026-02-30").splitlines().index("- **Date:** 2026-02-30") + 1
    assert f"Line {line}" in edition["seen"]
    assert "“2026-02-30” is not a day of the calendar." in edition["seen"]
    assert f"line {line}, column 13 · date_invalid" in edition["seen"]
    assert "not a day of the calendar" not in edition["mended"]
    assert "Three windows, three breaths" in edition["mended"]


def test_submitting_says_whom_it_waits_for(edition):
    assert "Submitted" in edition["submitted"]
    assert "Marketing manager" in edition["bar"]
    assert "Team lead" in edition["bar"]


def test_the_review_shows_every_rendition(decided):
    assert decided["shown"] == ["newsletter", "web", "x", "linkedin", "facebook"]


def test_whoever_wrote_a_sentence_is_refused_that_format_with_the_reason(decided):
    assert "Four eyes: you edited the LinkedIn text" in decided["writer"]
    assert "Marketing manager or Team lead can." in decided["writer"]
    assert "You decide about Newsletter, Web page, X, Facebook" in decided["bar"]


def test_after_a_decision_the_next_piece_waits_with_the_time_repeated(decided, edition):
    clock = edition["wall"][-5:]
    for name in ("marketing", "team-lead"):
        assert decided[name].startswith(f"Approved: {TITLE}")
        assert clock in decided[name]
        assert "Next of " in decided[name]
        assert decided[name, "next"] not in (TITLE, "Reviews")
