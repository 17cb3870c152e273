"""One reader's story, and her mail made anew; what may have left, settled by lost call."""

import httpx
import pytest
from django.urls import reverse

from halcytone.lib.errors import WrongState
from publishing import rebuilt
from publishing.models import Account, Delivery
from publishing.services import releases, sender, story, uncertain
from segmentation.services import contacts
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now

pytestmark = pytest.mark.django_db


def row_of(**wanted):
    return Delivery.objects.select_related(
        "release__draft__segment", "part_of__seal", "part_of__release__draft__segment",
        "account", "contact",
    ).get(**wanted)  # fmt: skip


def sent(people=1, **changes):
    release = make_release("newsletter", people=people, slot_wall=wall_now(), **changes)
    releases.start(release)
    sender.work("w1")
    return release


@pytest.fixture
def mailbox(sandbox_settings, settings, tmp_path):
    """One mail that left for the sandbox's mailbox: returns a function that reads its bytes there."""
    settings.HALCYTONE_HOME = tmp_path
    make_account(
        "newsletter",
        channel="smtp",
        endpoint="smtp://127.0.0.1:1",
        reply_to="desk@halcytone.example",
    )
    sent()

    def read():
        id = sandbox_settings.mails()["mails"][0]["id"]
        port = sandbox_settings.ports["smtp"]
        return httpx.get(
            f"http://127.0.0.1:{port}/_sandbox/mailbox/{id}/raw", trust_env=False
        ).content

    return read  # fmt: skip


def test_a_mail_is_made_anew_byte_for_byte(mailbox):
    assert rebuilt.mail(row_of()) == mailbox()


def test_it_stays_the_same_when_sender_name_and_address_have_changed_since(mailbox):
    editor = PersonFactory(group="admin")
    reader = row_of().contact
    contacts.change(reader, by=editor, email="elsewhere@halcytone.example", name="Another")
    contacts.change(reader, by=editor, email="third@halcytone.example")
    Account.objects.update(from_email="other@halcytone.example", reply_to="")
    assert rebuilt.mail(row_of()) == mailbox()


def test_a_mail_that_did_not_leave_is_not_made_up(press):
    make_release("newsletter", people=1, slot_wall=wall_now())
    row = Delivery(handed_over_at=None)
    with pytest.raises(WrongState, match="Nothing was handed over"):
        rebuilt.mail(row)


def test_looking_at_the_mail_asks_nothing_of_its_links(mailbox, client):
    client.force_login(PersonFactory(group="admin", is_staff=True))
    answer = client.get(reverse("publishing:delivery-frame", args=[row_of().pk]))
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "/media/" in policy.partition("img-src")[2]
    assert client.get(reverse("publishing:delivery-bytes", args=[row_of().pk])).content == mailbox()


def test_who_may_not_see_people_sees_neither_story_nor_mail(press, client):
    sent()
    client.force_login(PersonFactory(group="viewer", is_staff=True))
    row = row_of()
    for name, pk in (
        ("story", row.contact_id),
        ("delivery-mail", row.pk),
        ("delivery-bytes", row.pk),
    ):
        assert client.get(reverse(f"publishing:{name}", args=[pk])).status_code == 403


def test_the_story_of_a_reader_is_in_order_and_whole(press):
    press("our-newsletter").script += ["drop"]
    sent()
    row = row_of()
    told = story.of(row.contact)
    assert [moment.at for moment in told] == sorted((moment.at for moment in told), reverse=True)
    words = " ".join(moment.what for moment in told)
    assert "She said yes" in words
    assert "was handed over" in words
    assert "uncertain" in words


@pytest.fixture
def lost(press):
    """Six mails of one batch whose answers were lost."""
    press("our-newsletter").script += ["lose"] * 4
    sent(people=4)
    return list(Delivery.objects.order_by("pk"))


def test_the_rows_of_one_lost_batch_are_one_call(lost):
    (call,) = uncertain.calls()
    assert list(call.rows) == lost


def test_ticked_calls_are_settled_with_one_reason(lost, client):
    client.force_login(PersonFactory(group="senior_editor", is_staff=True))
    (call,) = uncertain.calls()
    posted = {"call": [call.ids], "answer": "live", "reason": "The server's log names them"}
    client.post(reverse("publishing:uncertain-settle"), posted)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"confirmed"}
    assert "Nothing is uncertain" in client.get(reverse("publishing:uncertain")).content.decode()


def test_a_call_of_which_one_row_is_gone_is_not_settled_in_part(lost):
    editor = PersonFactory(group="senior_editor")
    ids = [lost[0].pk, 10**9]
    with pytest.raises(WrongState, match="not there"):
        uncertain.settle(ids, by=editor, answer="failed", reason="Gone")
    assert uncertain.count() == 4


def test_more_rows_than_one_page_shows_are_not_settled_at_once(press):
    editor = PersonFactory(group="senior_editor")
    with pytest.raises(WrongState, match="At most"):
        uncertain.settle(range(uncertain.MOST + 1), by=editor, answer="live", reason="All")
