"""The desk's pages for documents that live elsewhere: adding one after a trial, and how it is read."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from content.forms import DocumentSettingsForm, LinkForm
from content.models import Document
from content.services import describing, documents, trials
from content.views import DOCUMENTS, SEE
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError, Invalid


@desk.page("content.add_document")
def document_link(request: HttpRequest) -> HttpResponse:
    """First try and show what would be read; then add, with the same answers."""
    form = LinkForm(request.POST or None)
    trial = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            if request.POST.get("step") == "add":
                return redirect("content:document", added(request, values).pk)
            trial = trials.of(
                by=request.user, kind=values["kind"], key=values["key"], strategy=values["strategy"]
            )
        except Invalid as error:
            put_on(form, error)
        except HalcytoneError as error:
            form.add_error(None, str(error))
    context = {"title": "New document from elsewhere", "form": form, "trial": trial,
               "back": DOCUMENTS[1], "trail": [DOCUMENTS, ("New", "")]}  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "content/document_link.html", context, status=status)


def added(request: HttpRequest, values: dict[str, Any]) -> Document:
    """Register the document, and ask for its first reading."""
    name = values.pop("name") or request.POST.get("title", "")[:200] or "Untitled document"
    document = documents.link(by=request.user, name=name, **values)
    documents.ask(document, by=request.user)
    return document


@desk.page(*SEE)
def document_settings(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    form = DocumentSettingsForm(request.POST or None, instance=document)
    here = reverse("content:document", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            documents.change(Document.objects.get(pk=pk), by=request.user, **form.cleaned_data)
        except Invalid as error:
            put_on(form, error)
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect(here)
    context = {"title": f"How {document.name} is read", "form": form, "button": "Save",
               "back": here, "trail": [DOCUMENTS, (document.name, here), ("Settings", "")]}  # fmt: skip
    return render(request, "desk/form.html", context, status=422 if form.errors else 200)


@require_POST
@desk.page(*SEE)
def document_alt(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what an image of the document shows; "decorative" for one that says nothing."""
    document = get_object_or_404(documents.visible_to(request.user), pk=pk)
    text = "decorative" if "decorative" in request.POST else request.POST.get("text", "")
    name = request.POST.get("name", "")
    return desk.act(
        request,
        lambda: describing.describe(document, by=request.user, name=name, text=text),
        done="Noted. The text was read anew with it.",
        to=reverse("content:document", args=[pk]) + "#images",
    )


def put_on(form: Any, error: Invalid) -> None:
    """Say each problem at the field that it names; `source_key` is asked for as `key`."""
    for problem in error.problems:
        field = "key" if problem.attr == "source_key" else problem.attr
        words = " ".join(filter(None, [problem.message, problem.hint]))
        form.add_error(field if field in form.fields else None, words)
