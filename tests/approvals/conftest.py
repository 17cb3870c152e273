import pytest

from tests.factories.approvals import rendered_draft, voice


def account_facts(format, account):
    """The publisher's answer of these tests: one standard account for each format."""
    return {"account": account or f"main-{format}", "headers": {"From": "news@halcytone.example"}}


@pytest.fixture(autouse=True)
def _accounts(settings):
    settings.ACCOUNT_FACTS = "tests.approvals.conftest.account_facts"


@pytest.fixture
def senior():
    return voice("senior_editor", first_name="Sena", last_name="Orr")


@pytest.fixture
def manager():
    return voice("marketing_manager", group="marketing_manager", first_name="Mira", last_name="Aas")


@pytest.fixture
def draft():
    return rendered_draft(is_featured=True)
