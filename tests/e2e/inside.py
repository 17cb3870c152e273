"""The product in this process, with its clock in the test's hands, and browsers at it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from approvals.services import firing
from publishing.channels.memory import Memory
from publishing.services import cadences, installation, sender
from tests.e2e.press import WIDE
from tests.factories.approvals import BRIEF
from tests.factories.publishing import make_account, memory_channels
from tests.factories.segmentation import make_contact

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = (2027, 3, 8)
FORMATS = ("newsletter", "web", "x")


class Clock:
    """The clock of the house; moving it lets the minute's work be done, as beat would."""

    def __init__(self, traveller):
        self.traveller = traveller

    def set(self, day, hour, minute=0):
        moment = datetime(*day, hour, minute, tzinfo=NEW_YORK)
        self.traveller.move_to(moment)
        while firing.tick(timezone.now()):  # one step up the chain brings the next
            pass
        cadences.reconcile(timezone.now())
        sender.work("worker")
        cadences.reconcile(timezone.now())


@pytest.fixture
def clock():
    with time_machine.travel(datetime(*MONDAY, 16, 0, tzinfo=NEW_YORK), tick=True) as traveller:
        yield Clock(traveller)


@pytest.fixture
def house(clock, live_server, settings, tmp_path):
    """Its address, with accounts, readers and everybody whom the policy of a weekly edition names."""
    settings.HALCYTONE_HOME = tmp_path
    settings.CHANNELS, settings.FORMATS = memory_channels(), BRIEF
    settings.SANDBOX_PORTS = dict.fromkeys(settings.CHANNELS, 1)
    settings.OUTBOUND = "sandbox"
    settings.ALLOWED_HOSTS = ["*"]
    Memory.WORLDS.clear()
    for format in FORMATS:
        make_account(format)
    for number in range(3):
        make_contact(f"reader{number}@halcytone.example", answer=True, name=f"Reader {number}")
    installation.claim_if_new()
    yield live_server.url
    Memory.WORLDS.clear()


@pytest.fixture
def at(browser, house, people):
    """Return `at(name, path)`: the page of this person, signed in, as she opens it now."""
    there = {}

    def open_(name, path):
        client = Client()
        client.force_login(people[name])  # a session of Monday is over on Tuesday
        key = django_settings.SESSION_COOKIE_NAME
        if name not in there:
            there[name] = browser.new_context(
                base_url=house, viewport=WIDE, reduced_motion="reduce"
            )
            there[name].set_default_timeout(15_000)
            there[name].new_page().clock.install(time=timezone.now())
        page = there[name].pages[0]
        there[name].add_cookies([{"name": key, "value": client.cookies[key].value, "url": house}])
        page.clock.set_system_time(timezone.now())
        page.goto(path)
        return page

    yield open_
    for context in there.values():
        context.close()
