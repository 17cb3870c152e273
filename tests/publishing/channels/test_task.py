"""Hand-work: nothing leaves, and a machine never says that it is out."""

import pytest

from halcytone.lib.errors import Refused, Unclear
from publishing.channels.base import AccountFace, Media, Message
from publishing.channels.task import Task, ready

THREAD = {"parts": [{"text": "First"}, {"text": "Second"}]}
VIDEO = {"title": "Two quiet minutes", "description": "A small habit.", "tags": ["a"]}


@pytest.fixture
def channel():
    return Task(AccountFace("youtube", "", profile_id="YouTube"))


def test_nothing_is_answered_but_that_a_person_has_to_do_it(channel):
    with channel.session() as session:
        receipt = session.send(Message("0" * 32, VIDEO))
    assert (receipt.is_by_hand, receipt.provider_id, receipt.url) == (True, "", "")


def test_what_there_is_to_copy_comes_in_order_and_a_thread_is_one_task(channel):
    assert ready(VIDEO) == ["Two quiet minutes", "A small habit."]
    assert ready(THREAD) == ["First", "Second"]
    assert len(channel.parts(THREAD)) == 1


def test_nothing_to_copy_is_a_problem_and_prepares_nothing(channel):
    assert channel.problems({"tags": ["a"]})
    with channel.session() as session, pytest.raises(Refused):
        session.send(Message("0" * 32, {}))


def test_a_file_that_is_not_the_approved_one_stops_it(channel):
    other = Media("https://a.example/1.png", "0" * 64, "A room")
    with channel.session() as session, pytest.raises(Refused) as caught:
        session.send(Message("0" * 32, VIDEO, media=(other,)))
    assert caught.value.code == "media_missing"


def test_after_a_crash_it_is_known_that_nothing_left(channel):
    assert channel.read_back(Message("0" * 32, VIDEO)) is None
    blind = Task(AccountFace("youtube", "", can_read_back=False))
    with pytest.raises(Unclear):
        blind.read_back(Message("0" * 32, VIDEO))


def test_unknown_options_are_refused_by_name(channel):
    with pytest.raises(TypeError, match="colour"):
        Task(channel.account, colour="red")
