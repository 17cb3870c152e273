import pytest

from publishing.channels.base import AccountFace
from publishing.channels.memory import Memory

from .contract import (
    ChannelContract,
    CheckContract,
    DeleteContract,
    EditContract,
    ReadBackContract,
    ReplyContract,
)

WORDS = {"refuse": "refuse", "wait": "wait:7", "lose": "lose", "drop": "drop", "garble": "lose"}


class Outside:
    def __init__(self, world):
        self.world = world

    def fails(self, word):
        self.world.script.append(WORDS[word])

    def taken(self):
        return list(self.world.taken)

    def shown(self):
        return [message.content["text"] for message in self.world.messages]

    def replies(self):
        return [each.content["text"] for each in self.world.messages if each.reply_to]


class TestMemory(
    ChannelContract, ReadBackContract, EditContract, DeleteContract, ReplyContract, CheckContract
):
    content = {"text": "A morning of calm"}
    changed = {"text": "A morning of calm, at nine"}

    @pytest.fixture
    def channel(self, outside):
        return Memory(AccountFace("m", "memory://", credential=self.secret))

    @pytest.fixture
    def blind_channel(self):
        return Memory(AccountFace("m", "memory://"), can_read_back=False)

    @pytest.fixture
    def outside(self):
        world = Memory.world("m")
        world.clear()
        return Outside(world)


def test_each_send_is_counted_by_its_key(monkeypatch):
    channel = Memory(AccountFace("counted", ""))
    with channel.session() as session:
        session.send(TestMemory().message())
        session.send(TestMemory().message())
    assert set(Memory.world("counted").asked.values()) == {2}
