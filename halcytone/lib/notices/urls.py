from django.urls import path

from halcytone.lib.notices import views

app_name = "notices"

urlpatterns = [
    path("notifications/", views.notification_list, name="list"),
    path("notifications/<int:pk>/open/", views.notification_open, name="open"),
    path("notifications/read/", views.read_all, name="read-all"),
    path("preferences/", views.preferences, name="preferences"),
]
