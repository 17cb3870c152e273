"""Two processes that decide in the same second, and what the database refuses, on both databases."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REVIEWS = 4
RENDITIONS = 3


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.postgres), "sqlite"])
def run(request, tmp_path):
    """Start a racer on a fresh database: run(command, …) → the running process."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/race.sqlite3"
    given = {**os.environ, "DATABASE_URL": url, "HALCYTONE_HOME": str(tmp_path)}

    def start(*arguments):
        command = [sys.executable, "-m", "tests.approvals.racer", *map(str, arguments)]
        return subprocess.Popen(
            command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start


def answer(process):
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return json.loads(out.splitlines()[-1])


def race(run, people):
    racers = [run("decide", person, len(people)) for person in people]
    return [answer(racer) for racer in racers]


pytestmark = pytest.mark.slow


def test_two_roles_in_the_same_second_are_both_recorded_and_approve_once(run):
    people = answer(run("prepare", REVIEWS))
    answers = race(run, [people["senior_editor"][0], people["marketing_manager"][0]])

    assert answers == [[RENDITIONS] * REVIEWS] * 2
    done = {"status": "approved", "stages": ["passed"], "decisions": 2 * RENDITIONS}
    assert answer(run("outcome")) == [done] * REVIEWS


def test_two_people_of_one_role_in_the_same_second_fill_one_place(run):
    people = answer(run("prepare", REVIEWS))
    race(run, people["senior_editor"])

    for review in answer(run("outcome")):
        assert (review["status"], review["stages"]) == ("open", ["active"])
        assert review["decisions"] == 2 * RENDITIONS


def test_one_person_in_two_processes_speaks_once(run):
    people = answer(run("prepare", REVIEWS))
    answers = race(run, [people["senior_editor"][0]] * 2)

    for pair in zip(*answers, strict=True):
        assert sorted(map(str, pair)) == [str(RENDITIONS), "already_decided"]
    assert {review["decisions"] for review in answer(run("outcome"))} == {RENDITIONS}


def test_a_link_and_a_person_in_the_same_second_are_both_recorded_and_approve_once(run):
    senior = answer(run("prepare_links", REVIEWS))
    racers = [run("decide", senior, 2), run("decide_by_link", 2)]

    assert [answer(racer) for racer in racers] == [[RENDITIONS] * REVIEWS] * 2
    done = {"status": "approved", "stages": ["passed"], "decisions": 2 * RENDITIONS}
    assert answer(run("outcome")) == [done] * REVIEWS


def test_a_link_that_is_posted_twice_at_once_speaks_once(run):
    answer(run("prepare_links", REVIEWS))
    racers = [run("decide_by_link", 2) for _ in range(2)]
    answers = [answer(racer) for racer in racers]

    for pair in zip(*answers, strict=True):
        assert sorted(map(str, pair)) == [str(RENDITIONS), "already_decided"]
    assert {review["decisions"] for review in answer(run("outcome"))} == {RENDITIONS}


def test_the_database_itself_holds_four_eyes_and_keeps_what_was_decided(run):
    people = answer(run("prepare", 1))
    answer(run("decide", people["senior_editor"][0], 1))

    refusals = answer(run("tamper"))
    assert refusals == {
        "four_eyes": "four eyes: this person has a hand in the rendition",
        "policy": "a policy signs at level 1 alone",
        "decision_update": "decisions are never changed",
        "decision_delete": "decisions are removed only together with a demo draft",
        "seal_update": "seals are never changed",
        "seal_delete": "seals are removed only together with a demo draft",
    }
    assert answer(run("remove_demo")) == 0
