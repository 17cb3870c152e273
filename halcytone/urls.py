"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from approvals import link_views
from content import hook_views, media_views
from halcytone import health
from halcytone.lib.api.schema import Schema
from publishing import hook_views as telling
from publishing import stop_views, track_views

urlpatterns = [
    path("", health.front),
    path("live", health.live),
    path("ready", health.ready),
    path("", include("django_prometheus.urls")),
    path("media/<str:name>", media_views.image, name="media"),
    path("media/lent/<str:signature>/<str:name>", media_views.lent, name="media-lent"),
    path("review/<str:token>", link_views.page, name="review-link"),
    path("review/<str:token>/comment", link_views.comment, name="review-link-comment"),
    path("review/<str:token>/look/<str:format>", link_views.frame, name="review-link-frame"),
    path("stop/<str:token>", stop_views.by_link, name="stop-link"),
    path("hooks/sources/google/", hook_views.google, name="google-hook"),
    path("hooks/sources/notion/", hook_views.notion, name="notion-hook"),
    path("hooks/email/<slug:name>/", telling.email, name="email-hook"),
    path("hooks/crm/", telling.house, {"name": "crm"}, name="crm-hook"),
    path("hooks/platform/", telling.house, {"name": "platform"}, name="platform-hook"),
    path("hooks/cache/", telling.caches, {"name": "cache"}, name="cache-hook"),
    path("hooks/<slug:name>/", telling.network, name="network-hook"),
    path("r/<str:token>", track_views.follow, name="tracked-link"),
    path("o/<str:token>.gif", track_views.opened, name="tracked-open"),
    path("", include("publishing.site_urls")),
    path("", include("segmentation.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("halcytone.api_urls")),
    path("api/schema", Schema.as_view(), name="api-schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("admin/", include("content.urls")),
    path("admin/", include("approvals.urls")),
    path("admin/", include("halcytone.lib.notices.urls")),
    path("admin/", include("publishing.urls")),
    path("admin/", include("segmentation.desk_urls")),
    path("admin/", admin.site.urls),
]
handler400 = "halcytone.lib.api.problems.bad_request"
handler404 = "halcytone.lib.api.problems.not_found"
handler500 = "halcytone.lib.api.problems.server_error"
