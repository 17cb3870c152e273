"""The images of a message are those of its seal: same bytes, same alt text, same order."""

import json

import pytest

from content.services import pictures
from halcytone.lib.errors import Refused
from publishing import messages
from publishing.models import ReleasePart
from publishing.services import releases, sender
from tests.content.test_pictures import encoded
from tests.factories.publishing import approve, make_account, make_draft, wall_now

ALTS = ["Zwei Äpfel 🍎", 'A "quiet" room']


@pytest.fixture
def draft(press, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    make_account("x")
    draft = make_draft(["x"], slot_wall=wall_now(), contents={"x": {"parts": [{"text": "One"}]}})
    assets = [pictures.keep(encoded(color=(shade, 90, 90))) for shade in (10, 20)]
    media = [
        {"url": pictures.url(asset), "sha256": asset.sha256, "alt": alt}
        for asset, alt in zip(assets, ALTS, strict=True)
    ]
    draft.renditions.update(media=media)
    return draft


def test_a_message_brings_the_approved_images_in_order(press, draft):
    approve(draft)
    releases.start(releases.plan(draft))
    sender.work("w1")
    [message] = press("our-x").messages
    assert [each.alt for each in message.media] == ALTS
    for each in message.media:
        assert each.url.endswith(f"{each.sha256}.png")
        assert each.media_type == "image/png"
        assert "/media/lent/" in each.public_url
        assert each.read() == pictures.data(pictures.Asset.objects.get(sha256=each.sha256))


def test_bytes_that_the_store_lost_are_named_and_not_sent(draft):
    approve(draft)
    releases.plan(draft)
    first = messages.media_of(ReleasePart.objects.select_related("seal").get())[0]
    pictures.default_storage.delete(pictures.path(pictures.Asset.objects.get(sha256=first.sha256)))
    with pytest.raises(Refused) as caught:
        first.read()
    assert caught.value.code == "media_missing"


def test_an_image_that_was_never_kept_is_not_sent(draft):
    draft.renditions.update(media=[{"url": "https://a.example/b.png", "sha256": "", "alt": "B"}])
    approve(draft)
    part = releases.plan(draft).parts.select_related("seal").get()
    [image] = messages.media_of(part)
    assert json.loads(part.seal.content)["media"][0]["alt"] == image.alt
    with pytest.raises(Refused):
        image.read()
