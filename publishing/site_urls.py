from django.urls import path, re_path

from publishing import site_views
from publishing.services.site import FOLDERS

app_name = "site"
urlpatterns = [
    re_path(r"^updates/?$", site_views.index, name="index"),
    path("updates/feed.xml", site_views.feed, name="feed"),
    path("sitemap.xml", site_views.sitemap, name="sitemap"),
    *(path(f"{folder}/<slug:slug>", site_views.page, {"folder": folder}) for folder in FOLDERS),
]
