"""The stand-in of a mail service tells, over HTTP and signed, what became of a mail of ours."""

import httpx
import pytest
from django.utils import timezone

from publishing.models import Delivery, Event, InboundEvent
from publishing.services import inbound, releases
from segmentation.models import Suppression
from tests.factories.publishing import make_release

SECRET = "hook:a-secret-for-tests"


@pytest.fixture
def row(live_server, sandbox, press, settings):
    settings.HOOK_SECRETS = {"email": SECRET}
    release = make_release("newsletter", people=1)
    releases.start(release, now=release.due_at)
    row = Delivery.objects.select_related("contact").get()
    mail = {
        "From": "press@halcytone.example",
        "To": row.contact.email,
        "Subject": "Hello",
        "TextBody": "Hello",
        "Metadata": {"halcytone_key": row.idempotency_key},
    }
    headers = {"X-Postmark-Server-Token": "a-good-key-of-a-service"}
    taken = httpx.post(sandbox.url("esp") + "/email", json=mail, headers=headers).json()
    now = timezone.now()
    Delivery.objects.update(
        state="confirmed", provider_id=taken["MessageID"], handed_over_at=now, confirmed_at=now
    )
    return row


def tell(sandbox, live_server, *events, basic=SECRET):
    order = {"url": f"{live_server.url}/hooks/email/postmark/", "basic": basic, "events": events}
    sent = sandbox.ask("esp", "POST", "/_sandbox/events", order)["sent"]
    return [one["status"] for one in sent]


def test_a_bounce_that_the_service_tells_five_times_is_one_suppression_and_one_event(
    row, sandbox, live_server
):
    to = row.contact.email
    statuses = tell(
        sandbox,
        live_server,
        {"kind": "bounced", "to": to, "times": 5},
        {"kind": "opened", "to": to},
    )
    assert statuses == [200] * 6
    assert Suppression.objects.get().reason == "hard_bounce"
    inbound.process(timezone.now())
    assert sorted(Event.objects.values_list("kind", flat=True)) == ["bounced", "opened"]


def test_a_service_with_another_secret_is_not_heard(row, sandbox, live_server):
    event = {"kind": "bounced", "to": row.contact.email}
    assert tell(sandbox, live_server, event, basic="hook:another") == [401]
    assert not InboundEvent.objects.exists()
