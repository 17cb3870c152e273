"""What the outside tells: verified, written down once, suppressed at once, dealt with later."""

import base64
import hashlib
import hmac
import itertools
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from halcytone import logs
from publishing.hooks import signing, told
from publishing.hooks.told import Told
from publishing.models import Account, Delivery, Event, InboundEvent, Stop
from publishing.services import inbound, releases
from segmentation.models import Contact, Suppression
from tests.factories.publishing import make_release

SECRET = "hook:a-secret-for-tests"
KEYS = {"email": SECRET, "crm": "crm-secret", "platform": "p-secret", "facebook": "f-secret",
        "instagram": "i-secret", "x": "x-secret", "linkedin": "l-secret", "mastodon": "m-secret"}  # fmt: skip


@pytest.fixture
def row(press, settings):
    """The mail of one reader, taken by a mail service."""
    settings.HOOK_SECRETS = dict(KEYS)
    release = make_release("newsletter", people=1)
    releases.start(release, now=release.due_at)
    now = timezone.now()
    Delivery.objects.update(
        state="confirmed", provider_id="pm-1", handed_over_at=now, confirmed_at=now
    )
    return Delivery.objects.select_related("contact").get()


def basic(secret=SECRET):
    return "Basic " + base64.b64encode(secret.encode()).decode()


def postmark(event, secret=SECRET, client=None):
    headers = {"Authorization": basic(secret)} if secret else {}
    client = client or Client()
    return client.post("/hooks/email/postmark/", event, "application/json", headers=headers)


def bounce(row, **changes):
    return {"RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "MessageID": "pm-1", "TypeCode": 1,
            "Email": row.contact.email, "BouncedAt": "2026-11-28T10:00:00Z", "Details": "smtp;550 5.1.1 no such user",
            "Metadata": {"key": row.idempotency_key}, **changes}  # fmt: skip


def house(name, event, *, secret=None, at=None, **headers):
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    secret = KEYS[name] if secret is None else secret
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "X-Signature": f"sha256={digest}",
        "X-Timestamp": (at or timezone.now()).isoformat(),
        **headers,
    }
    return Client().post(f"/hooks/{name}/", body, "application/json", headers=headers)


def kinds():
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def process():
    return inbound.process(timezone.now() + timedelta(hours=1))


def test_the_same_bounce_told_five_times_in_any_order_is_one_suppression_and_one_event(row):
    events = [bounce(row), {"RecordType": "Delivery", "MessageID": "pm-1", "Recipient": row.contact.email, "DeliveredAt": "2026-11-28T09:59:00Z"}]  # fmt: skip
    for order in itertools.islice(itertools.permutations(events * 3, 5), 5):
        for event in order:
            assert postmark(dict(reversed(event.items()))).status_code == 200
            process()
    assert Suppression.objects.count() == 1
    assert InboundEvent.objects.filter(kind="bounced").count() == 1
    assert sorted(kinds()) == ["bounced", "delivered"]


def test_a_hard_bounce_suppresses_before_the_answer_and_before_any_worker(row):
    assert postmark(bounce(row)).json() == {"received": 1, "new": 1}
    suppression = Suppression.objects.get()
    assert (suppression.reason, suppression.value) == ("hard_bounce", row.contact.email_key)
    assert kinds() == []


def test_suppression_and_event_are_of_one_transaction(row):
    event = Told(
        "bounced", timezone.now(), {"a": 1}, recipient=row.contact.email, key=row.idempotency_key
    )

    def refuse(execute, sql, params, many, context):
        if 'INSERT INTO "segmentation_suppression"' in sql:
            raise IntegrityError("no")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse), pytest.raises(IntegrityError):
        inbound.receive("email:postmark", [event])
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("secret", ["", "hook:wrong", "hook", "hook:a-secret-for-testsx", "ü:ü"])
def test_who_is_not_signed_in_is_answered_401_and_leaves_nothing(row, secret):
    assert postmark(bounce(row), secret).status_code == 401
    assert not InboundEvent.objects.exists()
    assert not Suppression.objects.exists()


