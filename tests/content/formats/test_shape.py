import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from content.formats import shape
from halcytone.lib import canonical

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_a_clean_copy_is_what_comes_out_of_canonical_json(value):
    made = shape.clean(value)
    assert json.dumps(made) == json.dumps(json.loads(canonical.text(value)))


def test_a_clean_copy_has_plain_texts_and_no_numbers_that_json_lacks():
    made = shape.clean({"b": Markup("<e\u0301>"), "a": ("x", 1)})
    assert made == {"a": ["x", 1], "b": "<é>"}
    assert type(made["b"]) is str
    with pytest.raises(ValueError, match="JSON"):
        shape.clean({"a": float("nan")})
