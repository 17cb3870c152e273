"""The links of every mail: leaving is one click, and looking changes nothing."""

import re

import pytest
from django.core import signing
from django.test import Client
from structlog.testing import capture_logs

from segmentation import audience, unsubscribe
from segmentation.models import Consent, Contact, Suppression
from tests.factories import segmentation as make

pytestmark = pytest.mark.django_db
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def reader():
    return make.make_contact("ann@halcytone.example", answer=True, name="Ann")


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def link(contact, page="unsubscribe", **about):
    return f"/{page}?u={unsubscribe.token(contact.pk, **about)}"


def reason(contact, purpose="newsletter", list=""):
    return audience.exclusion_reason(contact, channel="email", purpose=purpose, list=list)


def rows():
    return (
        list(Consent.objects.values()),
        list(Suppression.objects.values()),
        list(Contact.objects.values()),
    )


def test_a_hundred_scanners_that_open_every_link_change_nothing(reader, browser):
    before = rows()
    for _ in range(50):
        for page in ("unsubscribe", "preferences"):
            assert browser.get(link(reader, page)).status_code == 200
            assert browser.head(link(reader, page)).status_code == 200
    assert rows() == before
    assert reason(reader) == ""


def test_the_page_shows_one_button(reader, browser):
    html = browser.get(link(reader)).content.decode()
    assert html.count("<button") == html.count("<form") == 1
    assert "ann@halcytone.example" in html


def test_a_one_click_post_is_answered_200_without_cookie_and_the_row_is_there(reader, browser):
    answer = browser.post(link(reader), data=ONE_CLICK, content_type=FORM, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200
    assert not answer.cookies
    row = Consent.objects.first()
    assert (row.is_given, row.source, row.ip) == (False, "link", "192.0.2.7")
    stop = Suppression.objects.get()
    assert (stop.reason, stop.value, stop.list) == ("unsubscribed", "ann@halcytone.example", "")
    assert reason(reader) == "unsubscribed"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        ("", FORM),
        ("x" * 2_000_000, "text/plain"),
    ],
)  # fmt: skip
def test_no_spelling_of_the_post_loses_the_wish(reader, browser, body, content_type):
    assert browser.post(link(reader), data=body, content_type=content_type).status_code == 200
    assert reason(reader) == "unsubscribed"


def test_clicking_twice_is_clicking_once(reader, browser):
    for _ in range(3):
        assert browser.post(link(reader), data=ONE_CLICK, content_type=FORM).status_code == 200
    assert Consent.objects.filter(is_given=False).count() == 1
    assert Suppression.objects.count() == 1


def test_a_link_of_one_list_stops_that_list_alone(reader, browser):
    make.make_consent(reader, list="weekly")
    browser.post(link(reader, list="weekly"), data=ONE_CLICK, content_type=FORM)
    assert reason(reader, list="weekly") == "unsubscribed"
    assert reason(reader) == ""


def test_a_link_without_a_list_stops_every_mail(reader, browser):
    make.make_consent(reader, purpose="sessions", list="berlin")
    browser.post(link(reader), data=ONE_CLICK, content_type=FORM)
    assert reason(reader, purpose="sessions", list="berlin") == "unsubscribed"


@pytest.mark.parametrize("page", ["unsubscribe", "preferences"])
@pytest.mark.parametrize("damage", ["", "x", "cut", "other salt", "raw", "gone"])
def test_a_forged_link_gets_a_page_that_says_what_to_do(reader, browser, page, damage):
    token = unsubscribe.token(reader.pk)
    wrong = {
        "": "",
        "x": f"{token}x",
        "cut": token[:-3],
        "other salt": signing.Signer(salt="else").sign_object([reader.pk, "", "newsletter"]),
        "raw": str(reader.pk),
        "gone": unsubscribe.token(reader.pk + 1),
    }[damage]
    before = rows()
    for answer in (browser.get(f"/{page}", {"u": wrong}), browser.post(f"/{page}?u={wrong}")):
        assert answer.status_code == 404
        assert "open the link in the mail" in answer.content.decode()
    assert rows() == before


def test_a_token_names_the_person_and_the_list_and_cannot_be_made_for_another(reader):
    token = unsubscribe.token(reader.pk, list="weekly", purpose="sessions")
    found = unsubscribe.resolve(token)
    assert (found.contact_id, found.list, found.purpose) == (reader.pk, "weekly", "sessions")
    other = unsubscribe.token(reader.pk + 1, list="weekly", purpose="sessions")
    assert other.rpartition(".")[2] != token.rpartition(".")[2]


def test_the_longer_tokens_of_older_mails_are_still_read(reader):
    old = signing.Signer(salt=unsubscribe.SALT).sign_object([reader.pk, "weekly", "sessions"])
    found = unsubscribe.resolve(old)
    assert (found.contact_id, found.list, found.purpose) == (reader.pk, "weekly", "sessions")


def test_links_of_years_ago_still_work_after_the_secret_changed(reader, browser, settings):
    old = link(reader)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret of this installation"
    assert browser.post(old, data=ONE_CLICK, content_type=FORM).status_code == 200
    assert reason(reader) == "unsubscribed"


def test_other_methods_are_refused(reader, browser):
    for method in ("put", "delete", "patch"):
        assert getattr(browser, method)(link(reader)).status_code == 405


@pytest.mark.parametrize("page", ["unsubscribe", "preferences", "broken"])
def test_pages_stay_out_of_caches_referrers_and_search_and_ask_nothing_elsewhere(
    reader, browser, page
):
    answer = browser.get("/unsubscribe?u=x" if page == "broken" else link(reader, page))
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert not answer.cookies
    html = answer.content.decode()
    assert not re.search(r'(src|href|action)="(https?:)?//', html)
    assert "<script" not in html
    assert len(html) < 12_000


