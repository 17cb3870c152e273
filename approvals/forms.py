"""What people type on the desk about the policy."""

from typing import Any

from django import forms

from content.models import Draft


class SimulateForm(forms.Form):
    """A draft that does not exist: what would it need?"""

    type = forms.ChoiceField(choices=Draft.Type.choices, label="Kind")
    priority = forms.IntegerField(min_value=1, max_value=5, initial=3)
    urgency = forms.ChoiceField(choices=Draft.Urgency.choices, initial="medium")
    featured = forms.BooleanField(required=False)
    sensitive = forms.CharField(required=False, label="Sensitivity flags", help_text="With commas.")

    def facts(self) -> dict[str, Any]:
        """Return the routing inputs as the policy reads them."""
        values = self.cleaned_data
        flags = [flag.strip() for flag in values["sensitive"].split(",") if flag.strip()]
        return {**values, "flags": flags, "weekly": values["type"] == "weekly"}
