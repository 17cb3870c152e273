"""What people type on the desk about documents and drafts. Rules are the services'."""

from typing import Any

from django import forms
from django.conf import settings

from content.models import Document, Draft, FormatName, Item
from segmentation.models import Segment

FILES = (
    "Markdown, text, JSON, a web page (.html), a Word document (.docx), or a text with its images (.zip); "
    "up to 10 MB."
)
STRATEGIES = Document.Strategy.choices


class DocumentForm(forms.Form):
    """A new document: a file, or a text."""

    name = forms.CharField(max_length=200, label="Name", help_text="As your team calls it.")
    file = forms.FileField(required=False, label="File", help_text=FILES)
    text = forms.CharField(
        required=False,
        label="or text",
        widget=forms.Textarea(attrs={"rows": 14, "class": "mono", "spellcheck": "false"}),
    )
    strategy = forms.ChoiceField(choices=STRATEGIES, initial="auto", label="Read it as")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if bool(values.get("file")) == bool(values.get("text")):
            raise forms.ValidationError("Give a file or a text: one of the two.")
        return values


class LinkForm(forms.Form):
    """A document that lives elsewhere: where it is, and how it is to be read."""

    kind = forms.ChoiceField(
        choices=[
            (kind, kind.label)
            for kind in (Document.Kind.GOOGLE_DOCS, Document.Kind.NOTION, Document.Kind.URL)
        ],
        label="Where it is written",
        widget=forms.RadioSelect,
        initial=Document.Kind.GOOGLE_DOCS,
    )
    key = forms.CharField(
        max_length=500,
        label="Its address or id",
        help_text="As it stands in the address bar of your browser. Share the document with this installation first.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        max_length=200, required=False, label="Name", help_text="Its own title when left empty."
    )
    strategy = forms.ChoiceField(choices=STRATEGIES, initial="auto", label="Read it as")
    interval_minutes = forms.IntegerField(
        min_value=0,
        max_value=10_080,
        initial=settings.SYNC_INTERVAL_MINUTES,
        label="Minutes between two readings",
        help_text="0 reads it only when somebody asks.",
    )
    drift_policy = forms.ChoiceField(
        choices=Document.DriftPolicy.choices,
        initial=Document.DriftPolicy.NOTIFY,
        label="When it changes after something was made of it",
    )


class DocumentSettingsForm(forms.ModelForm):
    """How a linked document is read from now on."""

    class Meta:
        model = Document
        fields = ["name", "strategy", "interval_minutes", "drift_policy", "is_active"]
        labels = {
            "strategy": "Read it as",
            "interval_minutes": "Minutes between two readings",
            "drift_policy": "When it changes after something was made of it",
            "is_active": "Read it at all",
        }


class TextForm(forms.Form):
    """The next text of a document, as a file or typed; what was packed can only be given as a file."""

    file = forms.FileField(required=False, label="File", help_text=FILES)
    text = forms.CharField(
        required=False,
        label="or text",
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, is_typed: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_typed:
            del self.fields["text"]
            self.fields["file"].required = True


class ItemTextForm(forms.Form):
    """The words of an item."""

    title = forms.CharField(max_length=200)
    content = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 14, "class": "mono"}), help_text="Markdown."
    )


class ItemForm(ItemTextForm):
    """One person's edit of an item."""

    reason = forms.CharField(
        max_length=300, help_text="Why, in a few words. It stays with the text."
    )


class DraftForm(forms.ModelForm):
    """The settings of a draft. The slot is proposed here and approved with the piece."""

    slot = forms.DateTimeField(
        required=False,
        label="Goes out",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=f"Wall-clock time in {settings.DEFAULT_ZONE.split('/')[-1].replace('_', ' ')}.",
    )
    items = forms.ModelMultipleChoiceField(
        queryset=Item.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Pieces",
        help_text="In the order of the documents.",
    )
    formats = forms.MultipleChoiceField(
        choices=FormatName.choices,
        initial=[name for name in FormatName.values if name != FormatName.INSTAGRAM],
        widget=forms.CheckboxSelectMultiple,
    )
    segment = forms.ModelChoiceField(Segment.objects.all(), required=False, label="Audience")

    class Meta:
        model = Draft
        fields = [
            "type",
            "title",
            "subject",
            "preheader",
            "priority",
            "urgency",
            "is_featured",
            "is_dry",
        ]
        labels = {"is_dry": "Rehearsal: nothing leaves"}
        help_texts = {
            "is_dry": "It is rendered, approved and released like any other, and reaches nobody."
        }

    def __init__(self, *args: Any, items: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].choices = Draft.Type.choices  # type: ignore[attr-defined]
        self.fields["title"].required = False
        self.fields["title"].help_text = "Made from the pieces when left empty."
        if items is not None:
            self.fields["items"].queryset = items  # type: ignore[attr-defined]

    def slot_wall(self) -> str:
        """Return the slot as the services take it: "YYYY-MM-DDTHH:MM", or ""."""
        slot = self.cleaned_data.get("slot")
        return slot.replace(tzinfo=None).isoformat(timespec="minutes") if slot else ""
