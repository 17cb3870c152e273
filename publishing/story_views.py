"""The desk's pages about single rows and readers: what may have left, the story of one reader, her mail."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from halcytone.lib import canonical, desk
from halcytone.lib.errors import WrongState
from publishing import rebuilt
from publishing.models import Delivery
from publishing.services import story, uncertain
from segmentation.models import Contact

SEES_PEOPLE = "segmentation.view_contact"
LEDGER = ("Ledger", "/admin/ledger/")
#: The mail is shown as it looks and does nothing: no script, no form, no image but those of its text, so
#: that looking at it never counts as its reader's.
FRAME_POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; img-src data: {settings.MEDIA_BASE_URL};"
    " frame-ancestors 'self'; sandbox"
)


@desk.page("publishing.view_delivery")
def uncertain_desk(request: HttpRequest) -> HttpResponse:
    """What may or may not have left, by lost call."""
    calls = uncertain.calls()
    context = {
        "title": "Uncertain",
        "mails": [call for call in calls if call.is_mail],
        "posts": [call.first for call in calls if not call.is_mail],
        "count": uncertain.count(),
        "trail": [LEDGER, ("Uncertain", "")],
    }
    return render(request, "publishing/uncertain.html", context)


@require_POST
@desk.page("publishing.settle_delivery")
def uncertain_settle(request: HttpRequest) -> HttpResponse:
    """Settle the calls that were ticked, with one answer and one reason."""
    words = ",".join(request.POST.getlist("call")).split(",")
    ids = [pk for word in words if (pk := desk.id_of(word)) is not None]
    answer, reason = request.POST.get("answer", ""), request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: uncertain.settle(ids, by=request.user, answer=answer, reason=reason),
        done="Settled. Who said so, when and why stays with each row.",
        to=reverse("publishing:uncertain"),
    )


@desk.page(SEES_PEOPLE)
def reader_story(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    context = {
        "title": f"The story of {contact}",
        "contact": contact,
        "moments": story.of(contact),
        "left": story.LEFT,
        "trail": [("Contacts", "/admin/contacts/"), (str(contact), f"/admin/contacts/{pk}/"), ("Story", "")],
    }  # fmt: skip
    return render(request, "publishing/story.html", context)


@desk.page(SEES_PEOPLE)
def delivery_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail of one row, made anew from what was sealed."""
    row = _row(pk)
    context = {
        "title": f"The mail of delivery {pk}",
        "delivery": row,
        "trail": [LEDGER, (f"Delivery {pk}", reverse("publishing:delivery", args=[pk])), ("Mail", "")],
    }  # fmt: skip
    try:
        data = rebuilt.mail(row)
    except WrongState as error:
        return render(request, "publishing/mail.html", context | {"why_not": str(error)})
    seen = {"mail": rebuilt.opened(data), "size": len(data), "sha256": canonical.sha256(data)}
    return render(request, "publishing/mail.html", context | seen)


@desk.page(SEES_PEOPLE)
@xframe_options_sameorigin
def delivery_frame(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML part of that mail, to be shown in a frame that can do nothing."""
    try:
        html = rebuilt.looked_at(rebuilt.opened(rebuilt.mail(_row(pk)))["html"])
    except WrongState as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8", status=409)
    return HttpResponse(html, headers={"Content-Security-Policy": FRAME_POLICY})


@desk.page(SEES_PEOPLE)
def delivery_bytes(request: HttpRequest, pk: int) -> HttpResponse:
    """The same mail as a file, byte for byte."""
    try:
        data = rebuilt.mail(_row(pk))
    except WrongState as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8", status=409)
    heads = {"Content-Disposition": f'attachment; filename="delivery-{pk}.eml"'}
    return HttpResponse(data, content_type="message/rfc822", headers=heads)


def _row(pk: int) -> Delivery:
    rows = Delivery.objects.select_related(
        "release__draft__segment", "part_of__seal", "part_of__release__draft__segment", "account", "contact"
    )  # fmt: skip
    return get_object_or_404(rows, pk=pk)