def test_a_complaint_and_an_unsubscription_stop_what_they_mean(row):
    postmark({**bounce(row), "RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 1})
    postmark({"RecordType": "SubscriptionChange", "MessageID": "pm-1", "Recipient": row.contact.email,
              "SuppressSending": True, "SuppressionReason": "ManualSuppression", "ChangedAt": "2026-11-28T10:00:00Z"})  # fmt: skip
    assert set(Suppression.objects.values_list("reason", flat=True)) == {
        "complaint",
        "unsubscribed",
    }
    assert row.contact.status == Contact.Status.UNSUBSCRIBED
    process()
    assert sorted(kinds()) == ["complained", "unsubscribed"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"Type": "SoftBounce", "Details": "smtp;450 4.2.1 later"}, "soft_bounced"),
        ({"Details": "smtp;552 5.2.2 mailbox full"}, "soft_bounced"),
        ({"Type": "Transient"}, "deferred"),
        ({"Type": "HardBounce"}, "bounced"),
    ],
)
def test_soft_bounces_and_deferrals_suppress_nobody_at_once(row, changes, kind):
    postmark(bounce(row, **changes, Description=changes.get("Details", "")))
    process()
    assert kinds() == [kind]
    assert Suppression.objects.exists() == (kind == "bounced")


def soft(row, number):
    at = timezone.now() - timedelta(days=1)
    return Told("soft_bounced", at, {"n": number}, key=row.idempotency_key)


def test_five_soft_bounces_over_three_releases_in_thirty_days_are_the_limit(row, settings):
    rows = [row]
    for day in (8, 15):
        release = make_release_again(row, f"2026-12-{day:02}T10:00")
        rows.append(Delivery.objects.get(release=release))
    told_of = [soft(one, number) for number, one in enumerate([rows[0]] * 3 + [rows[1]])]
    inbound.receive("email:postmark", told_of)
    process()
    assert not Suppression.objects.exists()
    inbound.receive("email:postmark", [soft(rows[1], 5)])  # five, over two releases
    process()
    assert not Suppression.objects.exists()
    inbound.receive("email:postmark", [soft(rows[2], 6)])
    process()
    suppression = Suppression.objects.get()
    assert suppression.reason == "soft_bounce_limit"
    assert suppression.expires_at - suppression.created_at == timedelta(days=90)


def test_soft_bounces_of_long_ago_do_not_count(row):
    for number, day in enumerate((8, 15, 22, 29)):
        release = make_release_again(row, f"2026-12-{day:02}T10:00")
        old = Told("soft_bounced", timezone.now() - timedelta(days=40), {"n": number},
                   key=Delivery.objects.get(release=release).idempotency_key)  # fmt: skip
        inbound.receive("crm", [old])
    inbound.receive("crm", [soft(row, 9)])
    process()
    assert not Suppression.objects.exists()


def make_release_again(row, slot_wall):
    """Another release to the same reader."""
    from publishing.models import Release, ReleasePart

    first = row.release
    release = Release.objects.create(
        draft=first.draft, slot_wall=slot_wall, zone=first.zone, due_at=first.due_at
    )
    part = ReleasePart.objects.get(pk=row.part_of_id)
    part.pk, part.release = None, release
    part.save()
    row = Delivery.objects.get(pk=row.pk)
    row.pk, row.release, row.part_of, row.idempotency_key = (
        None,
        release,
        part,
        slot_wall[:10].replace("-", "0").ljust(32, "a"),
    )
    row.provider_id = slot_wall
    row.save()
    return release


def test_what_we_have_no_word_or_no_mail_for_is_kept(row):
    postmark({"RecordType": "Surprise", "MessageID": "pm-1"})
    postmark({"RecordType": "Delivery", "MessageID": "another", "Recipient": "a@b.example", "DeliveredAt": "2026-11-28T10:00:00Z"})  # fmt: skip
    process()
    rows = InboundEvent.objects.order_by("pk")
    assert [(one.kind, one.status) for one in rows] == [
        ("unknown", "unknown"),
        ("delivered", "unknown"),
    ]
    assert rows[0].payload["RecordType"] == "Surprise"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff\xfe", b"null", b"5", b'"x"', b"[" * 100_000, b'{"RecordType": {}}',
     b'{"RecordType": "Bounce", "Type": [1]}', b'{"RecordType":"Delivery","DeliveredAt":"never"}',
     b'{"RecordType":"Open","Recipient":"\\u0000","MessageID":5,"ReceivedAt":"2026-11-28T10:00:00Z"}'],
)  # fmt: skip
def test_wrong_bytes_are_answered_and_break_nothing(row, body):
    assert postmark(body, client=Client(raise_request_exception=True)).status_code in (200, 400)
    process()


def test_a_huge_body_is_refused_before_it_is_read(row):
    assert postmark(b"x" * 1_048_577).status_code == 413
    assert house("crm", b"x" * 1_048_577).status_code == 413


