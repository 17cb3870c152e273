"""Change notices of Google and Notion: who is let in, and what becomes due."""

import hashlib
import hmac
import io
import json
import time
from datetime import timedelta
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from content import tasks
from content.models import Document
from content.services import hook_tokens, rounds
from tests.content.services.conftest import WEEK, cast, source  # noqa: F401
from tests.factories.content import DocumentFactory

pytestmark = pytest.mark.django_db
GOOGLE, NOTION = "/hooks/sources/google/", "/hooks/sources/notion/"
PAGE = "59833787-2cf9-4fdf-8782-e53db20768a5"
SECRET = "secret_of_the_subscription"


@pytest.fixture
def hooks(settings):
    settings.GOOGLE_HOOK_TOKEN, settings.NOTION_HOOK_SECRET = "channel-token", SECRET
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def later():
    return timezone.now() + timedelta(minutes=20)


@pytest.fixture
def woken(django_capture_on_commit_callbacks):
    """Call `woken(act)`: how many workers it wakes, and what it returned."""

    def count(act):
        with django_capture_on_commit_callbacks() as calls:
            answer = act()
        return len(calls), answer

    return count


def push(client, *, state="change", token=None):
    token = "channel-token" if token is None else token
    headers = {"X-Goog-Channel-Token": token, "X-Goog-Resource-State": state,
               "X-Goog-Resource-ID": "o3hgv1538sdjfh"}  # fmt: skip
    return client.post(GOOGLE, headers=headers)


def tell(client, event, secret=SECRET):
    body = json.dumps(event).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Notion-Signature": signature}
    return client.post(NOTION, body, content_type="application/json", headers=headers)


def linked(kind, key, due_at, **changes):
    return DocumentFactory(
        kind=kind, source_key=key, due_at=due_at, **{"interval_minutes": 30, **changes}
    )


def is_due(document):
    return Document.objects.filter(pk=document.pk, due_at__lte=timezone.now()).exists()


def test_a_push_of_drive_wakes_a_worker_and_the_opening_of_a_channel_does_not(hooks, woken):
    assert [(calls, answer.status_code) for calls, answer in (
        woken(lambda: push(hooks, state="sync")), woken(lambda: push(hooks)), woken(lambda: push(hooks)),
    )] == [(0, 200), (1, 200), (1, 200)]  # fmt: skip


def test_the_woken_worker_reads_what_google_says_has_changed(source, later):  # noqa: F811
    source.put("doc-1", WEEK.encode())
    document = linked("google_docs", "doc-1", later)
    rounds.listen(timezone.now())
    source.put("doc-1", WEEK.replace("Twelve boards", "Thirteen boards").encode())
    for _ in range(2):
        tasks.look_at_source("google_docs")
    assert [job.result for job in document.sync_jobs.all()] == ["read"]


@pytest.mark.parametrize(
    "event",
    [
        {"entity": {"id": PAGE, "type": "page"}},
        {"entity": {"id": PAGE.replace("-", "").upper(), "type": "page"}},
        {"entity": {"id": "other"}, "data": {"parent": {"id": PAGE, "type": "database"}}},
        {"entity": {"id": "other"}, "data": {"parent": {"database_id": PAGE}}},
    ],
)
def test_what_a_notion_event_is_about_or_lies_in_is_due_at_once(hooks, woken, later, event):
    meant, other = linked("notion", PAGE, later), linked("notion", PAGE[:-1] + "6", later)
    same_key_elsewhere = linked("url", PAGE, later)
    for _ in range(2):
        calls, answer = woken(lambda: tell(hooks, event))
        assert (calls, answer.status_code) == (1, 200)
    assert [is_due(one) for one in (meant, other, same_key_elsewhere)] == [True, False, False]


@pytest.mark.parametrize(
    "change", [{"interval_minutes": 0}, {"is_active": False}, {"halted": "It refuses our key."}]
)
def test_what_no_machine_reads_is_not_made_due(hooks, woken, later, change):
    document = linked("notion", PAGE, later, **change)
    calls, answer = woken(lambda: tell(hooks, {"entity": {"id": PAGE}}))
    assert (calls, answer.status_code, is_due(document)) == (0, 200, False)


