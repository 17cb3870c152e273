"""The REST API of what went out: releases with their books, deliveries, accounts, cadences."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from publishing.api.accounts import Accounts, Cadences
from publishing.api.caches import Invalidations
from publishing.api.channels import ChannelStatus
from publishing.api.deliveries import Deliveries, DeliveriesOfRelease
from publishing.api.old_caches import OldCaches
from publishing.api.releases import Releases
from publishing.api.results import Kpis, ReleaseResults
from publishing.api.rollouts import Rollouts
from publishing.api.stops import Stops

router = SimpleRouter(trailing_slash=False)
router.register("releases", Releases, "release")
router.register("deliveries", Deliveries, "delivery")
router.register("stops", Stops, "stop")
router.register("accounts", Accounts, "account")
router.register("cadences", Cadences, "cadence")
urlpatterns = [
    path(
        "releases/<int:pk>/deliveries",
        DeliveriesOfRelease.as_view({"get": "list"}),
        name="release-deliveries",
    ),
    path("channels/status", ChannelStatus.as_view(), name="channels-status"),
    path(
        "drafts/<int:pk>/rollout",
        Rollouts.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="rollout",
    ),
    path("stop", Stops.as_view({"post": "stop"}), name="stop"),
    path("stop/lift", Stops.as_view({"post": "lift"}), name="stop-lift"),
    path(
        "analytics/releases/<int:pk>",
        ReleaseResults.as_view({"get": "show"}),
        name="release-results",
    ),
    path("kpis", Kpis.as_view({"get": "list"}), name="kpis"),
    path(
        "cache/invalidate", Invalidations.as_view({"post": "invalidate"}), name="cache-invalidate"
    ),
    path("cache/history", Invalidations.as_view({"get": "list"}), name="cache-history"),
    path("cache/status", Invalidations.as_view({"get": "condition"}), name="cache-status"),
    path("cache/webhook", OldCaches.as_view({"post": "webhook"}), name="old-cache-webhook"),
    path(
        "cache/webhook/test",
        OldCaches.as_view({"post": "webhook_test"}),
        name="old-cache-webhook-test",
    ),
    path("cache/health", OldCaches.as_view({"get": "health"}), name="old-cache-health"),
    path("cache/stats", OldCaches.as_view({"get": "stats"}), name="old-cache-stats"),
    path("cache/clear-all", OldCaches.as_view({"delete": "clear_all"}), name="old-cache-clear-all"),
    *router.urls,
]