def test_no_hook_is_open_without_its_secret(row, settings):
    settings.HOOK_SECRETS = {}
    for path in ("email/postmark", "crm", "platform", "x", "facebook"):
        answer = Client().post(f"/hooks/{path}/", {}, "application/json")
        assert answer.status_code == 404
        assert "HOOK_SECRET_" in answer.json()["detail"]
    assert Client().post("/hooks/email/nobody/", {}, "application/json").status_code == 404


def test_a_service_that_signs_for_itself_is_off_until_its_key_is_set(row):
    answer = Client().post("/hooks/email/mailgun/", {}, headers={"Authorization": basic()})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "provider", ["brevo", "mailjet", "postmark", "sendgrid", "sparkpost", "mailtrap"]
)
def test_every_mail_service_is_asked_to_sign_in(row, provider):
    answer = Client().post(f"/hooks/email/{provider}/", "[]", "application/json")
    assert answer.status_code == 401


def test_events_of_one_call_are_written_in_sets(row):
    def ask(start, count):
        events = [{"event": "delivered", "email": "a@b.example", "sg_event_id": f"e{start + number}",
                   "sg_message_id": "m", "timestamp": 1795000000} for number in range(count)]  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            headers = {"Authorization": basic()}
            answer = Client().post(
                "/hooks/email/sendgrid/", events, "application/json", headers=headers
            )
        assert answer.json() == {"received": count, "new": count}
        return len(queries)

    assert ask(0, 10) <= 6
    assert ask(10, 400) <= 6 + 400 / 50  # SQLite takes some dozens in one INSERT


def test_the_crm_tells_and_replays_change_nothing(row):
    event = {"event": "bounced", "email": row.contact.email, "campaign_id": "c", "id": "e-1", "metadata": {"reason": "550 5.1.1"}}  # fmt: skip
    assert house("crm", event).json() == {"received": 1, "new": 1}
    assert house("crm", event).json() == {"received": 1, "new": 0}
    assert house("crm", [event, {**event, "id": "e-2", "event": "opened"}]).json()["new"] == 1
    assert Suppression.objects.get().reason == "hard_bounce"


@pytest.mark.parametrize(
    "changes",
    [{"secret": "wrong"}, {"X-Signature": ""}, {"X-Signature": "sha256="}, {"X-Signature": "sha1=abc"},
     {"X-Signature": "sha256=" + "ü" * 64}, {"X-Timestamp": ""}, {"X-Timestamp": "never"}, {"X-Timestamp": "9" * 400}],
)  # fmt: skip
def test_the_crm_is_heard_only_when_it_signs(row, changes):
    if "secret" not in changes:
        changes = {name: value.encode().decode("latin-1") for name, value in changes.items()}
    assert house("crm", {"event": "opened"}, **changes).status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_call_of_another_time_is_none_of_now(row, minutes):
    at = timezone.now() + timedelta(minutes=minutes)
    assert house("crm", {"event": "opened"}, at=at).status_code == 401
    assert (
        house("crm", {"event": "opened"}, at=timezone.now() - timedelta(minutes=4)).status_code
        == 200
    )


def test_a_page_that_the_platform_changed_is_told_beside_its_row(row):
    Delivery.objects.filter(pk=row.pk).update(contact=None, provider_id="content-7", target="page")
    house("platform", {"event": "content.updated", "content_id": "content-7"})
    house("platform", {"event": "content.updated", "content_id": "elsewhere"})
    process()
    assert kinds() == ["content.updated"]
    assert InboundEvent.objects.filter(status="done").count() == 2


def test_x_asks_whether_we_are_there_and_tells_what_happened(row):
    answer = Client().get("/hooks/x/?crc_token=abc").json()
    right = base64.b64encode(hmac.digest(b"x-secret", b"abc", "sha256")).decode()
    assert answer == {"response_token": f"sha256={right}"}
    Delivery.objects.filter(pk=row.pk).update(contact=None, provider_id="900", target="post")
    Account.objects.update(channel="x", profile_id="1990")
    event = {"for_user_id": "1990",
             "tweet_create_events": [{"id_str": "1", "in_reply_to_status_id_str": "900", "timestamp_ms": "1795000000000", "user": {"id_str": "5"}},
                                     {"id_str": "2", "user": {"id_str": "1990"}}],
             "tweet_delete_events": [{"status": {"id": "900"}, "timestamp_ms": "1795000000000"}],
             "user_event": {"revoke": {"date_time": "2026-11-28T10:00:00Z", "source": {"user_id": "1990"}}}}  # fmt: skip
    body = json.dumps(event).encode()
    headers = {"x-twitter-webhooks-signature": f"sha256={signing.base64_of('x-secret', body)}"}
    assert Client().post("/hooks/x/", body, "application/json", headers=headers).json()["new"] == 3
    process()
    assert sorted(kinds()) == ["comment", "deleted"]
    assert "disconnected" in Stop.objects.get().reason


