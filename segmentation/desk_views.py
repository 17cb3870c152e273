"""The desk's pages about the audience: contacts, segments, imports, suppressions."""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError, Invalid
from segmentation import audience
from segmentation.forms import (
    ROWS,
    Conditions,
    ImportForm,
    SegmentForm,
    SuppressionForm,
    rows_of,
    rule_of,
    sentence,
)
from segmentation.models import Contact, ImportRun, Segment, Suppression
from segmentation.services import imports, segments, suppressions

CONTACTS = ("Contacts", "/admin/contacts/")
SEGMENTS = ("Segments", "/admin/segments/")
IMPORTS = ("Imports", "/admin/imports/")


@desk.page("segmentation.view_contact")
def contact_list(request: HttpRequest) -> HttpResponse:
    rows: Any = Contact.objects.order_by("-pk")
    segment = Segment.objects.filter(key=request.GET.get("segment", "")).first()
    if segment:
        bucket = request.GET.get("part", "") or audience.CANDIDATES
        try:
            rows = audience.listing(segment, bucket).order_by("-pk")
        except Invalid:
            rows = rows.none()
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(Q(email_key__icontains=words.lower()) | Q(name__icontains=words))
    page = desk.listing(request, rows.with_status() if hasattr(rows, "with_status") else rows)
    context = {"title": "Contacts", "page": page, "segment": segment,
               "part": request.GET.get("part", ""), "trail": [("Contacts", "")]}  # fmt: skip
    return render(request, "segmentation/contact_list.html", context)


@desk.page("segmentation.view_contact")
def contact_detail(request: HttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    context = {
        "title": str(contact),
        "contact": contact,
        "consents": contact.consents.select_related("recorded_by"),
        "suppressions": suppressions.of(contact),
        "trail": [CONTACTS, (str(contact), "")],
    }
    return render(request, "segmentation/contact_detail.html", context)


@desk.page("segmentation.view_segment")
def segment_list(request: HttpRequest) -> HttpResponse:
    page = desk.listing(request, Segment.objects.all())
    lines = [(segment, sentence(segment.rule), audience.count(segment)) for segment in page]
    context = {"title": "Segments", "page": page, "lines": lines, "trail": [("Segments", "")]}
    return render(request, "segmentation/segment_list.html", context)


@desk.page("segmentation.view_segment")
def segment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=pk)
    sums = audience.breakdown(segment)
    labels = dict(audience.Exclusion.choices)
    parts = [(key, labels[key], number) for key, number in sums.items() if key in labels and number]
    context = {"title": segment.name, "segment": segment, "sums": sums, "parts": parts,
               "words": sentence(segment.rule),
               "json": json.dumps(segment.rule, indent=2, ensure_ascii=False),
               "trail": [SEGMENTS, (segment.name, "")]}  # fmt: skip
    return render(request, "segmentation/segment_detail.html", context)


@desk.page("segmentation.change_segment", "segmentation.add_segment")
def segment_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=pk) if pk else None
    form, conditions = segment_forms(request, segment)
    is_whole = request.method == "POST" and form.is_valid() and conditions.is_valid()
    if is_whole and (saved := save_segment(request, segment, form, conditions)):
        return redirect("segmentation:segment", saved.pk)
    context = {"title": segment.name if segment else "New segment", "form": form,
               "conditions": conditions, "trail": [SEGMENTS, ("Rule", "")]}  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "segmentation/segment_form.html", context, status=status)


def segment_forms(request: HttpRequest, segment: Segment | None) -> tuple[Any, Any]:
    """Return the two forms of a segment, filled from what was posted or from its rule."""
    posted = request.POST or None
    mode, rows = rows_of(segment.rule) if segment else ("all", [])
    initial = {"mode": mode}
    if rows is None and segment:
        initial["json_rule"] = json.dumps(segment.rule, indent=2, ensure_ascii=False)
    padded = [*(rows or []), *({} for _ in range(ROWS))][:ROWS]
    return (
        SegmentForm(posted, instance=segment, initial=initial),
        Conditions(posted, initial=padded, prefix="rule"),
    )


