"""The REST API of documents, items, drafts and renditions."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from content.api.changes import Drifts, Revisions
from content.api.documents import Documents
from content.api.drafts import Drafts, Renditions
from content.api.items import ContentTypes, Items, Validate, ValidationRules
from content.api.readings import Snapshots, SyncJobs

router = SimpleRouter(trailing_slash=False)
router.register("documents", Documents, "document")
router.register("sync-jobs", SyncJobs, "sync-job")
router.register("snapshots", Snapshots, "snapshot")
router.register("revisions", Revisions, "revision")
router.register("drifts", Drifts, "drift")
router.register("items", Items, "item")
router.register("drafts", Drafts, "draft")
router.register("renditions", Renditions, "rendition")

urlpatterns = [
    *router.urls,
    path("content-types", ContentTypes.as_view(), name="content-types"),
    path("validation-rules", ValidationRules.as_view(), name="validation-rules"),
    path("validate", Validate.as_view({"post": "create"}), name="validate"),
]