def test_meta_and_linkedin_are_answered_and_others_are_not(row):
    ask = {"hub.mode": "subscribe", "hub.verify_token": "f-secret", "hub.challenge": "<b>1158</b>"}
    answer = Client().get("/hooks/facebook/", ask)
    assert (answer.content, answer["Content-Type"]) == (b"<b>1158</b>", "text/plain; charset=utf-8")
    assert Client().get("/hooks/facebook/", {**ask, "hub.verify_token": "x"}).status_code == 401
    assert Client().get("/hooks/instagram/", ask).status_code == 401
    assert Client().get("/hooks/mastodon/").status_code == 401
    answer = Client().get("/hooks/linkedin/?challengeCode=7").json()
    assert answer["challengeResponse"] == hmac.new(b"l-secret", b"7", "sha256").hexdigest()


META = {"entry": [{"id": "page", "time": 1795000000, "changes": [
    {"field": "feed", "value": {"item": "comment", "verb": "add", "post_id": "900", "comment_id": "c1", "created_time": 1795000000}},
    {"field": "feed", "value": {"item": "post", "verb": "remove", "post_id": "900"}},
    {"field": "surprise", "value": {"a": 1}}]}]}  # fmt: skip
LINKEDIN = {"notifications": [{"notificationId": 5, "action": "COMMENT", "sourcePost": "900", "lastModifiedAt": 1795000000000}]}  # fmt: skip
MASTODON = {"event": "status.created", "created_at": "2026-11-28T10:00:00Z", "object": {"id": "7", "in_reply_to_id": "900"}}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "event", "header", "sign", "found"),
    [
        ("facebook", META, "X-Hub-Signature-256", lambda b: "sha256=" + signing.hex_of("f-secret", b), ["comment", "deleted"]),
        ("linkedin", LINKEDIN, "X-LI-Signature", lambda b: "hmacsha256=" + signing.hex_of("l-secret", b"hmacsha256=" + b), ["comment"]),
        ("mastodon", MASTODON, "X-Hub-Signature", lambda b: "sha256=" + signing.hex_of("m-secret", b), ["comment"]),
    ],
)  # fmt: skip
def test_networks_tell_of_comments_and_deletions(row, name, event, header, sign, found):
    Delivery.objects.filter(pk=row.pk).update(contact=None, provider_id="900", target="post")
    body = json.dumps(event).encode()

    def send(signature):
        return Client().post(
            f"/hooks/{name}/", body, "application/json", headers={header: signature}
        )

    assert send(sign(body)).status_code == 200
    assert send(sign(body)).json()["new"] == 0
    assert send(sign(body + b" ")).status_code == 401
    process()
    assert kinds() == found


@pytest.mark.parametrize("name", ["facebook", "x", "linkedin", "mastodon"])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"entry": 5}', b'{"event": []}', b'{"tweet_delete_events": [{}]}', b'{"notifications": [5]}'])  # fmt: skip
def test_what_a_network_never_says_is_refused_or_kept_never_a_fault(row, name, body):
    secret = KEYS[name]
    headers = {
        "X-Hub-Signature-256": f"sha256={signing.hex_of(secret, body)}",
        "X-Hub-Signature": f"sha256={signing.hex_of(secret, body)}",
        "x-twitter-webhooks-signature": f"sha256={signing.base64_of(secret, body)}",
        "X-LI-Signature": f"hmacsha256={signing.hex_of(secret, b'hmacsha256=' + body)}",
    }
    assert Client().post(
        f"/hooks/{name}/", body, "application/json", headers=headers
    ).status_code in (200, 400)


def test_what_cannot_be_dealt_with_is_tried_again_and_then_left_with_a_note(row):
    inbound.receive("crm", [Told("opened", timezone.now(), {"a": 1}, key=row.idempotency_key)])

    def refuse(execute, sql, params, many, context):
        if 'INSERT INTO "publishing_event"' in sql:
            raise RuntimeError("broken")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        for hours in range(1, 8):
            inbound.process(timezone.now() + timedelta(hours=hours))
    event = InboundEvent.objects.get()
    assert (event.status, event.attempts) == ("failed", 5)


