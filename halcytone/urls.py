"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from halcytone import health

urlpatterns = [
    path("", health.front),
    path("live", health.live),
    path("ready", health.ready),
    path("", include("django_prometheus.urls")),
    path("", include("segmentation.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("halcytone.api_urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("admin/", include("content.urls")),
    path("admin/", include("approvals.urls")),
    path("admin/", include("publishing.urls")),
    path("admin/", include("segmentation.desk_urls")),
    path("admin/", admin.site.urls),
]
handler500 = "halcytone.lib.api.problems.server_error"
