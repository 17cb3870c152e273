"""What people type on the desk about contacts and segments. Rules are the services'."""

import json
from typing import Any

from django import forms

from segmentation import fields, rules
from segmentation.models import ImportRun, Purpose, Segment, Suppression

FIELD_CHOICES = [("", "—"), *((name, name.replace("_", " ")) for name in fields.FIELDS)]
OPERATOR_CHOICES = [
    ("eq", "is"), ("ne", "is not"), ("has_any", "has any of"), ("has_all", "has all of"),
    ("in", "is one of"), ("not_in", "is none of"), ("contains_word", "contains the word"),
    ("starts_with", "starts with"), ("gte", "is at least"), ("lte", "is at most"),
    ("gt", "is more than"), ("lt", "is less than"), ("on_day", "is on"), ("before", "is before"),
    ("after", "is after"), ("within_days", "is within days"),
    ("older_than_days", "is older than days"), ("month_day_within", "comes within days"),
    ("is_set", "is known"), ("is_empty", "is unknown"),
]  # fmt: skip
MODES = [("all", "all of these"), ("any", "any of these")]
ROWS = 6


class SegmentForm(forms.ModelForm):
    """Name and purpose of a segment; its rule comes from `rule_of`."""

    mode = forms.ChoiceField(choices=MODES, label="People who meet")
    json_rule = forms.CharField(
        required=False,
        label="Or the rule as JSON",
        widget=forms.Textarea(attrs={"rows": 8, "class": "mono", "spellcheck": "false"}),
        help_text="all, any and not over conditions; used instead of the rows above when not empty.",
    )

    class Meta:
        model = Segment
        fields = ["name", "key", "description", "purpose", "list"]


class ConditionForm(forms.Form):
    """One row of the rule."""

    is_not = forms.BooleanField(required=False, label="not")
    field = forms.ChoiceField(choices=FIELD_CHOICES, required=False, label="Field")
    op = forms.ChoiceField(choices=OPERATOR_CHOICES, required=False, label="Operator")
    value = forms.CharField(required=False, max_length=500, label="Value")


Conditions = forms.formset_factory(ConditionForm, extra=0, max_num=ROWS)


def rule_of(form: Any, conditions: Any) -> dict[str, Any]:
    """Return the rule that the two forms say. Raises ValueError when the JSON cannot be read."""
    if typed := form.cleaned_data.get("json_rule", "").strip():
        rule: dict[str, Any] = json.loads(typed)
        return rule
    rows = [row.cleaned_data for row in conditions if row.cleaned_data.get("field")]
    members = [_condition(row) for row in rows]
    return {form.cleaned_data["mode"]: members} if members else {}


def _condition(row: dict[str, Any]) -> dict[str, Any]:
    condition: dict[str, Any] = {"field": row["field"], "op": row["op"]}
    takes = fields.TAKES.get(row["op"], "one")
    if takes != "nothing":
        condition["value"] = _value(row["value"], takes, fields.FIELDS[row["field"]])
    return {"not": condition} if row["is_not"] else condition


def _value(text: str, takes: str, kind: str) -> Any:
    if takes == "days":
        return int(text) if text.strip().isdigit() else text
    if takes in ("several", "two"):
        return [_one(part.strip(), kind) for part in text.split(",") if part.strip()]
    return [_one(text.strip(), kind)] if kind == fields.LIST else _one(text.strip(), kind)


def _one(text: str, kind: str) -> Any:
    if kind not in (fields.INTEGER, fields.NUMBER):
        return text
    try:
        return int(text) if kind == fields.INTEGER else float(text)
    except ValueError:
        return text


def rows_of(rule: dict[str, Any]) -> tuple[str, list[dict[str, Any]] | None]:
    """Return (mode, rows) of a rule that fits the form's rows; rows None when it does not."""
    if not rule:
        return "all", []
    mode = next(iter(rule))
    members = rule[mode] if mode in ("all", "any") else None
    if not isinstance(members, list) or len(members) > ROWS:
        return "all", None
    rows = [_row(member) for member in members]
    return (mode, None) if None in rows else (mode, [row for row in rows if row])


def _row(member: dict[str, Any]) -> dict[str, Any] | None:
    is_not = set(member) == {"not"}
    condition = member["not"] if is_not else member
    if "field" not in condition or condition["field"] not in fields.FIELDS:
        return None
    value = condition.get("value", "")
    text = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    return {"is_not": is_not, "field": condition["field"], "op": condition["op"], "value": text}


def sentence(rule: dict[str, Any]) -> str:
    """Return a rule in words, for people."""
    words = dict(OPERATOR_CHOICES)
    found = [
        f"{one['field'].replace('_', ' ')} {words.get(one['op'], one['op'])} {_shown(one.get('value', ''))}".strip()
        for _, one in rules.conditions(rule)
        if "field" in one
    ]
    found += [f"in segment {key}" for key in sorted(rules.references(rule))]
    return "; ".join(found) or "everybody who agreed"


def _shown(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


class SuppressionForm(forms.Form):
    """Somebody, or a domain, that is not to be written to."""

    kind = forms.ChoiceField(
        choices=[choice for choice in Suppression.Kind.choices if choice[0] != "hash"]
    )
    value = forms.CharField(max_length=254, label="Address, domain or id")
    note = forms.CharField(max_length=300, label="Why")


class ImportForm(forms.Form):
    """A file of contacts, checked before anything is written."""

    file = forms.FileField(
        label="CSV file", help_text="UTF-8, comma or semicolon, with a header line."
    )
    policy = forms.ChoiceField(
        choices=ImportRun.Policy.choices, label="What to do with contacts you know already"
    )
    purpose = forms.ChoiceField(
        choices=[("", "no consent in this file"), *Purpose.choices],
        required=False,
        label="They agreed to",
        help_text="Only with the wording below. Without it they are added, but nobody is written to.",
    )
    wording = forms.CharField(
        required=False,
        label="The words they agreed to",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    agreed_on = forms.DateField(
        required=False, label="When", widget=forms.DateInput(attrs={"type": "date"})
    )
