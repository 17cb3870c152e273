"""What every channel must do. Each channel's test inherits this and says how its outside is made to fail."""

from datetime import UTC, datetime

import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels.base import Channel, Message, Receipt, Recipient

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
