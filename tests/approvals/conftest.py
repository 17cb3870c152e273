import pytest

from tests.factories.approvals import BRIEF, rendered_draft, voice


def account_facts(wanted, rows=None):
    """The publisher's answer of these tests: one standard account for each format."""
    headers = {"From": "news@halcytone.example"}
    return [
        {"account": {"key": key or f"main-{format}", "channel": format}, "headers": headers}
        for format, key in wanted
    ]


@pytest.fixture(autouse=True)
def _accounts(settings):
    settings.ACCOUNT_FACTS = "tests.approvals.conftest.account_facts"


@pytest.fixture(autouse=True)
def _formats(settings):
    """Renderings of a few words, as `rendered_draft` has them. Returns the product's own formats."""
    own, settings.FORMATS = settings.FORMATS, BRIEF
    return own


@pytest.fixture
def senior():
    return voice("senior_editor", first_name="Sena", last_name="Orr")


@pytest.fixture
def manager():
    return voice("marketing_manager", group="marketing_manager", first_name="Mira", last_name="Aas")


@pytest.fixture
def draft():
    return rendered_draft(is_featured=True)
