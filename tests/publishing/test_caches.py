"""Caches outside forget what changed: ordered with the page, asked again until they take it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import redis
import time_machine
from django.test import Client
from django.utils import timezone

from approvals.models import FastTrack, FastTrackStep
from approvals.services import fast_track
from halcytone import configuration
from halcytone.lib.errors import Invalid, NotAllowed
from publishing import tasks
from publishing.caches.base import Place
from publishing.caches.cloudflare import Cloudflare
from publishing.caches.cloudfront import CloudFront, document
from publishing.caches.sigv4 import Signer
from publishing.hooks import signing
from publishing.models import CacheOrder, Delivery, InboundEvent, Purge, Release
from publishing.services import inbound, purges, releases, sender
from tests.api import Api
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_release, memory_channels, wall_now
from tests.publishing.conftest import press  # noqa: F401


@pytest.fixture
def cdn(press, sandbox_settings, settings):  # noqa: F811
    """A site behind the stand-in of Cloudflare; pages go to a memory twin."""
    ports = {
        **dict.fromkeys(memory_channels(), 1),
        "receivers": sandbox_settings.ports["receivers"],
    }
    settings.SANDBOX_PORTS, settings.CHANNELS = ports, memory_channels()
    settings.SITE = {**settings.SITE, "base_url": "https://a.example"}
    use(settings, "cloudflare", zone="z1")
    return sandbox_settings


def use(settings, kind, **place):
    place = {"endpoint": "https://cdn.example.com", "zone": "", **place}
    settings.CACHE_TARGETS = configuration.cache_targets(kind, place["endpoint"], place["zone"])


def held(cdn):
    return cdn.ask("receivers", "GET", "/_sandbox/purges")["purges"]


def out(release):
    """Send a release whose page is up."""
    releases.start(release, now=timezone.now())
    sender.work("w")
    release.refresh_from_db()
    return release


def later(hours):
    return timezone.now() + timedelta(hours=hours)


def purge_at(moment):
    with time_machine.travel(moment, tick=False):
        tasks.purge_caches()


def test_a_page_that_is_up_has_the_cache_forget_it_and_what_lists_it(cdn):
    release = out(make_release("web", slot_wall=wall_now()))
    assert release.status == Release.Status.RELEASING  # the cache is still to be asked
    tasks.purge_caches()
    release.refresh_from_db()
    assert release.status == Release.Status.DONE
    purge = Purge.objects.get()
    assert (purge.state, purge.attempts) == ("confirmed", 1)
    (told,) = held(cdn)
    assert told["id"] == purge.provider_id
    assert told["everything"]  # Cloudflare forgets no patterns, and /api/* is one


def test_while_the_network_is_down_the_page_is_out_the_purge_waits_and_the_release_says_incomplete(
    cdn,
):
    cdn.fault("receivers", "status:503", times=2)
    release = out(make_release("web", slot_wall=wall_now()))
    assert Delivery.objects.get().state == "confirmed"
    tasks.purge_caches()
    release.refresh_from_db()
    assert release.status == Release.Status.INCOMPLETE
    assert "1 to resolve" in release.note
    assert "may show the page before" in release.note
    purge = Purge.objects.get()
    assert (purge.state, purge.attempts) == ("planned", 1)
    assert purge.due_at > timezone.now()
    tasks.purge_caches()
    assert Purge.objects.get().attempts == 1  # it waits its time
    purge_at(later(1))
    assert Purge.objects.get().attempts == 2
    purge_at(later(3))
    release.refresh_from_db()
    assert (release.status, Purge.objects.get().state) == (Release.Status.DONE, "confirmed")
    assert len(held(cdn)) == 1


def test_a_refused_purge_is_settled_as_failed_and_the_release_says_so(cdn):
    cdn.fault("receivers", "status:403")
    release = out(make_release("web", slot_wall=wall_now()))
    tasks.purge_caches()
    release.refresh_from_db()
    assert release.status == Release.Status.DONE
    assert Purge.objects.get().state == "failed"
    assert "may show the page before" in release.note


def test_a_lost_answer_is_asked_again_since_forgetting_twice_does_no_harm(cdn):
    cdn.fault("receivers", "accept_then_drop")
    release = out(make_release("web", slot_wall=wall_now()))
    tasks.purge_caches()
    purge_at(later(1))
    release.refresh_from_db()
    assert release.status == Release.Status.DONE


def test_a_purge_whose_worker_ended_is_taken_up_by_the_next(cdn):
    out(make_release("web", slot_wall=wall_now()))
    Purge.objects.update(state="handed_over", lease_until=timezone.now() - timedelta(seconds=1))
    tasks.purge_caches()
    assert Purge.objects.get().state == "confirmed"


def test_a_release_orders_once_and_without_a_network_nothing_at_all(cdn, settings):
    release = out(make_release("web", slot_wall=wall_now()))
    assert purges.published(release) is None
    tasks.purge_caches()
    assert CacheOrder.objects.count() == 1
    settings.CACHE_TARGETS = configuration.cache_targets("", "", "")
    done = out(make_release("web", slot_wall=wall_now()))
    assert done.status == Release.Status.DONE
    assert CacheOrder.objects.count() == 1


def order(**changes):
    values = {"origin": "person", "targets": ["cdn"], "keys": ["/updates/a"]}
    return purges.order(**{**values, **changes})


def test_sixty_one_files_are_three_calls_of_cloudflare(cdn):
    row = order(keys=[f"/p/{number}" for number in range(61)])
    tasks.purge_caches()
    assert sorted(len(one["paths"]) for one in held(cdn)) == [1, 30, 30]
    assert held(cdn)[0]["paths"][0].startswith("https://a.example/p/")
    assert row.status == "success"


def test_cloudfront_takes_one_invalidation_and_the_same_once(cdn, settings):
    use(settings, "cloudfront", zone="E1")
    order(keys=["/a b".replace(" ", "%20")], patterns=["/content/*"])
    tasks.purge_caches()
    (told,) = held(cdn)
    assert (told["service"], told["zone"]) == ("cloudfront", "E1")
    assert told["paths"] == ["/a%20b", "/content/*"]
    Purge.objects.update(state="planned", due_at=timezone.now())
    tasks.purge_caches()
    assert len(held(cdn)) == 1  # the same CallerReference


def test_a_network_of_ones_own_gets_a_signed_post(cdn, settings):
    use(settings, "signed", zone="/purge")
    settings.CREDENTIALS = {"cdn": "sandbox-secret"}
    order()
    tasks.purge_caches()
    assert held(cdn)[0]["paths"] == ["https://a.example/updates/a"]
    settings.CREDENTIALS = {"cdn": "another"}
    row = order()
    tasks.purge_caches()
    assert row.status == "failed"


OWN = "redis://127.0.0.1:6379/13"


@pytest.fixture
def own(cdn, settings):
    """A Redis of this installation in which other things than its cache lie too."""
    settings.CACHE_TARGETS = configuration.cache_targets("", "", "", OWN)
    with redis.Redis.from_url(OWN) as client:
        client.flushdb()
        client.mset({"halcytone:1:a": 1, "halcytone:1:b1": 1, "halcytone:1:b2": 1, "celery": 1})
        yield client
        client.flushdb()


def test_our_own_cache_forgets_what_is_named_and_nothing_else_that_lies_in_its_redis(own):
    named = order(targets=["redis"], keys=["/a", "/gone"], patterns=["/b*"])
    tasks.purge_caches()
    assert named.status == "success"
    assert named.purges.get().keys_invalidated == 3
    assert own.keys() == [b"celery"]
    own.set("halcytone:1:a", 1)
    order(targets=["local"], keys=[], is_forced=True)
    tasks.purge_caches()
    assert own.keys() == [b"celery"]


def test_a_redis_that_is_away_keeps_the_purge_waiting(cdn, settings):
    settings.CACHE_TARGETS = configuration.cache_targets("", "", "", "redis://127.0.0.1:1/0")
    row = order(targets=["redis"])
    tasks.purge_caches()
    assert (row.purges.get().state, row.purges.get().attempts) == ("planned", 1)


def test_a_target_without_cache_is_never_a_success(own):
    row = order(targets=["redis", "database"])
    tasks.purge_caches()
    assert row.status == "partial"
    assert "not configured" in row.purges.get(target="database").error
    for name in ("database", "memory", "api", "cdn"):
        assert order(targets=[name]).status == "failed"


@pytest.mark.parametrize(
    "wish",
    [{"targets": []}, {"targets": ["moon"]}, {"keys": []}, {"keys": ["https://evil.example/"]}, {"keys": ["//evil"]},
     {"keys": ["a"]}, {"keys": ["/a\n"]}, {"keys": ["/a*"]}, {"patterns": ["*"]}, {"keys": ["/" + "a" * 2_000]},
     {"keys": [f"/{n}" for n in range(1_001)]}],
)  # fmt: skip
def test_what_is_no_path_of_our_site_is_refused(cdn, wish):
    with pytest.raises(Invalid):
        order(**wish)
    assert not CacheOrder.objects.exists()


def test_editors_have_no_cache_forget_anything(cdn):
    with pytest.raises(NotAllowed):
        order(by=PersonFactory(group="editor"))


def test_the_api_orders_and_shows_what_became_of_it(cdn):
    api = Api(PersonFactory(group="marketing_manager"))
    wish = {"keys": ["/updates/a"], "cache_targets": ["cdn"], "reason": "A wrong figure"}
    made = api.post("cache/invalidate", wish)
    assert (made.status_code, made.json()["status"]) == (202, "pending")
    tasks.purge_caches()
    (row,) = api.get("cache/history").json()["results"]
    assert (row["status"], row["keys_invalidated"], row["errors"]) == ("success", 1, [])
    found = api.get("cache/status").json()
    assert (found["targets"]["cdn"], found["targets"]["database"], found["open"]) == (
        "cloudflare",
        "not configured",
        0,
    )
    assert api.post("cache/invalidate", {}).status_code == 400
    assert Api(PersonFactory(group="viewer")).post("cache/invalidate", wish).status_code == 403


def test_a_network_without_its_zone_stops_the_start():
    with pytest.raises(configuration.ImproperlyConfigured, match="CDN_ZONE"):
        configuration.cache_targets("cloudflare", "", "")
    with pytest.raises(configuration.ImproperlyConfigured, match="CDN_URL"):
        configuration.cache_targets("signed", "", "")


def test_signature_version_4_is_that_of_amazons_own_example():
    """The example of "Signature Version 4 signing process", GET of IAM, without its query."""
    signer = Signer(
        "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"
    )
    at = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    found = signer.headers("GET", "https://example.amazonaws.com/", b"", at)
    assert found["Authorization"].endswith(
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    )


def test_paths_of_a_document_are_escaped():
    assert b"<Path>/a&amp;b</Path>" in document(["/a&b"], "k")
    assert CloudFront(Place("", secret="a:b")).calls(["/x"]) == [["/x"]]
    assert Cloudflare(Place("")).calls(["/x*"]) == [[]]


def tell(event, signed_with="cache-secret"):
    body = json.dumps(event).encode()
    headers = {
        "X-Signature": f"sha256={signing.hex_of(signed_with, body)}",
        "X-Timestamp": timezone.now().isoformat(),
    }
    return Client().post("/hooks/cache/", body, "application/json", headers=headers)


def test_a_signed_hook_has_caches_forget_pages_once_and_is_off_without_its_secret(cdn, settings):
    settings.HOOK_SECRETS = {}
    event = {"event": "deployment", "id": "d-1", "keys": ["/app.js"]}
    assert tell(event).status_code == 404
    settings.HOOK_SECRETS = {"cache": "cache-secret"}
    assert tell(event, signed_with="wrong").status_code == 401
    for _ in range(3):
        assert tell(event).status_code == 200
        inbound.process(timezone.now())
    assert CacheOrder.objects.get().patterns == ["/assets/*"]
    tell({"event": "manual", "id": "d-2", "keys": ["https://evil.example/"]})
    inbound.process(timezone.now())
    assert CacheOrder.objects.count() == 1
    assert "Nothing was ordered" in InboundEvent.objects.get(event_id="d-2").note


def test_the_history_keeps_its_newest_orders_and_those_still_to_be_done(cdn, monkeypatch):
    monkeypatch.setattr(purges, "KEPT", 3)
    waiting = order()
    Purge.objects.update(due_at=later(5))
    done = [order(targets=["database"]) for _ in range(5)]
    tasks.purge_caches()
    kept = CacheOrder.objects.order_by("pk").values_list("pk", flat=True)
    assert list(kept) == [waiting.pk, *(row.pk for row in done[-3:])]


def test_what_went_the_short_way_has_every_cache_forget_everything(own, settings):
    both = configuration.cache_targets("cloudflare", "https://cdn.example.com", "z1", OWN)
    settings.CACHE_TARGETS = both
    release = make_release("web", slot_wall=wall_now())
    FastTrack.objects.create(
        draft=release.draft, matter="any", reason="Urgent", started_by=PersonFactory()
    )
    FastTrackStep.objects.create(
        track=FastTrack.objects.get(), number=fast_track.LIVE, name="Live", limit_min=5
    )
    out(release)
    asked = CacheOrder.objects.get()
    assert (asked.is_forced, set(asked.targets)) == (True, {"cdn", "redis", "local"})
    assert all(purge.paths == [] for purge in asked.purges.all())
    tasks.purge_caches()
    release.refresh_from_db()
    assert (asked.status, release.status) == ("success", Release.Status.DONE)


def test_older_programs_are_answered_at_their_addresses_with_the_same_rights(own):
    api = Api(PersonFactory(group="marketing_manager"))
    told = {"event": "deployment", "keys": ["/app.js"], "cache_targets": ["redis", "memory"]}
    tried = api.post("cache/webhook/test", told)
    assert tried.json() == {
        "everything": False,
        "paths": ["/app.js", "/assets/*"],
        "cache_targets": {"redis": "own", "memory": "not configured"},
    }
    assert not CacheOrder.objects.exists()
    made = api.post("cache/webhook", told)
    assert (made.status_code, made.json()["patterns"]) == (202, ["/assets/*"])
    assert made["Deprecation"].startswith("@")
    assert api.get("cache/health").json()["status"] == "unknown"  # nothing was asked yet
    tasks.purge_caches()
    health = api.get("cache/health").json()
    assert (health["status"], health["targets"]["redis"]) == ("unknown", "healthy")
    stats = api.get("cache/stats").json()
    assert (stats["orders"], stats["purges_confirmed"], stats["not_configured"]) == (1, 1, 1)
    assert api.delete("cache/clear-all").status_code == 400
    assert api.delete("cache/clear-all?confirm=true&dry_run=true").status_code == 202
    assert CacheOrder.objects.count() == 1
    assert api.delete("cache/clear-all?confirm=true").json()["cache_targets"] == ["redis", "local"]
    tasks.purge_caches()
    assert api.get("cache/health").json()["status"] == "healthy"
    assert own.keys() == [b"celery"]
    viewer = Api(PersonFactory(group="viewer"))
    assert viewer.delete("cache/clear-all?confirm=true").status_code == 403
    assert viewer.post("cache/webhook", told).status_code == 403
