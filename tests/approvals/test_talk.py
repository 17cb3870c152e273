"""Threads: where they hang, who may speak and close them, and what they keep from being approved."""

import pytest

from approvals import remarks, signals
from approvals.models import Review
from approvals.services import reviews, talk
from approvals.services.talk import About
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import approve, changed, rendered_draft, rewrite, voice
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
WORDS = About("linkedin", quote="let your shoulders drop")


@pytest.fixture
def review(draft, senior, manager):
    return reviews.submit(draft, by=draft.author)


def only(review):
    (shown,) = talk.board(Review.objects.get(pk=review.pk))
    return shown


def test_a_thread_hangs_at_the_words_that_were_copied(review, senior):
    thread = talk.open_thread(review, by=senior, text="Warmer?", about=WORDS)

    assert (thread.place, thread.quote) == ("text", "let your shoulders drop")
    assert (thread.start, thread.end) == (16, 39)
    assert (only(review).spot.kind, only(review).is_gone) == ("same", False)


def test_after_an_edit_it_hangs_where_the_words_went_or_says_that_they_are_gone(review, senior):
    talk.open_thread(review, by=senior, text="Warmer?", about=WORDS)
    linkedin = review.draft.renditions.get(format="linkedin")

    rewrite(linkedin, text="First this. Breathe in, and let your shoulders drop.")
    assert (only(review).spot.kind, only(review).spot.start) == ("moved", 28)
    rewrite(linkedin, text="Breathe in, and let your shoulder drop.")
    assert only(review).spot.kind == "changed"
    rewrite(linkedin, text="Something else is said here now.")
    assert only(review).is_gone


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (About("linkedin", quote="words that are not there"), "quote_not_found"),
        (About("facebook", quote="Breathe"), "unknown_format"),
        (About("linkedin", image="0" * 64), "unknown_image"),
        (About(quote="Breathe"), "format_missing"),
    ],
)
def test_what_is_not_there_cannot_be_commented(review, senior, about, code):
    with pytest.raises(Invalid) as refused:
        talk.open_thread(review, by=senior, text="?", about=about)
    assert refused.value.problems[0].code == code
    assert not review.threads.exists()


def test_a_thread_about_an_image_says_when_the_image_is_another(review, senior):
    web = review.draft.renditions.get(format="web")
    web.media = [{"url": "https://x", "sha256": "a" * 64, "alt": "A leaf"}]
    web.save()
    thread = talk.open_thread(
        review, by=senior, text="Too dark", about=About("web", image="a" * 64)
    )
    assert (thread.place, only(review).is_gone) == ("image 1", False)

    web.media = []
    web.save()
    assert only(review).is_gone


def test_an_open_thread_that_must_be_fixed_blocks_its_format_and_the_refusal_names_it(
    review, senior, manager
):
    thread = talk.open_thread(
        review, by=senior, text="The figure is wrong.", about=WORDS, must_fix=True
    )
    with pytest.raises(
        Invalid, match=r"LinkedIn, text: Sena Orr said .* “The figure is wrong.”"
    ) as no:
        approve(review, manager)
    assert no.value.code == "must_fix_open"
    assert approve(review, manager, formats=["web"])

    talk.resolve(thread, by=senior)
    assert approve(review, manager, formats=["newsletter", "linkedin"])


def test_one_about_the_whole_review_blocks_every_format():
    draft, editor = rendered_draft(sensitive=["pricing"]), voice("editor", group="editor")
    review = reviews.submit(draft, by=draft.author)
    talk.open_thread(review, by=editor, text="Which minutes?", must_fix=True)
    with pytest.raises(Invalid, match=r"The review: .* must be fixed first"):
        approve(review, editor)


def test_whoever_has_a_hand_in_it_does_not_say_that_it_is_fixed(review, senior, manager, draft):
    thread = talk.open_thread(review, by=senior, text="Fix it.", must_fix=True)

    with pytest.raises(NotAllowed, match="must be fixed, and you put the draft together") as no:
        talk.resolve(thread, by=draft.author)
    assert no.value.code == "four_eyes"
    talk.resolve(thread, by=manager)
    assert thread.resolved_by == manager