@pytest.mark.parametrize("event", [{}, {"entity": None, "data": []}, {"entity": {"id": 7}},
                                   {"data": {"parent": {"id": ["x"], "database_id": ""}}}])  # fmt: skip
def test_an_event_about_nothing_of_ours_is_taken_and_changes_nothing(hooks, later, event):
    document = linked("notion", PAGE, later)
    assert tell(hooks, event).status_code == 200
    assert not is_due(document)


def test_only_an_object_is_an_event(hooks):
    answer = tell(hooks, [1])
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize("token", ["", "channel-tokem", "é"])
def test_a_stranger_is_refused_with_a_problem_that_holds_no_secret(hooks, woken, later, token):
    document = linked("notion", PAGE, later)
    calls, answer = woken(lambda: push(hooks, token=token))
    assert (calls, answer.status_code, answer.json()["code"]) == (0, 401, "wrong_signature")
    assert answer.headers["Content-Type"] == "application/problem+json"
    answer = tell(hooks, {"entity": {"id": PAGE}}, secret="guessed")
    assert (answer.status_code, is_due(document)) == (401, False)
    assert SECRET not in answer.content.decode()


def test_without_its_secret_a_route_is_off_even_for_a_verification(client, settings):
    settings.GOOGLE_HOOK_TOKEN = settings.NOTION_HOOK_SECRET = ""
    assert push(client, token="").status_code == 404
    assert tell(client, {"verification_token": "secret_new"}, secret="").status_code == 404


TOKEN = "secret_of_a_new_one"


def verify(client, token=TOKEN, **more):
    body = json.dumps({"verification_token": token, **more})
    return client.post(NOTION, body, content_type="application/json")


@pytest.fixture
def waiting():
    """The command that waits for a token, in a thread: `(ended, lines)`."""
    lines, ended, threads = io.StringIO(), [], []

    def start(minutes=1):
        def run():
            try:
                call_command("notion_hook", minutes=minutes, stdout=lines)
            except CommandError as error:
                ended.append(str(error))

        threads.append(Thread(target=run))
        threads[0].start()
        end = time.monotonic() + 10
        while "Waiting" not in lines.getvalue() and time.monotonic() < end:
            time.sleep(0.01)
        return threads[0], lines, ended

    yield start
    hook_tokens.stop()
    threads[0].join(90)


@pytest.mark.parametrize("secret", ["", SECRET])
def test_the_token_of_a_new_webhook_is_shown_once_to_whom_waits_for_it(
    client, settings, waiting, caplog, secret
):
    settings.NOTION_HOOK_SECRET, settings.PRESS_URL = secret, "https://press.example"
    thread, lines, _ = waiting()
    assert "https://press.example/hooks/sources/notion/" in lines.getvalue()
    assert verify(client, type="page.updated").status_code != 200, "with more in it, it is none"
    assert verify(client, "no token <b>").status_code != 200
    assert verify(client).status_code == 200
    assert verify(client, "secret_of_a_stranger").status_code != 200, "the first one counts"
    thread.join(10)
    assert lines.getvalue().splitlines()[1] == TOKEN
    assert "secret_of" not in caplog.text
    assert hook_tokens.shown() == ""
    assert verify(client).status_code != 200, "nobody waits any more"


def test_beside_an_installation_on_its_own_broker_the_command_asks_for_it(settings, tmp_path):
    settings.HALCYTONE_HOME, settings.REDIS_URL = tmp_path, ""
    (tmp_path / "valkey.sock").touch()
    with pytest.raises(CommandError, match="REDIS_URL=unix://"):
        call_command("notion_hook")


def test_a_token_that_does_not_come_is_told(client, waiting):
    thread, _, ended = waiting(minutes=0)
    thread.join(10)
    assert "No token came" in ended[0]
    assert verify(client).status_code != 200


def test_nothing_is_told_by_get_nor_in_a_large_body(hooks):
    assert [hooks.get(url).status_code for url in (GOOGLE, NOTION)] == [405, 405]
    large = tell(hooks, {"entity": {"id": PAGE}, "more": "x" * 65_536})
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
