"""Contacts, and the two ledgers that say whether they may be written to."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone
from structlog.testing import capture_logs

from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from segmentation import addresses, audience, signals
from segmentation.models import Consent, Contact, Suppression
from segmentation.services import consents, contacts, suppressions
from tests.factories import segmentation as make
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
MAIL = {"channel": "email", "purpose": "newsletter"}


@pytest.fixture
def manager():
    return PersonFactory(group="marketing_manager")


@pytest.fixture
def heard():
    """The facts that were announced, in order."""
    facts = []

    def listen(signal, sender, **fact):
        facts.append(fact)

    every = (signals.contact_unsubscribed, signals.contact_suppressed)
    for signal in every:
        signal.connect(listen)
    yield facts
    for signal in every:
        signal.disconnect(listen)


def reason(contact, **changes):
    return audience.exclusion_reason(contact, **{"list": "", **MAIL, **changes})


def test_a_contact_keeps_her_spelling_and_is_found_by_the_folded_one(manager):
    contact = contacts.create(
        by=manager, email=" Ann.Müller@Halcytone.EXAMPLE ", tags=["VIP", "vip ", "New  York"]
    )
    assert contact.email == "Ann.Müller@halcytone.example"
    assert contact.email_key == "ann.müller@halcytone.example"
    assert contact.tags == ["vip", "new york"]
    assert contact.email_hash == addresses.digest("ANN.MÜLLER@halcytone.example")


def test_one_person_has_one_record_whatever_the_case():
    contacts.create(by=None, email="ann@halcytone.example", external_id="7")
    with pytest.raises(Invalid) as error:
        contacts.create(by=None, email="ANN@halcytone.example")
    assert (error.value.problems[0].code, error.value.problems[0].attr) == ("duplicate", "email")
    with pytest.raises(Invalid) as error:
        contacts.create(by=None, email="bob@halcytone.example", external_id="7")
    assert error.value.problems[0].attr == "external_id"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, ["email"]),
        ({"email": "no address"}, ["email"]),
        (
            {"email": "a@b.example", "timezone": "Mars/Olympus", "engagement": 101},
            ["timezone", "engagement"],
        ),
        ({"email": "a@b.example", "birth_day": 30, "birth_month": 2}, ["birth_day"]),
        ({"email": "a@b.example", "birth_day": 3}, ["birth_day"]),
        ({"email": "a@b.example", "colour": "red"}, ["colour"]),
        ({"email": "a@b.example", "is_erased": True}, ["is_erased"]),
        ({"email": "a@b.example", "name": "a\0b"}, ["name"]),
        ({"email": "a@b.example", "name": "\ud800"}, ["name"]),
        ({"email": "a@b.example", "name": 7}, ["name"]),
        ({"email": "a@b.example", "language": "English"}, ["language"]),
        ({"email": "a@b.example", "stage": "gone"}, ["stage"]),
        ({"email": "a@b.example", "tags": 3}, ["tags"]),
        ({"email": "a@b.example", "tags": [str(n) for n in range(51)]}, ["tags"]),
        ({"email": "a@b.example", "total_active_days": -1}, ["total_active_days"]),
        ({"email": "a@b.example", "last_active_at": "soon"}, ["last_active_at"]),
    ],
)
def test_every_wrong_field_of_a_contact_is_named(fields, wrong):
    with pytest.raises(Invalid) as error:
        contacts.create(by=None, **fields)
    assert [problem.attr for problem in error.value.problems] == wrong
    assert not Contact.objects.exists()


def test_a_change_bumps_the_version_once_and_only_when_something_changes(manager):
    contact = contacts.create(by=manager, email="ann@halcytone.example", stage="visited")
    assert contact.stage == "engaged"
    contacts.change(contact, by=manager, name="Ann", email="Ann@new.example")
    contacts.change(contact, by=manager, name="Ann")
    contact.refresh_from_db()
    assert (contact.version, contact.email_key) == (2, "ann@new.example")
    assert contact.email_hash == addresses.digest("ann@new.example")


@pytest.mark.parametrize("reason", ["unsubscribed", "complaint"])
@pytest.mark.parametrize("list", ["", "press"])
def test_what_she_said_stays_when_her_address_is_changed(manager, reason, list):
    contact = make.make_contact("ann@halcytone.example", answer=True, list="press")
    make.make_suppression("ann@halcytone.example", reason=reason, list=list)
    contacts.change(contact, by=manager, email="ann@new.example")
    assert audience.exclusion_reason(contact, channel="email", purpose="newsletter", list="press")


def test_what_the_team_found_out_of_an_address_stays_with_it(manager):
    contact = make.make_contact("ann@halcytone.example", answer=True)
    make.make_suppression("ann@halcytone.example", reason="hard_bounce")
    contacts.change(contact, by=manager, email="ann@new.example")
    assert audience.exclusion_reason(contact, channel="email", purpose="newsletter", list="") == ""


def test_of_two_people_who_change_a_contact_one_is_told(manager):
    contact = contacts.create(by=manager, email="ann@halcytone.example")
    mine, hers = Contact.objects.get(pk=contact.pk), Contact.objects.get(pk=contact.pk)
    contacts.change(hers, by=manager, name="Ann")
    with pytest.raises(WrongState):
        contacts.change(mine, by=manager, name="Anna")


def test_an_address_can_only_change_to_a_free_one(manager):
    contacts.create(by=manager, email="ann@halcytone.example")
    bob = contacts.create(by=manager, email="bob@halcytone.example")
    for address in ("ANN@halcytone.example", ""):
        with pytest.raises(Invalid):
            contacts.change(bob, by=manager, email=address)


def test_an_erased_person_does_not_come_back_under_a_new_secret(settings):
    digest = addresses.digest("ann@halcytone.example")
    suppressions.add(reason="erased", kind="hash", value=digest)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret of this installation"
    assert addresses.digest("ann@halcytone.example") != digest
    with pytest.raises(Invalid, match="erased"):
        contacts.create(by=None, email="Ann@halcytone.example")


def test_contacts_need_the_right_to_manage_them():
    editor = PersonFactory(group="editor")
    contact = make.make_contact(answer=True)
    row = make.make_suppression("x@halcytone.example")
    for act in (
        lambda: contacts.create(by=editor, email="ann@halcytone.example"),
        lambda: contacts.change(contact, by=editor, name="Ann"),
        lambda: consents.give(contact, **MAIL, source="paper", by=editor),
        lambda: consents.withdraw(contact, **MAIL, source="paper", by=editor),
        lambda: suppressions.add(reason="do_not_contact", value="a@b.example", by=editor),
        lambda: suppressions.lift(row, by=editor, reason="please"),
    ):
        with pytest.raises(NotAllowed, match="marketing manager"):
            act()


# consent


def test_a_yes_is_kept_with_its_proof(manager):
    contact = make.make_contact()
    row = consents.give(
        contact, **MAIL, source="form", wording="Write to me.", ip="192.0.2.1", user_agent="x" * 400
    )
    assert (row.is_given, row.ip, len(row.user_agent), len(row.wording_sha256)) == (
        True,
        "192.0.2.1",
        300,
        64,
    )
    assert reason(contact) == ""
    on_paper = consents.give(contact, **MAIL, source="paper", by=manager)
    assert on_paper.recorded_by == manager


def test_an_answer_is_never_rewritten_not_even_by_hand():
    contact = make.make_contact(answer=True)
    for change in ({"is_given": False}, {"at": timezone.now()}, {"purpose": "sessions"}):
        with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
            Consent.objects.filter(contact=contact).update(**change)
    Consent.objects.filter(contact=contact).update(ip=None, user_agent="")
    assert Consent.objects.get().is_given


def test_a_second_no_adds_no_row_and_is_not_announced_again(
    heard, django_capture_on_commit_callbacks
):
    contact = make.make_contact(answer=True)
    with django_capture_on_commit_callbacks(execute=True):
        first = consents.withdraw(contact, **MAIL, source="link")
        assert consents.withdraw(contact, **MAIL, source="link") == first
    assert [fact["contact"] for fact in heard] == [contact]
    assert (heard[0]["purpose"], heard[0]["list"]) == ("newsletter", "")


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"purpose": "spam"}, "purpose"),
        ({"source": "guess"}, "source"),
        ({"at": timezone.now() + timedelta(days=1)}, "at"),
    ],
)
def test_an_answer_about_nothing_we_know_is_refused(changes, attr):
    with pytest.raises(Invalid) as error:
        consents.give(make.make_contact(), **{**MAIL, "source": "form", **changes})
    assert error.value.problems[0].attr == attr


def test_an_erased_contact_gives_no_consent():
    with pytest.raises(Invalid, match="erased"):
        consents.give(make.make_contact(is_erased=True), **MAIL, source="form")


def test_her_own_new_yes_lifts_what_only_she_can_lift():
    contact = make.make_contact("ann@halcytone.example", answer=True)
    make.make_suppression("ann@halcytone.example", reason="unsubscribed")
    make.make_suppression("ann@halcytone.example", reason="complaint")
    consents.give(contact, **MAIL, source="import")
    assert reason(contact) == "complained"
    consents.give(contact, **MAIL, source="form")
    assert reason(contact) == ""


def test_a_yes_recorded_by_the_team_lifts_nothing(manager):
    contact = make.make_contact("ann@halcytone.example", answer=True)
    make.make_suppression("ann@halcytone.example", reason="unsubscribed")
    consents.give(contact, **MAIL, source="form", by=manager)
    assert reason(contact) == "unsubscribed"


def test_who_left_everything_and_returns_for_one_list_gets_that_list_alone():
    contact = make.make_contact("ann@halcytone.example", answer=True)
    make.make_consent(contact, purpose="greetings")
    make.make_suppression("ann@halcytone.example", reason="unsubscribed")
    consents.give(contact, channel="email", purpose="sessions", source="form")
    assert reason(contact, purpose="sessions") == ""
    assert reason(contact, purpose="greetings") == "unsubscribed"
    assert reason(contact) == "unsubscribed"


# suppressions


def test_a_suppression_is_added_once_and_announced_once(heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = suppressions.add(
            reason="complaint", kind="address", value=" Ann@Halcytone.Example", list="x"
        )
        again = suppressions.add(reason="complaint", kind="address", value="ann@halcytone.example")
    assert first == again
    assert (first.value, first.list) == ("ann@halcytone.example", "")
    assert [fact["suppression"] for fact in heard] == [first]


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("domain", "@Halcytone.Example", "halcytone.example"),
        ("external_id", " CRM-7 ", "CRM-7"),
        ("address", "nobody", None),
        ("domain", "a@b.example", None),
        ("domain", "localhost", None),
        ("hash", "abc", None),
        ("external_id", " ", None),
        ("phone", "1", None),
    ],
)
def test_a_value_is_normalised_or_refused_by_its_kind(kind, value, kept):
    if kept is None:
        with pytest.raises(Invalid):
            suppressions.add(reason="do_not_contact", kind=kind, value=value)
    else:
        assert suppressions.add(reason="do_not_contact", kind=kind, value=value).value == kept


def test_too_many_soft_bounces_are_a_pause_of_90_days():
    with time_machine.travel("2026-01-01T00:00:00Z", tick=False):
        row = suppressions.add(reason="soft_bounce_limit", value="ann@halcytone.example")
        assert row.expires_at - timezone.now() == timedelta(days=90)
    again = suppressions.add(reason="soft_bounce_limit", value="ann@halcytone.example")
    assert again != row
    assert Suppression.objects.live().get() == again


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("unsubscribed", "Only she can change that"),
        ("complaint", "Only she can change that"),
        ("erased", "cannot be lifted"),
        ("soft_bounce_limit", "ends by itself"),
    ],
)
def test_some_suppressions_are_not_the_teams_to_lift(manager, word, sentence):
    row = suppressions.add(reason=word, value="ann@halcytone.example")
    for by in (manager, None):
        with pytest.raises(NotAllowed, match=sentence):
            suppressions.lift(row, by=by, reason="He asked on the phone.")
    assert Suppression.objects.live().get() == row


@pytest.mark.parametrize("word", ["hard_bounce", "do_not_contact", "invalid", "role_address"])
def test_a_manager_lifts_the_others_with_a_reason_and_the_row_stays(manager, word):
    row = suppressions.add(reason=word, value="ann@halcytone.example")
    with pytest.raises(Invalid, match="why"):
        suppressions.lift(row, by=manager, reason=" ")
    suppressions.lift(row, by=manager, reason="The mailbox works again.")
    kept = Suppression.objects.get()
    assert (kept.is_active, kept.lifted_by, kept.lifted_reason) == (
        False,
        manager,
        "The mailbox works again.",
    )
    with pytest.raises(WrongState):
        suppressions.lift(row, by=manager, reason="Again.")


def test_an_address_that_is_still_invalid_stays_suppressed(manager):
    row = suppressions.add(reason="invalid", value="ann@nowhere")
    with pytest.raises(NotAllowed, match="still finds"):
        suppressions.lift(row, by=manager, reason="Checked.")


def test_a_suppression_can_be_added_again_after_it_was_lifted(manager):
    row = suppressions.add(reason="do_not_contact", value="ann@halcytone.example")
    suppressions.lift(row, by=manager, reason="A mistake.")
    assert suppressions.add(reason="do_not_contact", value="ann@halcytone.example") != row


def test_the_suppressions_of_a_contact_are_found_by_every_kind():
    contact = make.make_contact("ann@halcytone.example", external_id="7")
    rows = [
        suppressions.add(reason="do_not_contact", kind="address", value="ann@halcytone.example"),
        suppressions.add(reason="do_not_contact", kind="domain", value="halcytone.example"),
        suppressions.add(reason="do_not_contact", kind="external_id", value="7"),
        suppressions.add(reason="erased", kind="hash", value=contact.email_hash),
    ]
    suppressions.add(reason="do_not_contact", kind="address", value="bob@halcytone.example")
    assert set(suppressions.of(contact)) == set(rows)


def test_no_address_reaches_the_log():
    with capture_logs() as lines:
        contact = contacts.create(by=None, email="ann@halcytone.example")
        contacts.change(contact, by=None, email="ann@new.example")
        consents.give(contact, **MAIL, source="form")
        consents.withdraw(contact, **MAIL, source="link")
        suppressions.add(reason="complaint", value="ann@halcytone.example")
    assert [line["event"] for line in lines] == [
        "contact_created",
        "contact_changed",
        "consent_given",
        "consent_withdrawn",
        "contact_suppressed",
    ]
    assert "ann@" not in str(lines)
