"""What every channel must do. Each channel's test inherits this and says how its outside is made to fail."""

import time
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO

import httpx
import pytest
from PIL import Image

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels.base import (
    Archives,
    Channel,
    Deletes,
    Edits,
    Media,
    Message,
    Receipt,
    Recipient,
    Replies,
)

WAYS = {"edit": Edits, "delete": Deletes, "reply": Replies, "comment": Replies, "archive": Archives}
KEY = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32
SITE = "https://halcytone.example"


class ChannelContract:
    """Subclasses give `channel`, `outside` and `content`, and may drop what their place cannot do.

    `outside.fails(word)` makes the next write end so: `refuse`, `wait` (asks for 7 s), `lose` (taken, answer
    lost), `drop` (nothing taken, line lost before the request), `garble` (taken, unreadable answer).
    `outside.taken()` returns the keys or texts that were taken.
    """

    content: dict
    secret = "a-secret-of-sixteen-chars-or-more"

    @pytest.fixture
    def channel(self):
        raise NotImplementedError

    @pytest.fixture
    def outside(self):
        raise NotImplementedError

    def message(self, key=KEY, **changes):
        merge = {"unsubscribe_url": f"{SITE}/u/1", "preferences_url": f"{SITE}/p/1", "name": "Ana"}
        reader = Recipient("ana@halcytone.example", "Ana", merge)
        given = {"content": self.content, "at": datetime.now(UTC)}
        if self.takes_recipients:
            given["recipient"] = reader
        return Message(key, **given | changes)

    takes_recipients = False

    def test_it_is_a_channel_with_a_name(self, channel):
        assert isinstance(channel, Channel)
        assert channel.name
        assert channel.takes_recipients is self.takes_recipients

    def test_unknown_options_are_refused_by_name(self, channel):
        with pytest.raises(TypeError, match="colour"):
            type(channel)(channel.account, colour="red")

    def test_good_content_has_no_problems_and_at_least_one_part(self, channel):
        assert channel.problems(self.content) == []
        assert len(channel.parts(self.content)) >= 1

    def test_empty_content_has_problems(self, channel):
        assert channel.problems({})

    def test_its_session_can_do_what_it_says_and_no_more(self, channel):
        with channel.session() as session:
            able = {name for name, way in WAYS.items() if isinstance(session, way)}
        said = set(channel.passport.abilities) & set(WAYS)
        assert {WAYS[name] for name in said} == {WAYS[name] for name in able}
        assert ("read_back" in channel.passport.abilities) is channel.can_read_back

    def test_each_ability_has_its_own_tests(self, channel):
        """A channel that says it can edit, delete, reply or check inherits the contract of it."""
        told = {"edit": EditContract, "delete": DeleteContract}
        told |= {"reply": ReplyContract, "comment": ReplyContract}
        for name in set(channel.passport.abilities) & set(told):
            assert isinstance(self, told[name]), name
        is_asked = type(channel).check is not Channel.check
        assert is_asked is isinstance(self, CheckContract)

    def test_a_message_is_taken_once_and_answered_with_an_id(self, channel, outside):
        with channel.session() as session:
            receipt = session.send(self.message())
        assert isinstance(receipt, Receipt)
        assert receipt.provider_id
        assert len(outside.taken()) == 1

    def test_a_refusal_is_refused_and_takes_nothing(self, channel, outside):
        outside.fails("refuse")
        with channel.session() as session, pytest.raises(Refused):
            session.send(self.message())
        assert outside.taken() == []

    def test_a_place_that_asks_to_wait_is_unavailable(self, channel, outside):
        outside.fails("wait")
        with channel.session() as session, pytest.raises(Unavailable) as caught:
            session.send(self.message())
        assert caught.value.retry_after_s in self.waits
        assert outside.taken() == []

    waits = (7,)

    def test_a_lost_answer_is_unclear_and_is_not_asked_again(self, channel, outside):
        outside.fails("lose")
        with channel.session() as session, pytest.raises(Unclear):
            session.send(self.message())
        assert len(outside.taken()) == 1

    def test_an_unreadable_answer_is_unclear(self, channel, outside):
        outside.fails("garble")
        with channel.session() as session, pytest.raises(Unclear):
            session.send(self.message())

    def test_a_session_goes_on_after_an_error(self, channel, outside):
        with channel.session() as session:
            outside.fails("lose")
            with pytest.raises(Unclear):
                session.send(self.message())
            assert session.send(self.next_message()).provider_id
        assert len(outside.taken()) == 2

    def next_message(self):
        return self.message(OTHER)

    def test_errors_and_reprs_carry_no_secret_and_no_address(self, channel, outside):
        outside.fails("refuse")
        with channel.session() as session, pytest.raises(Refused) as caught:
            session.send(self.message())
        for text in (str(caught.value), repr(channel.account)):
            assert self.secret not in text
            assert "@halcytone.example" not in str(caught.value)
            assert "/api" not in str(caught.value)