def test_a_thread_is_answered_resolved_and_reopened_and_each_is_announced(review, senior, draft):
    heard = []

    def hear(thread, change, **_kwargs):
        heard.append(change)

    signals.thread_changed.connect(hear)
    try:
        thread = talk.open_thread(review, by=senior, text="Why?")
        talk.reply(thread, by=draft.author, text="Because.")
        talk.resolve(thread, by=draft.author)
        talk.reopen(thread, by=senior)
    finally:
        signals.thread_changed.disconnect(hear)
    assert heard == ["opened", "replied", "resolved", "reopened"]
    assert [comment.text for comment in thread.comments.all()] == ["Why?", "Because."]
    assert (thread.status, thread.resolved_by) == ("open", None)


def test_people_are_called_by_user_name_when_they_can_see_the_review(review, senior, manager):
    heard = []

    def hear(comment, people, **_kwargs):
        heard.extend(people)

    stranger = PersonFactory(group="contributor")
    signals.mentioned.connect(hear)
    try:
        text = f"@{manager.username}, @{stranger.username} and @nobody-here: @{senior.username}."
        talk.open_thread(review, by=senior, text=text)
    finally:
        signals.mentioned.disconnect(hear)
    assert heard == [manager]


def test_viewers_do_not_comment_and_contributors_do_not_see(review):
    with pytest.raises(NotAllowed, match="You may not comment"):
        talk.open_thread(review, by=PersonFactory(group="viewer"), text="Hm")
    other = PersonFactory(group="contributor")
    with pytest.raises(NotAllowed, match="not yours to see"):
        talk.open_thread(review, by=other, text="Hm")
    assert not talk.visible_to(other).exists()


def test_service_accounts_comment(review):
    service = PersonFactory(group="service", is_service=True)
    assert talk.open_thread(review, by=service, text="Seen by the checker.")


def test_a_review_that_is_over_takes_no_comments(review, draft, senior):
    thread = talk.open_thread(review, by=senior, text="Why?")
    reviews.withdraw(review, by=draft.author, reason="Later")
    thread.review.refresh_from_db()
    for act in (
        lambda: talk.open_thread(review, by=senior, text="And?"),
        lambda: talk.reply(thread, by=senior, text="And?"),
        lambda: talk.resolve(thread, by=senior),
    ):
        with pytest.raises(WrongState, match="withdrawn"):
            act()


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 10_001])
def test_a_comment_says_something_and_not_too_much(review, senior, text):
    with pytest.raises(Invalid):
        talk.open_thread(review, by=senior, text=text)
    assert not review.threads.exists()


def test_a_script_is_shown_as_text():
    shown = remarks.html('<script>alert(1)</script> <img src=x onerror="y">')
    assert shown == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=&quot;y&quot;&gt;</p>"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**yes** *no* `x < y`", "<strong>yes</strong> <em>no</em> <code>x &lt; y</code>"),
        ("@ana.b says so", '<span class="mention">@ana.b</span> says so'),
        ("[here](/admin/documents/3/#L4)", 'href="/admin/documents/3/#L4" rel='),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](//evil.example)", "[x](//evil.example)"),
        ("https://a.example/?a=1&b=<2", 'href="https://a.example/?a=1&amp;b=" rel'),
        ('https://a.example/"onclick="x', "&quot;onclick=&quot;x"),
        ("2*3*4 and a@b.example", "2*3*4 and a@b.example"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
    ],
)
def test_a_very_small_markdown_and_nothing_more(text, shown):
    html = remarks.html(text)
    assert shown in html
    assert "<script" not in html
    assert "javascript:" not in html.replace(text, "")


def test_names_do_not_keep_the_full_stop():
    assert remarks.names("@ana, @bo.c. mail@x.example @ana") == ["ana", "bo.c"]


def test_a_changed_seal_does_not_lose_a_thread(review, senior):
    thread = talk.open_thread(review, by=senior, text="Warmer?", about=WORDS)
    before = thread.seal_sha256
    changed(review.draft.renditions.get(format="linkedin"), text="Now: let your shoulders drop.")
    thread.refresh_from_db()
    assert (thread.seal_sha256, only(review).spot.kind) == (before, "moved")
