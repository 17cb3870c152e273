"""The REST API of what went out: releases with their books, deliveries, accounts, cadences."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from publishing.api.accounts import Accounts, Cadences
from publishing.api.deliveries import Deliveries, DeliveriesOfRelease
from publishing.api.releases import Releases

router = SimpleRouter(trailing_slash=False)
router.register("releases", Releases, "release")
router.register("deliveries", Deliveries, "delivery")
router.register("accounts", Accounts, "account")
router.register("cadences", Cadences, "cadence")
urlpatterns = [
    path(
        "releases/<int:pk>/deliveries",
        DeliveriesOfRelease.as_view({"get": "list"}),
        name="release-deliveries",
    ),
    *router.urls,
]
