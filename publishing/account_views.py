"""The desk's pages about accounts: how they stand, their passports, and connecting them."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from halcytone.lib import desk
from halcytone.lib.errors import HalcytoneError, Invalid
from publishing import costs, stop_views
from publishing.channels.base import SignsIn
from publishing.models import Account, PassportValue, Stop
from publishing.passports import channel_class
from publishing.services import account_board, accounts, connections, passports, renewals
from publishing.services.account_board import as_value

ACCOUNTS = ("Accounts", "/admin/accounts/")
ACTS: dict[str, tuple[Any, str]] = {
    "check": (connections.check, "Asked. What the place said stands here."),
    "refresh": (renewals.refresh, "The token was renewed."),
    "disconnect": (connections.disconnect, "Disconnected. The token is deleted."),
}


class ValueForm(forms.Form):
    """A value in place of the channel's own. It is written as JSON, or as plain text."""

    level = forms.ChoiceField(
        label="It holds for",
        choices=[("account", "this account"), ("channel", "all accounts of the channel")],
    )
    value = forms.CharField(
        required=False, max_length=2_000, help_text="A number, a day, a text, or null for no limit."
    )
    reason = forms.CharField(
        max_length=300, help_text="Why it differs from what the place publishes."
    )
    review_on = forms.DateField(
        label="Look at it again on", widget=forms.DateInput(attrs={"type": "date"})
    )

    def given(self) -> Any:
        """Return the value: JSON where it is one, else the text itself."""
        text = self.cleaned_data["value"].strip()
        try:
            return json.loads(text) if text else None
        except ValueError:
            return text


@desk.page("publishing.view_account")
def account_list(request: HttpRequest) -> HttpResponse:
    person, now = request.user, timezone.now()
    lines = account_board.lines(Account.objects.all(), now)
    context = {
        "title": "Accounts",
        "lines": [(line, _money(line)) for line in lines],
        "warnings": [finding for line in lines for finding in line.findings],
        "may_add": accounts.may(person, "add"),
        "trail": [("Accounts", "")],
    }
    return render(request, "publishing/account_list.html", context)


