import pytest

from content import checks


def ids(messages):
    return [message.id for message in messages]


def test_the_sources_of_the_settings_can_be_built():
    assert checks.check_sources() == []


def test_a_misspelt_source_is_named(settings):
    settings.SOURCES = {"upload": {"BACKEND": "content.sources.given.Givn"}}
    [error] = checks.check_sources()
    assert error.id == "content.E001"
    assert "upload" in error.msg


def test_a_source_of_no_known_kind_is_named(settings):
    settings.SOURCES = {"fax": {"BACKEND": "content.sources.given.Given"}}
    assert ids(checks.check_sources()) == ["content.E003"]


def test_the_formats_of_the_settings_can_be_built():
    assert checks.check_formats() == []


def test_something_that_is_no_format_is_named(settings):
    settings.FORMATS = {"web": {"BACKEND": "content.sources.given.Given"}}
    assert ids(checks.check_formats()) == ["content.E002"]


def test_a_format_of_no_known_name_is_named(settings):
    settings.FORMATS = {"fax": settings.FORMATS["web"]}
    assert ids(checks.check_formats()) == ["content.E004"]


@pytest.mark.parametrize("setting", ["RENDITION_STANDINGS", "REVISION_CHANNELS"])
def test_a_misspelt_function_of_the_publisher_is_named(settings, setting):
    assert checks.check_standings() == []
    setattr(settings, setting, "publishing.standings.nothing")
    [error] = checks.check_standings()
    assert (error.id, setting in error.msg) == ("content.E005", True)
