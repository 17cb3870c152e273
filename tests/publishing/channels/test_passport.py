"""Passports: what can be overridden, and with what."""

from datetime import date
from decimal import Decimal

import pytest

from halcytone.lib.errors import Invalid
from publishing.channels import passport
from publishing.channels.memory import Memory
from publishing.channels.passport import Passport
from publishing.channels.platform import Platform
from publishing.channels.smtp import Smtp
from publishing.channels.x import X


def test_single_values_stand_in_place_of_the_defaults_and_the_others_stay():
    changed = X.passport.with_values({"per_hour": 50, "limits.text": 4_000, "prices.post": "0.010"})
    assert (changed.per_hour, changed.per_day) == (50, 300)
    assert (changed.limits["text"], changed.limits["media"]) == (4_000, 4)
    assert (changed.prices["post"], changed.prices["read"]) == (Decimal("0.010"), Decimal("0.001"))
    assert X.passport.limits["text"] == 280


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("per_second", None, None),
        ("sunset_on", "2027-03-31", date(2027, 3, 31)),
        ("monthly_budget", "25.00", Decimal("25.00")),
        ("scopes", ["tweet.read"], ("tweet.read",)),
        ("abilities", ["thread"], frozenset({"thread"})),
        ("auth", "api_key", "api_key"),
        ("contact", "", ""),
    ],
)
def test_a_value_is_read_as_the_passport_holds_it(name, value, held):
    assert getattr(Passport().with_values({name: value}), name) == held


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("per_hour", -1),
        ("per_hour", True),
        ("per_hour", "ten"),
        ("limits.text", None),
        ("limits.", 3),
        ("prices.post", "much"),
        ("prices.post", "-0.1"),
        ("prices.applause", "0.1"),
        ("monthly_budget", "NaN"),
        ("sunset_on", "soon"),
        ("scopes", "tweet.read"),
        ("abilities", ["fly"]),
        ("auth", "magic"),
        ("contact", "x" * 301),
        ("colour", "red"),
    ],
)
def test_a_value_that_it_cannot_hold_is_refused_by_its_name(name, value):
    with pytest.raises(Invalid) as caught:
        Passport().with_values({name: value})
    assert [each.attr for each in caught.value.problems] == [name]


@pytest.mark.parametrize("channel", [X, Smtp, Platform, Memory])
def test_every_value_of_a_channel_survives_being_kept_as_json(channel):
    values = channel.passport.values()
    kept = {name: passport.stored(value) for name, value in values.items()}
    assert Passport().with_values(kept).values() == values


def test_the_pace_of_the_channels_is_what_the_specification_says():
    paces = {each.name: (each.passport.per_second, each.passport.per_hour, each.passport.per_day)
             for each in (Smtp, Platform, X)}  # fmt: skip
    assert paces == {
        "smtp": (10, 1_000, None),
        "platform": (None, 10, 50),
        "x": (None, 15, 300),
    }
