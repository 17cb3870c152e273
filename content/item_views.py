"""The desk's pages about the items of documents: edit a text, and choose between two."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from content import wishes
from content.change_views import shown, written
from content.forms import ItemForm, ItemTextForm
from content.models import Item
from content.services import items, resemblances, revisions
from content.views import DOCUMENTS
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError

CHOSEN = "Chosen. The other text stays in the history."
MERGE_IDS = "merge_%s"  # both forms stand on one page


@desk.page("content.view_item")
def item_detail(request: HttpRequest, pk: int) -> HttpResponse:
    item = _item(request, pk)
    form = ItemForm(request.POST or None, initial=_initial(item))
    if request.method == "POST" and form.is_valid():
        try:
            items.edit(item, by=request.user, **form.cleaned_data)
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect("content:item", pk)
    merge = ItemTextForm(initial=_initial(item), auto_id=MERGE_IDS)
    return _page(request, item, form, merge)


@require_POST
@desk.page("content.change_item")
def item_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Both the source and a person changed the text: somebody chooses."""
    item = _item(request, pk)
    choice = request.POST.get("choice", "")
    if choice == "merged" and item.incoming:
        return _merge(request, item)
    return desk.act(
        request,
        lambda: items.choose(item, by=request.user, choice=choice),
        done=CHOSEN,
        to=reverse("content:item", args=[pk]),
    )


def _merge(request: HttpRequest, item: Item) -> HttpResponse:
    """Take a text made of both; one that is refused stays in its form."""
    merge = ItemTextForm(request.POST, auto_id=MERGE_IDS)
    if merge.is_valid():
        try:
            items.choose(item, by=request.user, choice="merged", **merge.cleaned_data)
        except HalcytoneError as error:
            merge.add_error(None, str(error))
        else:
            messages.success(request, CHOSEN)
            return redirect("content:item", item.pk)
    return _page(request, item, ItemForm(initial=_initial(item)), merge)


def _page(request: HttpRequest, item: Item, form: forms.Form, merge: forms.Form) -> HttpResponse:
    document_url = reverse("content:document", args=[item.document_id])
    versions = list(item.revisions.select_related("author", "snapshot"))
    head = item.head
    context = {
        "title": str(item),
        "item": item,
        "form": form,
        "merge": merge,
        "parts": shown(written(item.head), written(item.incoming)) if item.incoming else [],
        "alike": resemblances.seen_by(request.user, item),
        "revisions": versions,
        "next_number": versions[0].number + 1 if versions else 1,
        "label": wishes.label(head.fields) if head else "",
        "wishes": wishes.told(head.fields, item.document.zone) if head else [],
        "priority": wishes.PRIORITIES[head.priority] if head else "",
        "out": revisions.channels_published([head])[head.pk] if head else {},
        "trail": [DOCUMENTS, (item.document.name, document_url), (str(item), "")],
    }
    status = 422 if form.errors or merge.errors else 200
    return render(request, "content/item_detail.html", context, status=status)


def _item(request: HttpRequest, pk: int) -> Item:
    rows = items.visible_to(request.user).select_related("document", "head", "incoming")
    return get_object_or_404(rows, pk=pk)


def _initial(item: Item) -> dict[str, Any]:
    return {"title": item.head.title, "content": item.head.content} if item.head else {}
