"""Every page of the desk, measured as different people get it."""

import pytest

from tests.e2e.measuring import LOGIN_REQUESTS, LOGIN_WEIGHT, crawl, judge, measure, tell

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("name", ["admin", "viewer"])
def test_every_page_of_the_desk_meets_its_targets(name, at_desk, decided):
    person = at_desk(name)
    pages = crawl(person)
    tell(f"pages of the desk as {name}", pages)
    assert len(pages) >= (30 if name == "admin" else 12)
    assert any(one.rows == 40 for one in pages) or name != "admin"
    wrong = [line for page in pages for line in judge(page)]
    assert not wrong, "\n".join(wrong)


def test_signing_in_is_light_and_accessible(stranger):
    found = measure(stranger(), "/accounts/login/")
    tell("before signing in", [found])
    assert judge(found, weight=LOGIN_WEIGHT, requests=LOGIN_REQUESTS) == []
