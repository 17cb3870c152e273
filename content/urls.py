from django.urls import path

from content import draft_views, views

app_name = "content"

urlpatterns = [
    path("documents/", views.document_list, name="documents"),
    path("documents/new/", views.document_new, name="document-new"),
    path("documents/<int:pk>/", views.document_detail, name="document"),
    path("documents/<int:pk>/read/", views.document_read, name="document-read"),
    path("documents/<int:pk>/text/", views.document_text, name="document-text"),
    path("documents/<int:pk>/edition/", views.document_assemble, name="document-assemble"),
    path("items/<int:pk>/", views.item_detail, name="item"),
    path("items/<int:pk>/choose/", views.item_choose, name="item-choose"),
    path("drafts/", draft_views.draft_list, name="drafts"),
    path("drafts/new/", draft_views.draft_new, name="draft-new"),
    path("drafts/<int:pk>/", draft_views.draft_detail, name="draft"),
    path("drafts/<int:pk>/edit/", draft_views.draft_edit, name="draft-edit"),
    path("drafts/<int:pk>/generate/", draft_views.draft_generate, name="draft-generate"),
    path("renditions/<int:pk>/edit/", draft_views.rendition_edit, name="rendition-edit"),
    path("renditions/<int:pk>/frame/", draft_views.rendition_frame, name="rendition-frame"),
    path("renditions/<int:pk>/history/", draft_views.rendition_history, name="rendition-history"),
]