@desk.page("publishing.view_account")
def account_detail(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_object_or_404(Account, pk=pk)
    (line,) = account_board.lines([account], timezone.now())
    values = PassportValue.history.filter(channel=account.channel)
    versions = [v for v in values.select_related("history_user")[:200] if _is_of(v, account)]
    context = {
        "title": account.name,
        "account": account,
        "line": line,
        "money": _money(line),
        "values": account_board.values(account),
        "versions": versions[:20],
        "changes": account.history.select_related("history_user")[:10],
        "sign_ins": account_board.sign_ins(account)[:10],
        "stops": [stop for stop in stop_views.open_stops() if _holds(stop, account)],
        "may_change": accounts.may(request.user, "change", account.format),
        "signs_in": _signs_in(account),
        "trail": [ACCOUNTS, (account.name, "")],
    }
    return render(request, "publishing/account_detail.html", context)


@require_POST
@desk.page("publishing.view_account")
def account_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    account = get_object_or_404(Account, pk=pk)
    service, done = ACTS[act]
    to = reverse("publishing:account", args=[pk])
    return desk.act(request, lambda: service(account, by=request.user), done=done, to=to)


@require_GET
@desk.page("publishing.view_account")
def account_connect(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a person to the place. Nothing is kept; the way back carries everything, signed."""
    account = get_object_or_404(Account, pk=pk)
    try:
        return HttpResponseRedirect(connections.begin(account, by=request.user))
    except HalcytoneError as error:
        return _refused(request, error, reverse("publishing:account", args=[pk]))


@desk.page("publishing.view_account")
def account_connected(request: HttpRequest) -> HttpResponse:
    """Where places send people back to. Looking keeps nothing: the button does."""
    given = request.POST or request.GET
    state, code = given.get("state", ""), given.get("code", "")
    if request.method != "POST":
        return render(request, "publishing/account_connected.html", _begun(request, state, code))
    try:
        account = connections.finish(state, code, by=request.user)
    except HalcytoneError as error:
        return _refused(request, error, ACCOUNTS[1])
    to = reverse("publishing:account", args=[account.pk])
    return desk.act(request, lambda: None, done=f"{account} is connected.", to=to)


@desk.page("publishing.view_account")
def passport_value(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Put a value in place of the channel's own, or change it."""
    account = get_object_or_404(Account, pk=pk)
    found = {value.name: value for value in account_board.values(account)}
    known = found.get(name)
    row = known.row if known else None
    form = ValueForm(request.POST or None, initial=_initial(known))
    back = reverse("publishing:account", args=[pk])
    is_given = request.method == "POST" and form.is_valid()
    if is_given and (saved := _save(form, account, name, request.user)):
        return saved
    context = {
        "title": f"{name}, {account.name}",
        "lead": f"The channel itself says: {as_value(known.default) if known else 'nothing'}.",
        "form": form,
        "button": "Keep this value",
        "back": back,
        "row": row,
        "account": account,
        "trail": [ACCOUNTS, (account.name, back), (name, "")],
    }
    return render(request, "publishing/passport_value.html", context)


@require_POST
@desk.page("publishing.view_account")
def passport_restore(request: HttpRequest, pk: int, value: int) -> HttpResponse:
    account = get_object_or_404(Account, pk=pk)
    row = get_object_or_404(PassportValue, pk=value, channel=account.channel)
    to = reverse("publishing:account", args=[pk])
    done = "The channel's own value holds again."
    return desk.act(request, lambda: passports.restore(row, by=request.user), done=done, to=to)


def _begun(request: HttpRequest, state: str, code: str) -> dict[str, Any]:
    """Return what the page of the way back shows: for which account, or why it leads nowhere."""
    context = {
        "title": "Connect the account",
        "state": state,
        "code": code,
        "trail": [ACCOUNTS, ("Connect", "")],
    }
    try:
        return context | {"account": connections.begun(state, by=request.user)}
    except HalcytoneError as error:
        return context | {"refused": str(error)}


def _save(form: ValueForm, account: Account, name: str, by: Any) -> HttpResponse | None:
    """Keep the value and go to the account; None when it was refused, which the form then says."""
    level = form.cleaned_data["level"]
    try:
        passports.override(
            by=by,
            channel=account.channel,
            account=account if level == "account" else None,
            name=name,
            value=form.given(),
            reason=form.cleaned_data["reason"],
            review_on=form.cleaned_data["review_on"],
        )
    except Invalid as error:
        for problem in error.problems:
            field = problem.attr if problem.attr in form.fields else "value"
            form.add_error(field, problem.message)
    except HalcytoneError as error:
        form.add_error(None, str(error))
    else:
        return redirect("publishing:account", account.pk)
    return None


def _initial(known: account_board.Value | None) -> dict[str, Any]:
    if known is None:
        return {}
    value = known.value
    text = value if isinstance(value, str) else json.dumps(value)
    row = known.row
    kept = {"reason": row.reason, "review_on": row.review_on, "level": known.level} if row else {}
    return {"value": text, **kept}


def _holds(stop: Stop, account: Account) -> bool:
    return stop.account_id == account.pk or stop.channel == account.channel


def _is_of(version: Any, account: Account) -> bool:
    return version.account_id in (None, account.pk)


def _money(line: account_board.Line) -> str:
    """Return "$1.24 of $25", or "" where nothing has a price."""
    if not line.passport.prices:
        return ""
    return costs.month_sentence(line.month, line.passport)


def _signs_in(account: Account) -> bool:
    return issubclass(channel_class(account.channel), SignsIn)


def _refused(request: HttpRequest, error: HalcytoneError, to: str) -> HttpResponse:
    def again() -> None:
        raise error

    return desk.act(request, again, done="", to=to)
