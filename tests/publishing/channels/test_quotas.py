"""What the headers of an answer say of the limits of a place."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from publishing.channels import quotas

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
RESET = NOW + timedelta(minutes=9)
STAMP = str(int(RESET.timestamp()))


def read(status=200, **headers):
    return quotas.read(
        status, httpx.Headers({k.replace("_", "-"): v for k, v in headers.items()}), NOW
    )


def test_an_answer_without_limits_says_nothing():
    assert read(content_type="application/json") is None


def test_a_number_that_is_left_is_read_with_its_reset():
    told = read(x_rate_limit_remaining="12", x_rate_limit_reset=STAMP)
    assert (told.left, told.resets_at, told.pause_until) == (12, RESET, None)


def test_nothing_left_is_a_pause_until_the_reset():
    told = read(x_rate_limit_remaining="0", x_rate_limit_reset=STAMP)
    assert told.is_spent(NOW)
    assert not told.is_spent(RESET)


@pytest.mark.parametrize(("wait", "pause_s"), [("30", 30), ("0", 0)])
def test_a_429_with_retry_after_is_a_pause(wait, pause_s):
    assert read(429, retry_after=wait).pause_until == NOW + timedelta(seconds=pause_s)


@pytest.mark.parametrize(
    ("usage", "is_slow"),
    [
        ({"call_count": 79, "total_time": 10, "total_cputime": 1}, False),
        ({"call_count": 10, "total_time": 80, "total_cputime": 1}, True),
        ({"call_count": 100}, True),
    ],
)
def test_from_eighty_per_cent_of_the_usage_on_it_is_slow(usage, is_slow):
    assert read(x_app_usage=json.dumps(usage)).is_spent(NOW) is is_slow


def test_the_time_that_meta_names_is_obeyed():
    rows = {"123": [{"type": "pages", "call_count": 95, "estimated_time_to_regain_access": 25}]}
    told = read(x_business_use_case_usage=json.dumps(rows))
    assert told.pause_until == NOW + timedelta(minutes=25)


@pytest.mark.parametrize("text", ["", "many", "[]", "{", '{"call_count": "95"}', '{"a": 1}'])
def test_headers_that_cannot_be_read_say_nothing(text):
    assert read(x_app_usage=text, x_rate_limit_remaining=text) is None
