"""Openings and clicks: where they lead, what is written down of them, who made them."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from halcytone import logs
from publishing import tracking
from publishing.models import Delivery, Event, Scanner
from publishing.services import actors, hits, links, releases
from publishing.tracking import Kind
from segmentation.models import Contact
from tests.factories.publishing import CONTENTS, make_release
from tests.factories.segmentation import make_consent

HTML = "".join(f'<a href="https://news.example/{name}">{name}</a>' for name in "abc")
NEWSLETTER = {**CONTENTS["newsletter"], "html": CONTENTS["newsletter"]["html"] + HTML}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def part(press):
    """A newsletter that six readers of one domain, who agreed to be counted, got an hour ago."""
    hits.forget_scanners()
    release = make_release("newsletter", people=6, contents={"newsletter": NEWSLETTER})
    for contact in Contact.objects.all():
        make_consent(contact, purpose="tracking")
    releases.start(release, now=release.due_at)
    confirm(at=timezone.now() - timedelta(hours=1))
    yield release.parts.get()
    hits.forget_scanners()


def confirm(at, **which):
    Delivery.objects.filter(**which).update(
        state="confirmed", provider_id="1", handed_over_at=at, confirmed_at=at
    )


def rows():
    return list(Delivery.objects.order_by("pk"))


def click(token, method="get", agent=BROWSER, ip="203.0.113.9", **headers):
    send = getattr(Client(REMOTE_ADDR=ip), method)
    return send(f"/r/{token}", headers={"User-Agent": agent, **headers})


def hit(row, link, at, **changes):
    """A click as a browser makes it, at this moment."""
    tracked = tracking.read(tracking.token(Kind.ROW_LINK, row.pk, link))
    hits.record(
        hits.goal(tracked), hits.Visit("203.0.113.9", BROWSER, **changes), kind="clicked", at=at
    )


def settled(later_s=300):
    actors.settle(timezone.now() + timedelta(seconds=later_s))
    return list(
        Event.objects.filter(kind__in=hits.KINDS).order_by("pk").values_list("actor", flat=True)
    )


def test_a_click_is_counted_and_led_on_and_never_kept_in_a_cache(part):
    row = rows()[0]
    answer = click(tracking.token(Kind.ROW_LINK, row.pk, 2))
    assert (answer.status_code, answer["Location"]) == (302, "https://news.example/b")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    event = Event.objects.get(kind="clicked")
    assert (event.delivery, event.part_of, event.link.number) == (row, part, 2)
    assert event.trace == ""


def test_an_opening_is_a_dot_of_one_pixel(part):
    row = rows()[0]
    answer = Client().get(f"/o/{tracking.token(Kind.ROW_OPEN, row.pk)}.gif")
    assert answer.content.startswith(b"GIF89a\x01\x00\x01\x00")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/gif", "no-store")
    assert Event.objects.get(kind="opened").delivery == row


def test_a_link_of_mails_already_sent_leads_to_its_new_page_and_a_forged_token_nowhere(part):
    token = tracking.token(Kind.ROW_LINK, rows()[0].pk, 1)
    assert click(token)["Location"] == "https://news.example/a"
    links.repoint(
        part.tracked_links.get(number=1), "https://news.example/new", by=None, reason="Moved"
    )
    assert click(token)["Location"] == "https://news.example/new"
    forged = ("B" if token[0] == "A" else "A") + token[1:]
    assert click(forged).status_code == 404
    assert Event.objects.filter(kind="clicked").count() == 2


@pytest.mark.parametrize(
    "path",
    ["/r/https://evil.example", "/r/https:%2F%2Fevil.example", "/r/%00", "/r/" + "A" * 28,
     "/r/" + "A" * 9_000, "/o/AAAA.gif", "/r/?url=https://evil.example"],
)  # fmt: skip
def test_nothing_but_our_own_tokens_leads_anywhere(part, path):
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "Location" not in answer


def test_what_stands_behind_a_token_does_not_change_where_it_leads(part):
    token = tracking.token(Kind.ROW_LINK, rows()[0].pk, 1)
    answer = Client().get(f"/r/{token}?url=https://evil.example&next=//evil.example")
    assert answer["Location"] == "https://news.example/a"


def test_a_token_of_an_opening_is_no_link_and_of_a_link_no_opening(part):
    row = rows()[0]
    assert click(tracking.token(Kind.ROW_OPEN, row.pk)).status_code == 404
    assert Client().get(f"/o/{tracking.token(Kind.ROW_LINK, row.pk, 1)}.gif").status_code == 404
    assert click(tracking.token(Kind.ROW_LINK, row.pk, 99)).status_code == 404
    assert click(tracking.token(Kind.ROW_LINK, row.pk + 999, 1)).status_code == 404
    assert click(tracking.token(Kind.PART_LINK, part.pk + 999, 1)).status_code == 404


def test_only_looking_is_possible(part):
    token = tracking.token(Kind.ROW_LINK, rows()[0].pk, 1)
    assert Client().post(f"/r/{token}", {"a": "b" * 100_000}).status_code == 405


def test_a_hit_costs_one_look_up_of_the_row_one_of_the_link_and_one_insert(part):
    token = tracking.token(Kind.ROW_LINK, rows()[0].pk, 1)
    click(token)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        click(token)
    verbs = [query["sql"].split()[0] for query in queries]
    assert verbs == ["SELECT", "SELECT", "INSERT"]


def test_no_address_and_no_program_is_written_down(part):
    click(tracking.token(Kind.ROW_LINK, rows()[0].pk, 1), ip="198.51.100.77")
    click(tracking.token(Kind.PART_LINK, part.pk, 1), ip="198.51.100.77")
    for event in Event.objects.filter(kind="clicked").values():
        assert "198.51.100.77" not in str(event)
        assert "Firefox" not in str(event)


def test_a_token_stands_in_no_log():
    token = tracking.token(Kind.ROW_LINK, 1, 1)
    line = {"request": f"GET /r/{token}", "event": f"Not Found: /o/{token}.gif"}
    assert token not in json.dumps(logs.without_tokens(logging.getLogger(), "", line))


def test_a_database_that_cannot_write_keeps_nobody_from_the_page(part):
    token = tracking.token(Kind.ROW_LINK, rows()[0].pk, 1)

    def refuse(execute, sql, params, many, context):
        if sql.startswith("INSERT"):
            raise DatabaseError("full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        assert click(token).status_code == 302


def test_counted_for_nobody_in_particular_a_hit_names_no_row_and_its_trace_ends_within_a_day(part):
    click(tracking.token(Kind.PART_LINK, part.pk, 1))
    click(tracking.token(Kind.PART_LINK, part.pk, 2))
    click(tracking.token(Kind.PART_LINK, part.pk, 1), ip="203.0.113.10")
    events = Event.objects.filter(kind="clicked").order_by("pk")
    assert [event.delivery for event in events] == [None] * 3
    assert len({event.trace for event in events}) == 2
    settled()
    assert [event.is_repeat for event in events.all()] == [False, True, False]
    settled(later_s=86_500)
    assert {event.trace for event in events.all()} == {""}
    assert [event.is_repeat for event in events.all()] == [False, True, False]


def test_who_says_no_after_the_mail_left_is_counted_as_nobody(part):
    row = rows()[0]
    make_consent(row.contact, purpose="tracking", is_given=False)
    click(tracking.token(Kind.ROW_LINK, row.pk, 1))
    Delivery.objects.filter(pk=rows()[1].pk).update(contact=None)  # erased
    click(tracking.token(Kind.ROW_LINK, rows()[1].pk, 1))
    assert set(Event.objects.filter(kind="clicked").values_list("delivery", flat=True)) == {None}


def test_a_browser_that_clicks_one_link_is_a_person_once_every_pattern_had_its_time(part):
    click(tracking.token(Kind.ROW_LINK, rows()[0].pk, 1))
    assert settled(later_s=0) == ["unknown"]
    assert settled() == ["human"]


def test_what_calls_itself_nothing_known_cannot_be_told(part):
    click(tracking.token(Kind.ROW_LINK, rows()[0].pk, 1), agent="")
    assert settled() == ["unknown"]


@pytest.mark.parametrize(
    ("changes", "actor"),
    [
        ({"method": "head"}, "machine"),
        ({"Sec-Purpose": "prefetch"}, "machine"),
        ({"agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)"}, "machine"),
        ({"agent": "curl/8.5"}, "machine"),
        ({"agent": "Mozilla/5.0 GoogleImageProxy"}, "unknown"),
        ({"ip": "104.47.1.2"}, "machine"),
        ({"ip": "17.1.2.3"}, "unknown"),
        ({"ip": "2001:db8::5"}, "machine"),
        ({"ip": "nonsense"}, "human"),
    ],
)
def test_programs_networks_and_ways_of_asking_tell_machines(part, changes, actor):
    Scanner.objects.create(kind="network", pattern="2001:db8::/32")
    Scanner.objects.create(kind="network", pattern="not a network")
    hits.forget_scanners()
    click(tracking.token(Kind.ROW_LINK, rows()[0].pk, 1), **changes)
    assert settled() == [actor]


def test_a_scanner_that_is_switched_off_tells_nothing(part):
    Scanner.objects.filter(pattern="curl").update(is_enabled=False)
    hits.forget_scanners()
    click(tracking.token(Kind.ROW_LINK, rows()[0].pk, 1), agent="Mozilla/5.0 curl/8.5")
    assert settled() == ["human"]


def test_whoever_follows_the_link_that_nobody_sees_is_a_machine_and_so_is_the_rest_it_did(part):
    first, second = rows()[:2]
    now = timezone.now()
    hit(first, 1, now)
    hit(first, links.DECOY, now + timedelta(seconds=20))
    hit(second, 1, now)
    assert settled() == ["machine", "machine", "human"]


def test_all_links_within_five_seconds_are_a_machines_and_two_of_three_a_persons(part):
    first, second = rows()[:2]
    now = timezone.now()
    for link in (1, 2, 3):
        hit(first, link, now + timedelta(seconds=link))
    hit(second, 1, now)
    hit(second, 2, now + timedelta(seconds=2))
    hit(second, 3, now + timedelta(seconds=40))
    assert settled() == ["machine"] * 3 + ["human"] * 3


def test_all_links_at_once_are_seen_by_their_trace_where_no_reader_is_known(part):
    for link in (1, 2, 3):
        click(tracking.token(Kind.PART_LINK, part.pk, link))
    click(tracking.token(Kind.PART_LINK, part.pk, 1), ip="203.0.113.10")
    assert settled() == ["machine"] * 3 + ["human"]


def test_sooner_than_three_seconds_after_delivery_nobody_reads(part):
    row = rows()[0]
    now = timezone.now()
    confirm(now - timedelta(seconds=2), pk=row.pk)
    hit(row, 1, now)
    hit(row, 2, now + timedelta(seconds=30))
    assert settled() == ["machine", "human"]


def test_most_readers_of_a_domain_at_one_link_in_one_minute_are_its_scanner(part):
    now = timezone.now().replace(second=10)
    for number, row in enumerate(rows()[:5]):
        hit(row, 1, now + timedelta(seconds=number))
    hit(rows()[5], 2, now)
    assert settled() == ["machine"] * 5 + ["human"]


def test_five_of_many_readers_of_a_domain_are_people(part):
    template = rows()[0]
    for number in range(10):
        contact = Contact.objects.create(
            email=f"x{number}@halcytone.example", email_key=f"x{number}@halcytone.example"
        )
        Delivery.objects.create(
            release=template.release, part_of=part, account=template.account, target=f"contact:{contact.pk}",
            contact=contact, state="confirmed", confirmed_at=template.confirmed_at, handed_over_at=template.confirmed_at,
            provider_id="1", idempotency_key=f"{number:032}",
        )  # fmt: skip
    now = timezone.now().replace(second=10)
    for number, row in enumerate(rows()[:5]):
        hit(row, 1, now + timedelta(seconds=number))
    assert settled() == ["human"] * 5


def test_judging_twice_says_the_same_and_takes_as_many_queries_for_many_hits(part):
    now = timezone.now()
    for row in rows()[:4]:
        hit(row, 1, now - timedelta(minutes=3))
    with CaptureQueriesContext(connection) as few:
        once = settled()
    for row in rows()[:4]:
        hit(row, 2, now - timedelta(minutes=3))
    with CaptureQueriesContext(connection) as many:
        assert settled() == once * 2
    assert len(few) == len(many)


def test_an_address_of_any_script_is_led_to_as_browsers_write_it(part):
    links.Link.objects.filter(part_of=part, number=2).update(target="https://news.example/日本?q=ü")
    answer = click(tracking.token(Kind.ROW_LINK, rows()[0].pk, 2))
    assert answer["Location"] == "https://news.example/%E6%97%A5%E6%9C%AC?q=%C3%BC"


def test_a_flood_from_one_address_is_led_on_and_not_all_written_down(part, monkeypatch):
    monkeypatch.setattr("publishing.track_views.MOST_OF_ROW", 3)
    first, second = (tracking.token(Kind.ROW_LINK, row.pk, 2) for row in rows()[:2])
    answers = [click(first) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {302}
    assert Event.objects.filter(kind="clicked").count() == 3
    click(first, ip="203.0.113.10")
    click(second)
    assert Event.objects.filter(kind="clicked").count() == 5
