"""The links of mails that leave: each reader's own where she agreed, shared by all others, or none."""

import re

import pytest

from publishing import rebuilt, tracking
from publishing.models import Delivery, Link
from publishing.services import releases, sender
from publishing.tracking import Kind, Tracked
from segmentation.models import Contact
from tests.factories.publishing import CONTENTS, make_account, make_release, wall_now
from tests.factories.segmentation import make_consent

LETTER = {
    **CONTENTS["newsletter"],
    "html": '<body><p>Hello [[name|Subscriber]] <a href="https://a.example/read?x=1&amp;y=2">read</a>'
    ' <a href="[[unsubscribe_url]]">leave</a> <a href="[[preferences_url]]">choose</a></p></body>',
    "text": "Hello [[name|Subscriber]] https://a.example/text [[unsubscribe_url]] [[preferences_url]]",
}
TOKEN = re.compile(r"/(?:r|o)/([\w-]{28})")


@pytest.fixture
def mails(press, settings):
    """Send to three readers: of one each is counted, of one nothing, of one only sums; {name: mail}."""
    settings.TRACKING = "individual"
    settings.CHANNELS["smtp"] = {"BACKEND": "publishing.channels.smtp.Smtp"}
    release = make_release(
        "newsletter", people=3, slot_wall=wall_now(), contents={"newsletter": LETTER}
    )
    for name, is_given in (("Reader 0", True), ("Reader 1", False)):
        contact = Contact.objects.get(name=name)
        make_consent(contact, purpose="tracking", is_given=is_given)
    releases.start(release)
    sender.work("w1")
    return {each.recipient.name: each for each in press("our-newsletter").messages}


def shown(message):
    """Return the two texts of a message as they leave."""
    from content.formats import merge

    content, values = message.content, message.recipient.merge
    cut = {
        key: merge.split(content[key], also=content.get("marks", ())) for key in ("html", "text")
    }
    return merge.fill_html(cut["html"], values), merge.fill(cut["text"], values)


def tokens(message):
    return [tracking.read(found) for text in shown(message) for found in TOKEN.findall(text)]


def test_the_links_of_a_reader_who_agreed_are_those_of_her_row(mails):
    row = Delivery.objects.get(contact__name="Reader 0")
    found = tokens(mails["Reader 0"])
    numbers = dict(Link.objects.values_list("url", "number"))
    read, text = numbers["https://a.example/read?x=1&y=2"], numbers["https://a.example/text"]
    assert found == [
        Tracked(Kind.ROW_LINK, row.pk, read),
        Tracked(Kind.ROW_LINK, row.pk, 0),
        Tracked(Kind.ROW_OPEN, row.pk, 0),
        Tracked(Kind.ROW_LINK, row.pk, text),
    ]
    assert "https://a.example" not in "".join(shown(mails["Reader 0"]))


def test_the_links_of_others_are_shared_and_name_nobody(mails):
    row = Delivery.objects.get(contact__name="Reader 2")
    assert {each.kind for each in tokens(mails["Reader 2"])} == {Kind.PART_LINK, Kind.PART_OPEN}
    assert {each.id for each in tokens(mails["Reader 2"])} == {row.part_of_id}


def test_a_reader_who_said_no_gets_what_was_sealed(mails):
    assert tokens(mails["Reader 1"]) == []
    assert "https://a.example/read?x=1&amp;y=2" in shown(mails["Reader 1"])[0]
    assert "unsubscribe?u=" in shown(mails["Reader 1"])[0]


def test_a_tracked_mail_is_made_anew_as_it_left(press, settings, mails):
    make = make_account("x", key="other", channel="smtp", is_default=False)
    row = Delivery.objects.select_related(
        "part_of__seal", "contact", "release__draft__segment"
    ).get(contact__name="Reader 0")
    row.account = make
    first, again = rebuilt.mail(row), rebuilt.mail(row)
    assert first == again
    assert b"/r/" in first.replace(b"=\r\n", b"")
