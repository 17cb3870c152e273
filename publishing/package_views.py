"""What a release costs, and all of it to take away."""

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from content.services import access
from halcytone.lib import desk, rights
from halcytone.lib.errors import NotAllowed
from publishing import answers
from publishing.models import Release
from publishing.services import packages, release_costs

RELEASES = ("Releases", "/admin/releases/")


@desk.page(packages.SEES)
def cost(request: HttpRequest, pk: int) -> HttpResponse:
    """The price of each format, planned and real, and what can be taken away."""
    release = get_object_or_404(Release.objects.select_related("draft"), pk=pk)
    context = {
        "title": "Cost and package",
        "release": release,
        "cost": release_costs.of(release),
        "may_take": access.sees_draft(request.user, release.draft),
        "may_take_people": rights.may(request.user, packages.EXPORTS_PEOPLE),
        "trail": [
            RELEASES,
            (release.draft.title, reverse("publishing:release", args=[pk])),
            ("Cost and package", ""),
        ],
    }
    return render(request, "publishing/cost.html", context)


@desk.page(packages.SEES)
def package(request: HttpRequest, pk: int) -> HttpResponse:
    """The package as a file; with readers' addresses where somebody asks for them in so many words."""
    release = get_object_or_404(Release.objects.select_related("draft"), pk=pk)
    is_asked = request.GET.get("people") == "true"
    try:
        file = answers.package(release, by=request.user, with_people=is_asked)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    return cast(HttpResponse, file)  # it streams, which is all that tells the two apart here
