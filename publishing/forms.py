"""Forms of publishing's pages on the desk."""

from typing import Any

from django import forms

from content.models import Draft, FormatName
from publishing.models import Rollout
from publishing.services import rollouts


class RolloutForm(forms.Form):
    """How a release is spread over time; one send window for each format of the draft."""

    is_staged = forms.BooleanField(
        required=False,
        label="Networks on day 1, page on day 2, mail on day 3",
    )
    stagger_min = forms.IntegerField(
        min_value=0,
        max_value=rollouts.MOST_STAGGER_MIN,
        label="Spread the networks over so many minutes",
        help_text="0: all of them together; 30 is usual.",
    )
    by_reader_zone = forms.BooleanField(
        required=False, label="Mail at the slot's time of each reader, zone by zone"
    )
    canary = forms.ChoiceField(
        choices=Rollout.Canary.choices,
        label="Begin with a few, and stop when something is wrong",
    )

    def __init__(self, draft: Draft, row: Rollout, data: Any = None) -> None:
        shown = {
            name: getattr(row, name)
            for name in ("is_staged", "stagger_min", "by_reader_zone", "canary")
        }
        for format, (opens, closes) in row.windows.items():
            shown |= {f"opens_{format}": opens, f"closes_{format}": closes}
        super().__init__(data, initial=shown)
        self.formats = list(draft.formats)
        labels = dict(FormatName.choices)
        for format in self.formats:
            for end, word in (("opens", "from"), ("closes", "until")):
                self.fields[f"{end}_{format}"] = forms.TimeField(
                    required=False,
                    label=f"{labels.get(format, format)} only {word}",
                    widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for format in self.formats:
            ends = [found.get(f"{end}_{format}") for end in ("opens", "closes")]
            if any(ends) and not all(ends):
                self.add_error(f"opens_{format}", "A send window has both of its ends.")
        return found

    @property
    def choices(self) -> list[forms.BoundField]:
        """Return the fields that are about the whole release."""
        return [field for field in self if not field.name.startswith(("opens_", "closes_"))]

    @property
    def ends(self) -> list[forms.BoundField]:
        """Return the fields of the send windows."""
        return [field for field in self if field.name.startswith(("opens_", "closes_"))]

    @property
    def has_windows(self) -> bool:
        return any(field.value() or field.errors for field in self.ends)

    @property
    def values(self) -> dict[str, Any]:
        """Return the choices as the service takes them."""
        given = self.cleaned_data
        windows = {
            format: [f"{given[f'{end}_{format}']:%H:%M}" for end in ("opens", "closes")]
            for format in self.formats
            if given[f"opens_{format}"]
        }
        plain = ("is_staged", "stagger_min", "by_reader_zone", "canary")
        return {**{name: given[name] for name in plain}, "windows": windows}
