"""What `manage.py check` says about approvals."""

import pytest

from approvals import checks
from approvals.models import Level, Policy


@pytest.mark.parametrize(
    ("setting", "id"),
    [
        ("ACCOUNT_FACTS", "approvals.E001"),
        ("ACCOUNT_ROWS", "approvals.E001"),
        ("RENDITION_LIVE", "approvals.E003"),
    ],
)
def test_functions_of_the_publisher_must_be_importable(settings, setting, id):
    assert checks.check_hooks() == []

    setattr(settings, setting, "tests.approvals.nothing.facts")
    (error,) = checks.check_hooks()
    assert (error.id, setting in error.msg) == (id, True)


@pytest.mark.django_db
def test_a_policy_must_be_active():
    assert checks.check_policies(databases=["default"]) == []
    assert checks.check_policies() == []

    Policy.objects.update(is_active=False)
    (warning,) = checks.check_policies(databases=["default"])
    assert warning.id == "approvals.W001"


@pytest.mark.django_db
def test_a_row_with_a_rule_that_cannot_be_read_is_named():
    Level.objects.filter(position=3).update(when={"fact": "priority", "above": 3})

    (error,) = checks.check_policies(databases=["default"])
    assert (error.id, error.msg.split(":")[0]) == ("approvals.E002", "blog post (level 2)")
