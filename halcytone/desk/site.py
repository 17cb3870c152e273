"""The admin site: Unfold's pages for rows, the desk's own pages for work."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite


class PressRoom(UnfoldAdminSite):
    """`admin.site`. Its index is the home of the desk; signing in is allauth's."""

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        from halcytone.desk import views  # the site exists before the models do

        return views.home(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response
