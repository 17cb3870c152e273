"""A mail channel for the crash tests: keeps what it takes in a file, and kills its process on cue.

CRASH names a step and CRASH_AT the how-many-th time it comes to it, e.g. "taken" and "130".
"""

import json
import os
import signal
import time
from contextlib import contextmanager

from halcytone.lib.errors import Unclear
from publishing.channels.base import Channel, Receipt

STEP, AT = os.environ.get("CRASH", ""), int(os.environ.get("CRASH_AT", "0"))
PACE_S = int(os.environ.get("PACE_MS", "0")) / 1000  # between two mails
seen = {}


def come_to(step):
    """Count one more arrival at a step of the crash table; die if it is the one."""
    seen[step] = seen.get(step, 0) + 1
    if step == STEP and seen[step] == AT:
        os.kill(os.getpid(), signal.SIGKILL)


def watch(execute, sql, params, many, context):
    """A wrapper of every query: the steps that lie between the statements of the ledger."""
    if "SET state = 'handed_over'" in sql:
        come_to("claimed")
    if "AS d SET" in sql:
        come_to("unrecorded")
    result = execute(sql, params, many, context)
    if "SET state = 'claimed'" in sql:
        come_to("claiming")
    return result


class Mail(Channel):
    """Appends each mail that it takes to MAIL_FILE, as a mail server would: key, address, when."""

    name = "mail"
    takes_recipients = True

    def problems(self, content):
        return []

    @contextmanager
    def session(self):
        yield self

    def send(self, message):
        come_to("first_byte")
        time.sleep(PACE_S)
        to = message.recipient.address if message.recipient else ""
        line = json.dumps([message.key, to, time.time()]) + "\n"
        with open(os.environ["MAIL_FILE"], "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(line)
        come_to("taken")
        return Receipt(message.key)


class Page(Mail):
    """The same for one page."""

    name = "page"
    takes_recipients = False


class Unreadable(Page):
    """Loses every answer, and breaks when it is asked what it holds."""

    can_read_back = True

    def send(self, message):
        raise Unclear("The answer was lost", code="lost_answer")

    def read_back(self, message):
        raise KeyError("a bug")
