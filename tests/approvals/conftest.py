import pytest


def account_facts(format, account):
    """The publisher's answer of these tests: one standard account for each format."""
    return {"account": account or f"main-{format}", "headers": {"From": "news@halcytone.example"}}


@pytest.fixture(autouse=True)
def _accounts(settings):
    settings.ACCOUNT_FACTS = "tests.approvals.conftest.account_facts"