def test_no_address_of_a_reader_reaches_the_log(row, caplog):
    postmark(bounce(row))
    process()
    assert row.contact.email not in caplog.text


def test_events_have_one_name_however_they_are_written():
    one = Told("opened", timezone.now(), {"a": 1, "b": 2}, recipient="a@b.example")
    other = Told("opened", timezone.now(), {"b": 2, "a": 1}, recipient="a@b.example")
    assert one.identity == other.identity != Told("opened", one.at, {"a": 2, "b": 2}).identity


@pytest.mark.parametrize(
    "value", ["nan", float("nan"), 1e300, -1e300, [], {}, None, True, "9" * 500, "2026-13-45"]
)
def test_no_instant_that_is_told_breaks_anything(value):
    now = timezone.now()
    assert told.instant(value, now) == now


def test_a_mailbox_is_read_only_where_there_is_one(settings):
    settings.MAILBOX_URL = ""
    with pytest.raises(CommandError, match="MAILBOX_URL"):
        call_command("read_mailbox")
    settings.MAILBOX_URL = "imaps://ann:pw@mail.example.com"
    settings.OUTBOUND = "sandbox"
    with pytest.raises(CommandError, match="only this machine"):
        call_command("read_mailbox")


@pytest.mark.parametrize(
    ("name", "query", "prefix", "header"),
    [("x", "crc_token", "", "x-twitter-webhooks-signature"), ("linkedin", "challengeCode", "hmacsha256=", "X-LI-Signature")],
)  # fmt: skip
def test_nobody_has_an_event_signed_by_asking_whether_we_are_there(
    row, name, query, prefix, header
):
    Account.objects.update(channel=name, profile_id="1990")
    body = json.dumps({"user_event": {"revoke": {"source": {"user_id": "1990"}}}, "notifications": []})  # fmt: skip
    answer = Client().get(f"/hooks/{name}/", {query: prefix + body})
    assert answer.status_code == 401
    signed = answer.json().get("response_token") or answer.json().get("challengeResponse", "")
    headers = {header: prefix + signed}
    assert Client().post(f"/hooks/{name}/", body, "application/json", headers=headers).status_code == 401  # fmt: skip
    process()
    assert not Stop.objects.exists()


def test_of_readers_whose_mails_share_a_call_only_the_one_who_is_named_is_meant(press):
    release = make_release("newsletter", people=3)
    releases.start(release, now=release.due_at)
    now = timezone.now()
    Delivery.objects.update(
        state="confirmed", provider_id="job-7", handed_over_at=now, confirmed_at=now
    )
    for contact in Contact.objects.order_by("pk"):
        gone = Told("bounced", now, {"to": contact.pk}, recipient=contact.email, message_id="job-7")
        inbound.receive("crm", [gone])
        assert Suppression.objects.get(value=contact.email_key).reason == "hard_bounce"
        assert Suppression.objects.count() == 1
        Suppression.objects.all().delete()
    inbound.receive("crm", [Told("bounced", now, {"n": 1}, recipient="else@b.example", message_id="job-7")])  # fmt: skip
    assert Suppression.objects.get().value == "else@b.example"


@pytest.mark.parametrize(
    "event",
    [{"event": "opened", "email": "\ud800@b.example", "data": {"\udc00": "\ud800"}},
     {"event": "opened", "timestamp": "0001-01-01T00:00:00+14:00"}, {"event": "opened", "timestamp": "9999-12-31T23:59:59-12:00"}],
)  # fmt: skip
def test_halves_of_characters_and_instants_out_of_time_are_kept(row, event):
    assert house("crm", event).json() == {"received": 1, "new": 1}


@pytest.mark.parametrize(
    ("path", "secret"),
    [("/hooks/facebook/?hub.mode=subscribe&hub.verify_token=f-secret&hub.challenge=1", "f-secret"), ("/unsubscribe?u=a-token.of:hers", "a-token"),
     ("/admin/accounts/connected/?state=the-state&code=the-code", "the-"), ("/admin/contacts/?q=ann%40halcytone.example", "ann")],
)  # fmt: skip
def test_no_secret_of_a_query_stands_in_a_log(path, secret):
    line = {"event": "request_started", "request": f"GET {path}"}
    told = logs.without_tokens(None, "", line)["request"]
    assert secret not in told
    assert told.startswith(f"GET {path.partition('?')[0]}?")
