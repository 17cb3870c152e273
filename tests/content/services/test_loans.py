"""Images that are lent for an hour to a network which fetches them by itself."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine

from content.services import loans, pictures
from tests.content.test_pictures import encoded

NOW = datetime(2026, 12, 1, 14, tzinfo=UTC)


@pytest.fixture
def asset(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.PRESS_URL = "https://press.halcytone.example"
    return pictures.keep(encoded("JPEG"))


@pytest.fixture
def path(asset):
    with time_machine.travel(NOW, tick=False):
        url = urlsplit(loans.url(asset.name))
    assert url.netloc == "press.halcytone.example"
    return url.path


def get(client, path, after):
    with time_machine.travel(NOW + after, tick=False):
        return client.get(path)


def test_for_an_hour_everybody_gets_the_very_bytes(client, asset, path):
    answer = get(client, path, timedelta(minutes=59))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/jpeg"
    assert b"".join(answer.streaming_content) == pictures.data(asset)
    assert answer["Cache-Control"] == "no-store"


def test_after_an_hour_it_is_gone(client, path):
    assert get(client, path, timedelta(minutes=61)).status_code == 410


def test_a_forged_address_and_that_of_another_image_are_not_found(client, asset, path):
    other = path.replace(asset.sha256[:4], "0000" if asset.sha256[:4] != "0000" else "1111")
    for forged in (path.replace("/lent/", "/lent/x"), other):
        assert get(client, forged, timedelta(minutes=1)).status_code == 404


def test_an_image_whose_bytes_are_lost_is_not_found(client, asset, path):
    pictures.default_storage.delete(pictures.path(asset))
    assert get(client, path, timedelta(minutes=1)).status_code == 404
