"""What people type on the desk about policies, impact and legal matters."""

import json
from typing import Any

from django import forms

from approvals.inputs import INPUTS
from approvals.models import ImpactAssessment, LegalReview

YES_NO = [("", "Not answered"), ("yes", "Yes"), ("no", "No")]


class YesNo(forms.TypedChoiceField):
    """Yes, no, or not answered (None)."""

    def __init__(self, label: str) -> None:
        super().__init__(
            label=label,
            choices=YES_NO,
            required=False,
            coerce=lambda word: word == "yes",
            empty_value=None,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)


class SimulateForm(forms.Form):
    """A draft that does not exist: what would it need?"""

    type = forms.ChoiceField(
        choices=[(each, each) for each in INPUTS["type"].choices], label="Kind"
    )
    priority = forms.IntegerField(min_value=1, max_value=5, initial=3)
    urgency = forms.ChoiceField(
        choices=[(each, each) for each in INPUTS["urgency"].choices], initial="medium"
    )
    budget_usd = forms.FloatField(
        required=False, min_value=0, max_value=1e12, label="Budget in USD"
    )
    audience_size = forms.IntegerField(required=False, min_value=0, label="Audience")
    featured = forms.BooleanField(required=False)
    technical = forms.BooleanField(required=False)
    launch = forms.BooleanField(required=False, label="Product launch")
    major_news = forms.BooleanField(required=False)
    flags = forms.MultipleChoiceField(
        choices=[(each, each.replace("_", " ")) for each in INPUTS["flags"].choices],
        required=False,
        label="Sensitivity flags",
        widget=forms.CheckboxSelectMultiple,
    )
    legal_triggers = forms.MultipleChoiceField(
        choices=[(each, each) for each in INPUTS["legal_triggers"].choices],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def facts(self) -> dict[str, Any]:
        """Return the routing inputs as the policy reads them."""
        values = self.cleaned_data
        return {
            **values,
            "weekly": values["type"] == "weekly",
            "has_budget": bool(values["budget_usd"]),
            "checks_green": True,
            "author_may_publish": True,
        }


class PolicyFile(forms.Form):
    """A version of a policy as JSON."""

    text = forms.CharField(label="JSON", widget=forms.Textarea(attrs={"class": "mono", "rows": 20}))

    def clean_text(self) -> dict[str, Any]:
        try:
            found = json.loads(self.cleaned_data["text"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"This is no JSON: {error}.") from error
        if not isinstance(found, dict) or not {"preset", "rows"} <= found.keys():
            raise forms.ValidationError("It needs “preset” and “rows”, and may have a “note”.")
        return {name: found[name] for name in ("preset", "rows", "note") if name in found}


class ImpactForm(forms.Form):
    """The questions of the impact assessment; one that is left open stays open."""

    market_significance = forms.ChoiceField(
        choices=[("", "Not answered"), *ImpactAssessment.Significance.choices], required=False
    )
    competitive_implications = YesNo("Competitive implications")
    regulatory_considerations = YesNo("Regulatory considerations")
    stakeholders = forms.CharField(
        required=False,
        label="Stakeholders to notify",
        help_text="One a line; write “none” if nobody has to be told.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    media_coordination = YesNo("Media coordination")
    crisis_preparation = YesNo("Crisis preparation")
    board_told_on = forms.DateField(
        required=False,
        label="Board told on",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_stakeholders(self) -> list[str] | None:
        lines = [line.strip() for line in self.cleaned_data["stakeholders"].splitlines()]
        names = [line for line in lines if line]
        if [name.lower() for name in names] == ["none"]:
            return []
        return names or None

    @classmethod
    def of(cls, row: ImpactAssessment | None) -> "ImpactForm":
        if row is None:
            return cls()
        names = row.stakeholders
        words = "none" if names == [] else "\n".join(names or [])
        return cls(initial={**row.__dict__, "stakeholders": words})


class LegalForm(forms.Form):
    """Counsel's record of a review."""

    risk = forms.ChoiceField(choices=LegalReview.Risk.choices, label="Risk category")
    frames = forms.MultipleChoiceField(
        choices=LegalReview.Frame.choices,
        required=False,
        label="Frames looked at",
        widget=forms.CheckboxSelectMultiple,
    )
    comments = forms.CharField(
        required=False, label="Comments", widget=forms.Textarea(attrs={"rows": 3})
    )
    approval = forms.CharField(
        required=False, label="Documented approval", widget=forms.Textarea(attrs={"rows": 2})
    )
    monitor_on = forms.DateField(
        required=False, label="Look again on", widget=forms.DateInput(attrs={"type": "date"})
    )
