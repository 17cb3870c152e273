"""The desk's pages about policies: versions, their rows, differences, and what a draft would need."""

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals import policy_words
from approvals.forms import PolicyFile, SimulateForm
from approvals.inputs import INPUTS
from approvals.models import Checklist, Policy
from approvals.services import simulation, versions
from content.models import Draft
from content.services import access
from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError, Invalid, Problem

POLICIES = ("Policies", "/admin/policies/")
READS = ("approvals.view_policy", "approvals.change_policy")


@desk.page(*READS)
def policy_list(request: HttpRequest) -> HttpResponse:
    context = {
        "title": "Policies",
        "versions": Policy.objects.select_related("created_by").order_by("preset", "-version"),
        "lists": Checklist.objects.prefetch_related("items"),
        "trail": [("Policies", "")],
    }
    return render(request, "approvals/policies.html", context)


@desk.page(*READS)
def policy_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The rows of one version, or of the one in force; compared with another one by `?with=`."""
    rows = Policy.objects.select_related("created_by")
    policy = rows.filter(is_active=True).first() if pk is None else rows.filter(pk=pk).first()
    if policy is None and pk is not None:
        raise Http404
    other = rows.filter(pk=desk.id_of(request.GET.get("with", "")) or 0).first()
    context = {
        "title": str(policy or "Policy"),
        "policy": policy,
        "rows": [_shown(row) for row in versions.rows_of(policy)] if policy else [],
        "others": rows.exclude(pk=policy.pk).order_by("preset", "-version") if policy else rows,
        "other": other,
        "differences": versions.differences(other, policy) if other and policy else [],
        "trail": [POLICIES, (str(policy or "None in force"), "")],
    }
    return render(request, "approvals/policy.html", context)


@desk.page("approvals.change_policy")
def policy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A new version from this one: its rows in a form; nothing is in force before it is activated."""
    policy = get_object_or_404(Policy, pk=pk)
    rows, note = versions.rows_of(policy), ""
    problems: list[Problem] = []
    if request.method == "POST":
        note = request.POST.get("note", "")
        rows, problems = _typed(request)
        if not problems:
            try:
                made = versions.create(by=request.user, preset=policy.preset, rows=rows, note=note)
            except Invalid as error:
                problems = error.problems
            else:
                messages.success(
                    request, f"Written: {made}. It is not in force before you activate it."
                )
                return HttpResponseRedirect(reverse("approvals:policy-version", args=[made.pk]))
    context = {
        "title": f"New version from {policy}",
        "policy": policy,
        "note": note,
        "rows": [_editable(place, row, problems) for place, row in enumerate([*rows, {}])],
        "general": [each for each in problems if not each.attr.startswith("rows.")],
        "problems": problems,
        "inputs": INPUTS,
        "trail": [
            POLICIES,
            (str(policy), reverse("approvals:policy-version", args=[pk])),
            ("New", ""),
        ],
    }
    return render(request, "approvals/policy_edit.html", context, status=422 if problems else 200)


@desk.page("approvals.change_policy")
def policy_import(request: HttpRequest) -> HttpResponse:
    """A version from JSON, as the export wrote it."""
    form = PolicyFile(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = versions.create(by=request.user, **form.cleaned_data["text"])
        except Invalid as error:
            for problem in error.problems:
                form.add_error("text", f"{problem.attr}: {problem.message} {problem.hint}".strip())
        else:
            return HttpResponseRedirect(reverse("approvals:policy-version", args=[made.pk]))
    context = {
        "title": "Take a policy from JSON",
        "lead": "It becomes the next version of its preset. Nothing is in force before you activate it.",
        "form": form,
        "button": "Write the version",
        "back": POLICIES[1],
        "trail": [POLICIES, ("From JSON", "")],
    }
    return render(request, "desk/form.html", context, status=422 if form.errors else 200)


@desk.page(*READS)
def policy_export(request: HttpRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(Policy, pk=pk)
    answer = JsonResponse(versions.exported(policy), json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="{policy.preset}-v{policy.version}.json"'
    return answer


@require_POST
@desk.page("approvals.change_policy")
def policy_activate(request: HttpRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(Policy, pk=pk)
    return desk.act(
        request,
        lambda: versions.activate(policy, by=request.user),
        done=f"New reviews follow {policy}. Running ones keep theirs.",
        to=reverse("approvals:policy-version", args=[pk]),
    )


@desk.page(*READS)
def simulate(request: HttpRequest) -> HttpResponse:
    """What would this draft need, and why? A draft is chosen, or its inputs are given."""
    form = SimulateForm(request.GET if "type" in request.GET else None)
    seen = access.drafts(request.user).order_by("-pk")
    answer, draft = None, None
    try:
        if chosen := desk.id_of(request.GET.get("draft", "")):
            draft = seen.filter(pk=chosen).select_related("author", "segment").first()
            answer = simulation.of_draft(draft) if draft else None
        elif form.is_bound and form.is_valid():
            answer = simulation.of_facts(form.facts())
    except HalcytoneError as error:
        messages.error(request, str(error))
    context = {
        "title": "What would it need?",
        "form": form,
        "drafts": seen[:100],
        "draft": draft,
        "answer": answer,
        "trail": [POLICIES, ("What would it need?", "")],
    }
    return render(request, "approvals/simulate.html", context)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row in the words of people."""
    steps = [policy_words.stage(each) for each in row["stages"]]
    return {**row, "words": policy_words.when(row["when"]), "steps": steps}


def _editable(place: int, row: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Return a row as the form shows it, with the problems that stand at its place."""
    mine = [each for each in problems if f"{each.attr}.".startswith(f"rows.{place}.")]
    is_sound = bool(row) and not problems
    return {
        "words": policy_words.when(row["when"]) if is_sound else "",
        "steps": [policy_words.stage(each) for each in row["stages"]] if is_sound else [],
        "place": place,
        "row": row,
        "when": row.get("when_text", _json(row.get("when", {}))),
        "stages": row.get("stages_text", _json(row.get("stages", []))),
        "problems": mine,
        "is_new": not row,
    }


def _typed(request: HttpRequest) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return the rows that a person typed, and what of them is no JSON at all."""
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    given = request.POST
    for number in range(min(desk.id_of(given.get("count", "")) or 0, 101)):
        name = given.get(f"name-{number}", "").strip()
        if given.get(f"gone-{number}") or not (name or given.get(f"level-{number}")):
            continue
        row: dict[str, Any] = {
            "name": name,
            "level": desk.id_of(given.get(f"level-{number}", "")) or 0,
            "auto_approval": bool(given.get(f"auto-{number}")),
            "note": given.get(f"note-{number}", "").strip(),
        }
        for field in ("when", "stages"):
            text = given.get(f"{field}-{number}", "")
            try:
                row[field] = json.loads(text or "{}")
            except (ValueError, RecursionError) as error:
                place = f"rows.{len(rows)}.{field}"
                problems.append(Problem("json", f"This is no JSON: {error}.", place))
                row[f"{field}_text"] = text
        rows.append(row)
    return rows, problems


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def draft_needs(draft: Draft) -> simulation.Answer | None:
    """Return what a draft would need; None while no policy is in force."""
    try:
        return simulation.of_draft(draft)
    except HalcytoneError:
        return None
