from django.urls import path

from segmentation import desk_views as views

app_name = "segmentation"

urlpatterns = [
    path("contacts/", views.contact_list, name="contacts"),
    path("contacts/<int:pk>/", views.contact_detail, name="contact"),
    path("segments/", views.segment_list, name="segments"),
    path("segments/new/", views.segment_edit, name="segment-new"),
    path("segments/count/", views.segment_count, name="segment-count"),
    path("segments/<int:pk>/", views.segment_detail, name="segment"),
    path("segments/<int:pk>/rule/", views.segment_edit, name="segment-edit"),
    path("imports/", views.import_list, name="imports"),
    path("imports/<int:pk>/", views.import_detail, name="import"),
    path("imports/<int:pk>/run/", views.import_run, name="import-run"),
    path("imports/<int:pk>/rejects/", views.import_rejects, name="import-rejects"),
    path("suppressions/", views.suppression_list, name="suppressions"),
    path("suppressions/<int:pk>/lift/", views.suppression_lift, name="suppression-lift"),
]
