from django.urls import path

from content import change_views, draft_views, item_views, link_views, views

app_name = "content"

urlpatterns = [
    path("documents/", views.document_list, name="documents"),
    path("documents/new/", views.document_new, name="document-new"),
    path("documents/link/", link_views.document_link, name="document-link"),
    path("documents/<int:pk>/settings/", link_views.document_settings, name="document-settings"),
    path("documents/<int:pk>/alt/", link_views.document_alt, name="document-alt"),
    path("documents/<int:pk>/drift/", change_views.document_drift, name="document-drift"),
    path("drifts/<int:pk>/decide/", change_views.drift_decide, name="drift-decide"),
    path("snapshots/<int:pk>/compare/", change_views.snapshot_compare, name="snapshot-compare"),
    path("snapshots/<int:pk>/settle/", change_views.snapshot_settle, name="snapshot-settle"),
    path("revisions/<int:pk>/compare/", change_views.revision_compare, name="revision-compare"),
    path("revisions/<int:pk>/restore/", change_views.revision_restore, name="revision-restore"),
    path("documents/<int:pk>/", views.document_detail, name="document"),
    path("documents/<int:pk>/read/", views.document_read, name="document-read"),
    path("documents/<int:pk>/text/", views.document_text, name="document-text"),
    path("documents/<int:pk>/edition/", views.document_assemble, name="document-assemble"),
    path("items/<int:pk>/", item_views.item_detail, name="item"),
    path("items/<int:pk>/choose/", item_views.item_choose, name="item-choose"),
    path("drafts/", draft_views.draft_list, name="drafts"),
    path("drafts/new/", draft_views.draft_new, name="draft-new"),
    path("drafts/<int:pk>/", draft_views.draft_detail, name="draft"),
    path("drafts/<int:pk>/edit/", draft_views.draft_edit, name="draft-edit"),
    path("drafts/<int:pk>/duplicate/", draft_views.draft_duplicate, name="draft-duplicate"),
    path("drafts/<int:pk>/generate/", draft_views.draft_generate, name="draft-generate"),
    path("renditions/<int:pk>/edit/", draft_views.rendition_edit, name="rendition-edit"),
    path("renditions/<int:pk>/frame/", draft_views.rendition_frame, name="rendition-frame"),
    path("renditions/<int:pk>/history/", draft_views.rendition_history, name="rendition-history"),
]