def test_an_address_is_shown_as_text_never_as_markup(browser):
    contact = make.make_contact("a&b@halcytone.example", answer=True)
    assert b"a&amp;b@halcytone.example" in browser.get(link(contact)).content


# preferences


def switched_on(html):
    return set(re.findall(r'value="([^"]+)" checked', html))


def test_preferences_show_what_she_agreed_to(reader, browser):
    make.make_consent(reader, purpose="sessions", list="berlin")
    make.make_consent(reader, purpose="research", is_given=False)
    html = browser.get(link(reader, "preferences")).content.decode()
    assert switched_on(html) == {"newsletter:", "sessions:berlin"}
    assert html.count('role="switch"') == 7  # her statistics among them


def test_a_switch_writes_one_row_with_its_proof(reader, browser):
    html = browser.post(
        link(reader, "preferences"),
        {"on": ["newsletter:", "sessions:"], "language": "de"},
        headers={"user-agent": "A browser"},
    ).content.decode()
    assert switched_on(html) == {"newsletter:", "sessions:"}
    assert "Saved" in html
    row = Consent.objects.get(purpose="sessions")
    assert (row.is_given, row.source, row.user_agent) == (True, "form", "A browser")
    assert "Sessions" in row.wording
    assert Consent.objects.count() == 2
    assert Contact.objects.get().language == "de"


def test_switching_off_holds_at_once(reader, browser):
    html = browser.post(link(reader, "preferences"), {"language": "en"}).content.decode()
    assert switched_on(html) == set()
    assert reason(reader) == "unsubscribed"
    assert not Suppression.objects.exists()


def test_stop_all_mail_stops_everything_and_she_can_come_back_for_one(reader, browser):
    make.make_consent(reader, purpose="sessions")
    make.make_consent(reader, purpose="greetings")
    page = link(reader, "preferences")
    assert switched_on(browser.post(page, {"stop": "all"}).content.decode()) == set()
    assert [reason(reader, name) for name in ("newsletter", "sessions")] == ["unsubscribed"] * 2
    html = browser.post(page, {"on": ["sessions:"], "language": "en"}).content.decode()
    assert switched_on(html) == {"sessions:"}
    assert [reason(reader, name) for name in ("newsletter", "sessions", "greetings")] == [
        "unsubscribed",
        "",
        "unsubscribed",
    ]


def test_after_one_click_the_preference_page_brings_back_exactly_what_is_switched_on(
    reader, browser
):
    make.make_consent(reader, purpose="sessions")
    make.make_consent(reader, purpose="greetings")
    browser.post(link(reader), data=ONE_CLICK, content_type=FORM)
    page = link(reader, "preferences")
    assert switched_on(browser.get(page).content.decode()) == set()
    html = browser.post(
        page, {"on": ["newsletter:", "sessions:"], "language": "en"}
    ).content.decode()
    assert switched_on(html) == {"newsletter:", "sessions:"}
    assert reason(reader, "greetings") == "unsubscribed"


def test_a_mail_that_is_not_on_the_page_cannot_be_switched_on(reader, browser):
    browser.post(link(reader, "preferences"), {"on": ["newsletter:", "newsletter:secret", "spam:"]})
    assert Consent.objects.count() == 1


def test_a_bounced_address_is_told_why_nothing_comes(reader, browser):
    make.make_suppression("ann@halcytone.example", reason="hard_bounce")
    html = browser.get(link(reader, "preferences")).content.decode()
    assert "for another reason" in html
    assert switched_on(html) == {"newsletter:"}


def test_an_erased_person_has_nothing_left_to_choose(browser):
    contact = make.make_contact(is_erased=True)
    assert b"was erased" in browser.get(link(contact, "preferences")).content
    assert browser.post(link(contact), data=ONE_CLICK, content_type=FORM).status_code == 200
    assert not Consent.objects.exists()


def test_no_token_reaches_the_log(reader, browser):
    token = unsubscribe.token(reader.pk)
    with capture_logs() as lines:
        browser.get(link(reader))
        browser.post(link(reader), data=ONE_CLICK, content_type=FORM)
    assert {"consent_withdrawn", "contact_suppressed"} <= {line["event"] for line in lines}
    assert token[:20] not in str(lines)
    assert "ann@" not in str(lines)


def test_a_person_known_by_an_id_alone_can_leave_too(browser):
    contact = Contact.objects.create(external_id="crm-7")
    browser.post(link(contact), data=ONE_CLICK, content_type=FORM)
    stop = Suppression.objects.get()
    assert (stop.kind, stop.value) == ("external_id", "crm-7")


@pytest.mark.parametrize(
    ("proxy", "said", "kept"),
    [
        (None, "192.0.2.9", "127.0.0.1"),  # without a proxy anybody may write that header
        (("HTTP_X_FORWARDED_PROTO", "https"), "198.51.100.1, 192.0.2.9", "192.0.2.9"),
        (("HTTP_X_FORWARDED_PROTO", "https"), "unknown", None),
    ],
)
def test_the_ledger_keeps_where_the_wish_came_from(reader, browser, settings, proxy, said, kept):
    settings.SECURE_PROXY_SSL_HEADER = proxy
    browser.post(link(reader), data=ONE_CLICK, content_type=FORM, headers={"x-forwarded-for": said})
    assert Consent.objects.first().ip == kept