class ReadBackContract:
    """For places that can be asked what they hold."""

    def test_a_message_that_was_taken_is_found(self, channel, outside):
        message = self.message()
        with channel.session() as session:
            sent = session.send(message)
        found = channel.read_back(message)
        assert found.provider_id == sent.provider_id

    def test_a_message_whose_answer_was_lost_is_found(self, channel, outside):
        outside.fails("lose")
        message = self.message()
        with channel.session() as session, pytest.raises(Unclear):
            session.send(message)
        assert channel.read_back(message).provider_id

    def test_a_message_that_never_arrived_is_surely_absent(self, channel, outside):
        outside.fails("drop")
        message = self.message()
        with channel.session() as session, pytest.raises(Unclear):
            session.send(message)
        assert channel.read_back(message) is None

    def test_another_message_is_not_taken_for_ours(self, channel, outside):
        with channel.session() as session:
            session.send(self.next_message())
        assert channel.read_back(self.message()) is None

    def test_an_account_that_may_not_be_read_back_says_unclear(self, blind_channel, outside):
        with pytest.raises(Unclear):
            blind_channel.read_back(self.message())


class NoReadBackContract:
    """For places that cannot be asked."""

    def test_it_says_that_it_cannot_be_asked(self, channel, outside):
        assert not channel.can_read_back
        with pytest.raises(Unclear):
            channel.read_back(self.message())


class EditContract:
    """For places where what is out can be changed: `outside.shown()` returns the texts that people see."""

    changed: dict

    def test_an_edit_puts_the_new_text_in_place(self, channel, outside):
        with channel.session() as session:
            receipt = session.send(self.message())
            session.edit(receipt.provider_id, self.changed, key=OTHER, at=datetime.now(UTC))
        assert outside.shown() == [self.text_of(self.changed)]
        assert len(outside.taken()) == 1

    def test_an_edit_of_what_is_not_there_is_refused(self, channel, outside):
        with channel.session() as session, pytest.raises(Refused):
            session.edit(self.unknown_id, self.changed, key=OTHER, at=datetime.now(UTC))

    def text_of(self, content):
        return content["text"]

    unknown_id = "404404404"


class DeleteContract:
    """For places that let go of what is out."""

    unknown_id = "404404404"

    def test_what_is_deleted_is_gone(self, channel, outside):
        with channel.session() as session:
            receipt = session.send(self.message())
            session.delete(receipt.provider_id)
        assert outside.taken() == []

    def test_to_delete_what_is_gone_is_no_error(self, channel, outside):
        with channel.session() as session:
            receipt = session.send(self.message())
            session.delete(receipt.provider_id)
            session.delete(receipt.provider_id)
            session.delete(self.unknown_id)
        assert outside.taken() == []


class ReplyContract:
    """For places where something can be put below what is out: `outside.replies()` returns the texts."""

    unknown_id = "404404404"

    def test_a_reply_stands_below_and_has_an_id(self, channel, outside):
        with channel.session() as session:
            receipt = session.send(self.message())
            answer = session.reply(receipt.provider_id, "We measured it & it <holds>.", key=OTHER)
        assert answer.provider_id
        assert answer.provider_id != receipt.provider_id
        assert outside.replies() == ["We measured it & it <holds>."]

    def test_a_reply_to_nothing_is_refused(self, channel, outside):
        with channel.session() as session, pytest.raises(Refused):
            session.reply(self.unknown_id, "To whom?", key=OTHER)


class CheckContract:
    """For places that say whether an account will work."""

    def test_a_good_account_goes_and_says_who_it_is(self, channel, outside):
        found = {check.name: check for check in channel.check(datetime.now(UTC))}
        assert found["sign_in"].verdict == "go"
        assert {check.verdict for check in found.values()} == {"go"}
        assert self.secret not in str(found)


ALT = 'Zwei Äpfel 🍎 & a "quiet" <room>'


def picture(number, alt=ALT, *, kind="PNG", size=(120, 100), host=None):
    """An image as a message brings it; `host` is a sandbox that lends it under its public address."""
    out = BytesIO()
    Image.new("RGB", size, (number * 20 % 255, 90, 90)).save(out, kind)
    data = out.getvalue()
    address = f"https://press.halcytone.example/media/{number}.{kind.lower()}"
    lent = lent_by(host, data) if host else address
    media_type = f"image/{kind.lower()}"
    return Media(address, sha256(data).hexdigest(), alt, media_type, lent, lambda: data)


def lent_by(sandbox, data):
    """The address under which the sandbox gives these bytes out."""
    url = sandbox.url("sources")
    kept = httpx.post(f"{url}/_sandbox/images", content=data, trust_env=False).json()["id"]
    return f"{url}/images/{kept}?made={time.time():.6f}&life=3600"


class MediaContract:
    """For places that carry images: `outside.images()` returns [(bytes, alt)] as people get them."""

    ALT = ALT

    def picture(self, number, alt=ALT):
        return picture(number, alt)

    def test_images_and_alt_texts_arrive_byte_for_byte_and_in_order(self, channel, outside):
        media = tuple(self.picture(number, f"{number}: {self.ALT}") for number in range(2))
        with channel.session() as session:
            self.send_with(session, media)
        assert outside.images() == [(each.read(), each.alt) for each in media]

    def test_an_image_that_is_not_the_approved_one_stops_the_post(self, channel, outside):
        good = self.picture(1, self.ALT)
        other = Media(good.url, "0" * 64, good.alt, good.media_type, good.public_url, good.opened)
        with channel.session() as session, pytest.raises(Refused) as caught:
            self.send_with(session, (other,))
        assert caught.value.code == "media_missing"
        assert outside.taken() == []

    def send_with(self, session, media):
        return session.send(self.message(media=media))
