"""The REST API of documents, items, drafts and renditions."""

from rest_framework.routers import SimpleRouter

from content.api.documents import Documents
from content.api.drafts import Drafts, Renditions
from content.api.items import Items

router = SimpleRouter(trailing_slash=False)
router.register("documents", Documents, "document")
router.register("items", Items, "item")
router.register("drafts", Drafts, "draft")
router.register("renditions", Renditions, "rendition")
