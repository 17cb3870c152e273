"""What a rule may speak of: fields with their kinds, and the operators of each kind.

Source: the rule language of the audience specification.
"""

from collections.abc import Mapping

TEXT, INTEGER, NUMBER, BOOLEAN = "text", "integer", "number", "boolean"
DATE, MOMENT, LIST, MONTH_DAY = "date", "moment", "list", "month_day"

#: Fields of a contact. Named dates are `dates.<name>`, declared attributes `attributes.<name>`.
FIELDS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "email", "external_id", "name", "headline", "location", "language", "timezone",
            "profession", "industry", "experience_level", "stage",
        ),
        TEXT,
    ),
    **dict.fromkeys(
        (
            "birth_day", "birth_month", "birth_year", "content_interactions", "total_active_days",
            "feedback_given",
        ),
        INTEGER,
    ),
    **dict.fromkeys(
        ("sessions_per_week", "avg_duration_min", "sharing_frequency", "engagement", "relevance"),
        NUMBER,
    ),
    **dict.fromkeys(
        ("interests", "goals", "tags", "features_used", "preferred_times", "device_types"), LIST
    ),
    **dict.fromkeys(("last_active_at", "created_at"), MOMENT),
    "birthday": MONTH_DAY,
}  # fmt: skip

IS = ("is_set", "is_empty")
EQUAL = ("eq", "ne")
AMONG = ("in", "not_in")
ORDER = ("gt", "gte", "lt", "lte", "between")
DAYS = ("on_day", "before", "after", "between", "within_days", "older_than_days")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    TEXT: (*EQUAL, *AMONG, "contains_word", "starts_with", *IS),
    INTEGER: (*EQUAL, *AMONG, *ORDER, *IS),
    NUMBER: (*EQUAL, *AMONG, *ORDER, *IS),
    BOOLEAN: (*EQUAL, *IS),
    DATE: (*DAYS, "month_day_within", *IS),
    MOMENT: (*DAYS, *IS),
    LIST: ("has_any", "has_all", *IS),
    MONTH_DAY: ("month_day_within", *IS),
}
ALL_OPERATORS = frozenset(op for ops in OPERATORS.values() for op in ops)
EVENT_OPERATORS = frozenset(("exists", "not_exists", "count_eq", "count_gte", "count_lte"))
CONSENT_OPERATORS = ("given", "withdrawn")

#: What an operator takes: nothing, one value of the field's kind, several, two, a day, or days.
TAKES: Mapping[str, str] = {
    **dict.fromkeys(IS, "nothing"),
    **dict.fromkeys((*AMONG, "has_any", "has_all"), "several"),
    "between": "two",
    **dict.fromkeys(("within_days", "older_than_days", "month_day_within"), "days"),
}


def kind(field: str, attributes: Mapping[str, str] | None = None) -> str | None:
    """Return the kind of a field, or None when there is no such field.

    `attributes` maps declared names to kinds. Without it an attribute's kind is not known: "".
    """
    group, dot, name = field.partition(".")
    if not dot:
        return FIELDS.get(field)
    if group == "dates" and name:
        return DATE
    if group == "attributes" and name:
        return "" if attributes is None else attributes.get(name)
    return None
