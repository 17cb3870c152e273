from django.urls import path

from segmentation import views

app_name = "audience"

urlpatterns = [
    path("unsubscribe", views.unsubscribe_page, name="unsubscribe"),
    path("preferences", views.preferences_page, name="preferences"),
]