def save_segment(
    request: HttpRequest, segment: Segment | None, form: Any, conditions: Any
) -> Segment | None:
    """Save through the service; None when it refused, with its reasons on the form."""
    values = {name: form.cleaned_data[name] for name in SegmentForm.Meta.fields}
    fresh = Segment.objects.get(pk=segment.pk) if segment else None
    try:
        rule = rule_of(form, conditions)
        return segments.save(fresh, by=request.user, rule=rule, **values)
    except json.JSONDecodeError as error:
        form.add_error("json_rule", f"Line {error.lineno}, column {error.colno}: {error.msg}")
    except Invalid as error:
        for problem in error.problems:
            form.add_error(None, f"{problem.attr}: {problem.message}".lstrip(": "))
    except HalcytoneError as error:
        form.add_error(None, str(error))
    return None


@require_POST
@desk.page("segmentation.view_contact")
def segment_count(request: HttpRequest) -> HttpResponse:
    """How many people the rule on the screen would reach now; nothing is saved."""
    form = SegmentForm(request.POST)
    form.is_valid()  # the name may still be missing; only the rule is asked about
    conditions = Conditions(request.POST, prefix="rule")
    try:
        conditions.is_valid()
        trial = segments.trial(
            by=request.user,
            rule=rule_of(form, conditions),
            purpose=form.cleaned_data.get("purpose", "newsletter"),
            list=form.cleaned_data.get("list", ""),
        )
        text = f"{audience.count(trial):,} people agreed and match"
    except (ValueError, Invalid) as error:
        text = f"Not a rule yet: {error}"
    return JsonResponse({"text": text})


@desk.page("segmentation.import_contact")
def import_list(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = imports.check(by=request.user, **import_arguments(form))
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect("segmentation:import", run.pk)
    page = desk.listing(request, ImportRun.objects.defer("data").select_related("created_by"))
    context = {"title": "Imports", "form": form, "page": page, "trail": [("Imports", "")]}
    status = 422 if form.errors else 200
    return render(request, "segmentation/import_list.html", context, status=status)


def import_arguments(form: ImportForm) -> dict[str, Any]:
    values = form.cleaned_data
    consent = {}
    if values["purpose"]:
        consent = {
            "purpose": values["purpose"],
            "wording": values["wording"],
            "source": "import",
            "at": values["agreed_on"].isoformat() if values["agreed_on"] else "",
        }
    file = values["file"]
    return {
        "file_name": file.name,
        "data": file.read(),
        "policy": values["policy"],
        "consent": consent,
    }


@desk.page("segmentation.import_contact")
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(ImportRun.objects.defer("data"), pk=pk)
    context = {"title": run.file_name, "run": run, "report": run.report,
               "trail": [IMPORTS, (run.file_name, "")]}  # fmt: skip
    return render(request, "segmentation/import_detail.html", context)


@require_POST
@desk.page("segmentation.import_contact")
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(ImportRun, pk=pk)
    to = reverse("segmentation:import", args=[pk])
    return desk.act(request, lambda: imports.run(run, by=request.user), done="Imported.", to=to)


@desk.page("segmentation.import_contact")
def import_rejects(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows that were refused, with line, field and reason, as CSV."""
    run = get_object_or_404(ImportRun, pk=pk)
    response = HttpResponse(imports.rejects_csv(run), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejected-{run.pk}.csv"'
    return response


@desk.page("segmentation.view_suppression", "segmentation.manage_contact")
def suppression_list(request: HttpRequest) -> HttpResponse:
    form = SuppressionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            suppressions.add(
                reason=Suppression.Reason.DO_NOT_CONTACT, by=request.user, **form.cleaned_data
            )
        except HalcytoneError as error:
            form.add_error(None, str(error))
        else:
            return redirect("segmentation:suppressions")
    rows = Suppression.objects.select_related("added_by", "lifted_by")
    if request.GET.get("reason") in Suppression.Reason.values:
        rows = rows.filter(reason=request.GET["reason"])
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(value__icontains=words.lower())
    context = {"title": "Suppressions", "form": form, "page": desk.listing(request, rows),
               "pills": desk.pills(request, "reason", Suppression.Reason.choices),
               "trail": [("Suppressions", "")]}  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "segmentation/suppression_list.html", context, status=status)


@require_POST
@desk.page("segmentation.manage_contact")
def suppression_lift(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Suppression, pk=pk)
    reason = request.POST.get("reason", "")
    return desk.act(
        request,
        lambda: suppressions.lift(row, by=request.user, reason=reason),
        done="Lifted. The row and the reason stay in the history.",
        to=reverse("segmentation:suppressions"),
    )
