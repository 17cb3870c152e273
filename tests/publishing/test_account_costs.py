"""What the accounts' list costs: as many statements for thirty accounts as for five."""

from datetime import timedelta

import pytest
from django.conf import settings as own
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from publishing.channels import tokens
from publishing.models import Account, Breaker, Delivery, PassportValue, Quota
from publishing.services import connections, expiries, pace, releases
from tests.api import Api
from tests.factories import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now

pytestmark = pytest.mark.django_db
REAL = dict(own.CHANNELS)
NETWORKS = ("x", "linkedin", "facebook", "instagram")


def make_accounts(first, last):
    """Accounts of four networks and of mail, each with everything that a list says of one."""
    now = timezone.now()
    for number in range(first, last):
        format = (*NETWORKS, "newsletter")[number % 5]
        account = make_account(
            format, key=f"a{number}", channel="smtp" if format == "newsletter" else format,
            is_default=False, is_enabled=bool(number % 3),
        )  # fmt: skip
        token = tokens.Token("a", "r" * (number % 2), now, now + timedelta(days=3))
        connections.keep(account, token, None)
        connections.put(account, "unauthorized", "Refused.")
        Quota.objects.create(account=account, left=3, heard_at=now)
        Breaker.objects.create(account=account, opened_at=now, opens_until=now)
        pace.allowance(account, 1, now)
        PassportValue.objects.create(
            channel=account.channel, account=account, name="per_hour", value=7,
            reason="Agreed", review_on=now.date(),
        )  # fmt: skip


def statements(act):
    with CaptureQueriesContext(connection) as found:
        act()
    return len(found)


@pytest.fixture
def ways(client):
    client.force_login(PersonFactory(group="marketing_manager", is_staff=True))
    api = Api.of("marketing_manager")
    return {
        "page": lambda: client.get("/admin/accounts/"),
        "api": lambda: api.get("channels/status"),
    }


@pytest.fixture
def thread(press, settings):
    """Seven posts on X that are out."""
    settings.CHANNELS = {**REAL, **settings.CHANNELS}
    releases.start(make_release("x", slot_wall=wall_now()))
    Delivery.objects.update(state="confirmed", confirmed_at=timezone.now(), provider_id="1")
    return Delivery.objects.order_by("part")


def spread(posts):
    """Give each post to another account of X."""
    of_x = Account.objects.filter(channel="x").order_by("pk")
    for post, account in zip(posts, of_x, strict=False):
        Delivery.objects.filter(pk=post.pk).update(account=account)


@pytest.mark.parametrize("way", ["page", "api"])
def test_thirty_accounts_cost_as_many_statements_as_five(ways, way, thread):
    make_accounts(0, 5)
    spread(thread)
    ways[way]()  # what is asked once
    few = statements(ways[way])
    make_accounts(5, 30)
    spread(thread)
    assert statements(ways[way]) == few
    cost = "$0.02 of $25" if way == "page" else '"cost_this_month":"0.016"'
    assert ways[way]().content.decode().count(cost) == 6


def test_looking_for_what_ends_costs_the_same_too():
    make_accounts(0, 5)
    now = timezone.now() - timedelta(days=300)  # nothing ends soon
    few = statements(lambda: expiries.warn(now))
    make_accounts(5, 30)
    assert statements(lambda: expiries.warn(now)) == few
