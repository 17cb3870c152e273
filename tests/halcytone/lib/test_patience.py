import time

import pytest

from halcytone.lib.errors import Refused, Unavailable
from halcytone.lib.patience import patiently


class Asked:
    """Fails with each of these in turn, then answers; notes when it was asked."""

    def __init__(self, *errors):
        self.errors, self.at = list(errors), []

    def __call__(self):
        self.at.append(time.monotonic())
        if self.errors:
            raise self.errors.pop(0)
        return "answer"

    @property
    def waits(self):
        return [after - before for before, after in zip(self.at, self.at[1:], strict=False)]


def busy(**rest):
    return Unavailable("Not now.", **rest)


def test_an_answer_after_two_failures_is_an_answer_and_each_wait_is_twice_as_long():
    asked = Asked(busy(), busy())
    assert patiently(asked, first_wait_s=0.1) == "answer"
    first, second = asked.waits
    assert 0.1 <= first < 0.2 <= second < 0.35


def test_the_third_failure_is_the_last():
    asked = Asked(*[busy()] * 4)
    with pytest.raises(Unavailable):
        patiently(asked, first_wait_s=0)
    assert len(asked.at) == 3


def test_what_the_other_side_asks_for_wins():
    asked = Asked(busy(retry_after_s=1), busy(retry_after_s=0))
    assert patiently(asked, first_wait_s=30) == "answer"
    assert asked.waits == [pytest.approx(1, abs=0.2), pytest.approx(0, abs=0.2)]


@pytest.mark.parametrize(
    "error",
    [busy(retry_after_s=61), busy(code="outbound_closed"), Refused("No."), ValueError("a bug")],
    ids=["a long wait", "our own door", "a refusal", "a bug"],
)
def test_some_failures_are_told_at_once(error):
    asked = Asked(error)
    with pytest.raises(type(error)):
        patiently(asked, first_wait_s=30)
    assert len(asked.at) == 1
