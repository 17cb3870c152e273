"""What people type on the desk about their working time. Rules are the services'."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from approvals.models import Absence, Delegation, FastTrack, WorkingCalendar
from approvals.services import eligibility, people
from content.models import Draft

DAYS = [(1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"),
        (6, "Saturday"), (7, "Sunday")]  # fmt: skip


def _date(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))


class Choices(forms.MultipleChoiceField):
    """Some of a few words, each a box of its own."""

    widget = forms.CheckboxSelectMultiple


class WeekForm(forms.Form):
    """When somebody works."""

    days = forms.TypedMultipleChoiceField(
        choices=DAYS, coerce=int, label="Days", widget=forms.CheckboxSelectMultiple
    )
    start = forms.TimeField(label="From", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    end = forms.TimeField(label="Until", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    country = forms.CharField(
        required=False, max_length=2, label="Public holidays of", help_text="A country: US, DE, FR."
    )
    subdivision = forms.CharField(
        required=False, max_length=10, label="Region", help_text="Where it has days of its own: NY."
    )
    days_off = forms.CharField(
        required=False,
        label="Further days off",
        help_text="One a line: 2026-12-24.",
        widget=forms.Textarea({"rows": 3}),
    )

    @classmethod
    def of(cls, week: WorkingCalendar) -> "WeekForm":
        known = ("days", "start", "end", "country", "subdivision")
        values = {name: getattr(week, name) for name in known}
        return cls(initial={**values, "days_off": "\n".join(week.days_off)})

    def clean_days_off(self) -> list[str]:
        return str(self.cleaned_data["days_off"]).replace(",", " ").split()


class AbsenceForm(forms.Form):
    """Days away."""

    prefix = "absence"
    starts_on = _date("First day")
    ends_on = _date("Last day")
    note = forms.CharField(required=False, max_length=Absence._meta.get_field("note").max_length)


class DelegationForm(forms.Form):
    """Who speaks for somebody, on which days."""

    prefix = "delegation"
    delegate: Any = forms.ModelChoiceField(
        queryset=get_user_model()._default_manager.none(),
        label="Who speaks",
        empty_label="Choose …",
    )
    starts_on = _date("First day")
    ends_on = _date("Last day")
    roles = Choices(required=False, label="Roles", help_text="None ticked: all of them.")
    types = Choices(
        required=False,
        label="Kinds of drafts",
        help_text="None ticked: every kind.",
        choices=Draft.Type.choices,
    )
    note = forms.CharField(required=False, max_length=Delegation._meta.get_field("note").max_length)

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["delegate"].queryset = people.deciders().exclude(pk=person.pk)
        held = eligibility.roles_of(person)
        fields["roles"].choices = [(role, eligibility.label([role])) for role in held]


class FastTrackForm(forms.Form):
    """Why a draft goes the short way."""

    matter = forms.ChoiceField(choices=FastTrack.Matter.choices, label="Matter")
    reason = forms.CharField(max_length=300, label="Why", widget=forms.Textarea({"rows": 3}))
