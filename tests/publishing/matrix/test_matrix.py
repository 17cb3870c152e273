"""Each cell is one release through one real channel, struck once; `make crash` makes them all.

Real processes on PostgreSQL, the product's own channels, stand-ins that speak the real formats. No cell
has a double, a loss or books that do not balance; docs/crash-matrix.md is written by the run of all cells.
"""

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress

import pytest
from django.utils.module_loading import import_string

from halcytone import settings as product
from tests.conftest import POSTGRES
from tests.publishing.matrix import judging, plan, table
from tests.publishing.matrix.places import PLACES

pytestmark = [pytest.mark.slow]

IS_WHOLE = os.environ.get("HALCYTONE_CRASH") == "whole"
CELLS = plan.whole(product.CHANNELS) if IS_WHOLE else plan.sample()
made = {}


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A process that makes cells: it is asked in lines of JSON."""
    home = tmp_path_factory.mktemp("matrix")
    environment = {
        **os.environ,
        "HALCYTONE_HOME": str(home),
        "DATABASE_URL": POSTGRES,
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }
    command = [sys.executable, "-m", "tests.publishing.matrix", str(home), POSTGRES]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        with suppress(BrokenPipeError):
            process.stdin.close()


def ask(house, cell):
    house.stdin.write(json.dumps([cell.channel, cell.step, cell.blow]) + "\n")
    house.stdin.flush()
    return json.loads(house.stdout.readline() or '{"broke": "the house fell in"}')


@pytest.mark.postgres
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_no_double_no_loss_and_the_books_balance(house, cell):
    found = ask(house, cell)
    assert "broke" not in found, found
    made[cell] = judging.outcome(found)
    channel = import_string(product.CHANNELS[cell.channel]["BACKEND"])
    said = judging.faults(cell, channel, found)
    if said:
        made[cell] = f"**{'; '.join(said)}**"
    assert said == []
    assert (found["ended"] == "database") <= (cell.blow == "database")


def test_every_channel_of_the_settings_has_its_place():
    assert sorted(PLACES) == sorted(plan.channels(product.CHANNELS))


def test_the_sample_meets_every_step_blow_and_channel():
    cells = plan.sample()
    assert {cell.step for cell in cells} == set(plan.STEPS)
    assert {cell.blow for cell in cells} == set(plan.BLOWS)
    assert {cell.channel for cell in cells} == set(plan.channels(product.CHANNELS))
    assert len(cells) <= 12


def test_the_document_is_that_of_all_cells():
    """Rows and columns are today's; what was made in this run is what the document says of it."""
    channels = plan.channels(product.CHANNELS)
    if IS_WHOLE:
        table.DOCUMENT.write_text(table.text(channels, made), encoding="utf-8")
    columns, rows = table.read()
    assert columns == channels
    assert list(rows) == [(step, blow) for step in plan.STEPS for blow in plan.BLOWS]
    for cell, word in made.items():
        said = rows[cell.step, cell.blow][columns.index(cell.channel)]
        assert said == word, str(cell)
