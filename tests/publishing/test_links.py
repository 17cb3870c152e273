"""Links of a newsletter: numbered at preparation, led elsewhere later; how much is counted of whom."""

import pytest

from halcytone.lib.errors import Invalid, NotAllowed
from publishing.models import Account, Delivery, Link
from publishing.services import links, preparation, privacy, releases
from segmentation.models import Consent, Contact
from tests.factories.people import PersonFactory
from tests.factories.publishing import CONTENTS, make_release
from tests.factories.segmentation import make_consent

NEWSLETTER = {
    **CONTENTS["newsletter"],
    "html": CONTENTS["newsletter"]["html"]
    + '<a href="https://news.example/a">a</a><a href="https://a.example/p">page</a>',
    "text": CONTENTS["newsletter"]["text"] + " https://news.example/b",
}


def started(**changes):
    release = make_release("newsletter", contents={"newsletter": NEWSLETTER}, **changes)
    releases.start(release, now=release.due_at)
    return release.parts.get(format="newsletter")


def test_links_get_their_numbers_at_preparation_and_a_decoy_beside_them(press):
    part = started(people=1)
    assert list(part.tracked_links.values_list("number", "url", "target", "is_decoy")) == [
        (0, "http://127.0.0.1:8002", "http://127.0.0.1:8002", True),
        (1, "https://news.example/a", "https://news.example/a", False),
        (2, "https://a.example/p", "https://a.example/p", False),
        (3, "https://news.example/b", "https://news.example/b", False),
    ]


def test_a_number_is_kept_for_good_when_the_part_is_approved_anew(press):
    part = started(people=1)
    seal = part.seal
    seal.body = seal.body.replace("https://news.example/a", "https://news.example/new")
    assert links.note(part) == {
        "https://news.example/a": 1,
        "https://a.example/p": 2,
        "https://news.example/b": 3,
        "https://news.example/new": 4,
    }
    preparation.rekey(part)
    assert part.tracked_links.count() == 5


def test_each_row_keeps_what_was_chosen_for_its_reader(press):
    release = make_release("newsletter", people=3)
    yes, no, _silent = Contact.objects.order_by("pk")
    make_consent(yes, purpose="tracking", is_given=True)
    make_consent(no, purpose="tracking", is_given=False)
    releases.start(release, now=release.due_at)
    rows = Delivery.objects.order_by("contact_id")
    assert [row.merge for row in rows] == [
        {"name": "Reader 0", "t": "i"},
        {"name": "Reader 1", "t": "o"},
        {"name": "Reader 2"},
    ]
    assert [privacy.of(row) for row in rows] == ["individual", "off", "aggregate"]


@pytest.mark.parametrize(
    ("installation", "account", "chosen"),
    [
        ("individual", "", "individual"),
        ("aggregate", "", "aggregate"),
        ("aggregate", "individual", "aggregate"),
        ("individual", "aggregate", "aggregate"),
        ("individual", "off", "off"),
        ("off", "individual", "off"),
    ],
)
def test_installation_and_account_may_count_less_than_she_allows_never_more(
    press, settings, installation, account, chosen
):
    release = make_release("newsletter", people=1)
    make_consent(Contact.objects.get(), purpose="tracking", is_given=True)
    settings.TRACKING = installation
    Account.objects.update(tracking=account)
    releases.start(release, now=release.due_at)
    assert privacy.of(Delivery.objects.get()) == chosen


def test_the_last_answer_counts_and_one_about_mail_is_none_about_statistics(press):
    release = make_release("newsletter", people=2)
    first, _second = Contact.objects.order_by("pk")
    make_consent(first, purpose="tracking", is_given=True)
    make_consent(first, purpose="tracking", is_given=False)
    releases.start(release, now=release.due_at)
    assert [privacy.of(row) for row in Delivery.objects.order_by("pk")] == ["off", "aggregate"]


def test_a_yes_to_statistics_alone_makes_nobody_active_and_no_audience(press):
    contact = Contact.objects.create(email="a@b.example", email_key="a@b.example")
    make_consent(contact, purpose="tracking", source=Consent.Source.FORM)
    assert contact.status == Contact.Status.PENDING


def test_a_link_is_led_elsewhere_with_a_reason_and_its_history(press):
    link = started(people=1).tracked_links.get(number=1)
    person = PersonFactory(group="senior_editor")
    links.repoint(link, "https://news.example/right", by=person, reason="It was misspelt")
    link.refresh_from_db()
    assert (link.url, link.target) == ("https://news.example/a", "https://news.example/right")
    change = link.changes.get()
    assert (change.before, change.after, change.by) == (link.url, link.target, person)
    assert links.repoint_everywhere(link.target, link.url, by=person, reason="Right after all") == 1
    assert Link.objects.get(pk=link.pk).target == link.url
    assert link.changes.count() == 2


@pytest.mark.parametrize(
    "address",
    ["", "javascript:alert(1)", "//evil.example", "/admin/", "https:///x", "data:text/html,x",
     "https://a b.example/", "https://a.example/\r\nSet-Cookie: x=1", "https://user@evil.example/",
     "https://a.example\\@evil.example/", "http://[", "https://x.example/" + "a" * 2_000],
)  # fmt: skip
def test_a_link_is_led_to_addresses_of_the_web_alone(press, address):
    link = started(people=1).tracked_links.get(number=1)
    with pytest.raises(Invalid):
        links.repoint(link, address, by=None, reason="x")


def test_who_may_not_settle_leads_no_link_elsewhere_and_nobody_does_without_a_reason(press):
    link = started(people=1).tracked_links.get(number=1)
    with pytest.raises(NotAllowed):
        links.repoint(link, "https://x.example/", by=PersonFactory(group="viewer"), reason="x")
    with pytest.raises(Invalid):
        links.repoint(link, "https://x.example/", by=None, reason=" ")


def test_the_way_to_our_own_page_is_tracked_too(press):
    release = make_release("web", "newsletter", people=1, contents={"newsletter": NEWSLETTER})
    releases.start(release, now=release.due_at)
    part = release.parts.get(format="newsletter")
    assert part.tracked_links.filter(url="https://a.example/p", is_decoy=False).exists()
    assert part.tracked_links.get(is_decoy=True).target == "https://a.example/p"
