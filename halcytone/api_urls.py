"""Every address under /api/v1/."""

from django.http import Http404
from django.urls import include, path, re_path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import api as approvals
from approvals import law_api, links_api, people_api, policy_api, talk_api
from content import api as content
from halcytone.access import api as access
from halcytone.lib.api.resources import Guarded
from halcytone.lib.audit import api as audit
from halcytone.lib.notices import api as notices
from publishing import api as publishing
from segmentation import api as segmentation


class Nowhere(Guarded):
    """Any other address: 401 to strangers, 404 to people, in the API's own shape."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        raise Http404

    post = put = patch = delete = get


urlpatterns = [
    path("me", access.Me.as_view(), name="me"),
    path("auth/me", access.Me.as_view(), name="auth-me"),
    path("", include(access.router.urls)),
    path("", include(content.urlpatterns)),
    path("", include(approvals.urlpatterns)),
    path("", include(talk_api.urlpatterns)),
    path("", include(links_api.urlpatterns)),
    path("", include(people_api.urlpatterns)),
    path("", include(policy_api.urlpatterns)),
    path("", include(law_api.urlpatterns)),
    path("", include(segmentation.router.urls)),
    path("", include(publishing.urlpatterns)),
    path("", include(audit.urlpatterns)),
    path("", include(notices.urlpatterns)),
    re_path(r"", Nowhere.as_view()),
]
