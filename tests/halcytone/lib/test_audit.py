"""The chain of audit rows: unbroken from two processes, and found out wherever somebody touched it."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from halcytone.lib.audit import chain, links, signing, triggers
from halcytone.lib.audit.models import Entry, Head
from halcytone.lib.audit.verify import verify
from halcytone.lib.gathering import gathering
from tests.factories import PersonFactory

ROOT = Path(__file__).parents[3]


@pytest.fixture
def person(db):
    return PersonFactory(first_name="Mira", last_name="Aas")


def append(person, *numbers):
    for number in numbers:
        chain.record("test.done", person, by=person, label="A person", number=number)


def tamper(sql):
    triggers.drop(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    triggers.create(connection)


class TestWriting:
    def test_a_row_says_who_did_what_and_follows_the_one_before(self, person):
        append(person, 1, 2)
        first, second = Entry.objects.all()
        assert (first.seq, first.previous) == (1, links.GENESIS)
        assert (second.seq, second.previous) == (2, first.sha256)
        assert (second.actor_id, second.actor) == (person.pk, "Mira Aas")
        assert (second.kind, second.subject_type, second.subject_id) == (
            "test.done",
            "user",
            str(person.pk),
        )
        assert second.data == '{"number":2}'

    def test_the_machine_acts_without_a_name(self, person):
        chain.record("test.done", person, by=None, label="")
        assert Entry.objects.values_list("actor_id", "actor").get() == (None, "")

    def test_many_rows_cost_three_statements(self, person, django_assert_num_queries):
        with transaction.atomic(), django_assert_num_queries(3), gathering():
            append(person, *range(50))
        assert verify().rows == 50

    @transaction.atomic
    def fail_after(self, person):
        append(person, 1)
        raise ValueError("no")

    def test_an_act_that_fails_leaves_no_row(self, person):
        with pytest.raises(ValueError, match="no"):
            self.fail_after(person)
        append(person, 2)
        assert [entry.data for entry in Entry.objects.all()] == ['{"number":2}']
        assert verify().found is None


class TestVerifying:
    def test_a_whole_chain_is_whole_and_prints_its_head(self, person, capsys):
        append(person, 1, 2, 3)
        call_command("verify_audit")
        head = Head.objects.get()
        assert f"3 rows.\nHead 3:{head.sha256}\n" in capsys.readouterr().out

    def test_an_empty_chain_is_whole(self, db):
        assert (verify().rows, verify().found) == (0, None)

    @pytest.mark.parametrize(
        ("sql", "row", "what"),
        [
            ("UPDATE audit_entry SET actor = 'Eve' WHERE seq = 2", 2, "it was altered"),
            ("UPDATE audit_entry SET data = '{}' WHERE seq = 2", 2, "it was altered"),
            ("UPDATE audit_entry SET actor_id = 1000 WHERE seq = 3", 3, "it was altered"),
            ("DELETE FROM audit_entry WHERE seq = 2", 2, "missing"),
            ("DELETE FROM audit_entry WHERE seq = 1", 1, "missing"),
            ("DELETE FROM audit_entry WHERE seq >= 3", 3, "rows 3 to 4 at the end are missing"),
            ("DELETE FROM audit_entry", 1, "rows 1 to 4 at the end are missing"),
            ("DELETE FROM audit_head", 5, "the head of the chain is missing"),
            ("UPDATE audit_head SET seq = 3", 3, "does not bear our signature"),
        ],
    )
    def test_the_first_row_that_somebody_touched_is_named(self, person, sql, row, what):
        append(person, 1, 2, 3, 4)
        tamper(sql)
        found = verify().found
        assert (found.seq, what in found.what) == (row, True), str(found)

    def test_the_command_names_the_row_its_kind_and_time_and_fails(self, person):
        append(person, 1, 2)
        tamper("UPDATE audit_entry SET kind = 'test.undone' WHERE seq = 2")
        with pytest.raises(CommandError, match=r"Row 2 \(test.undone, 20.* UTC\)") as failed:
            call_command("verify_audit")
        assert failed.value.returncode == 1

    def test_a_row_that_was_made_anew_with_its_digest_is_found_by_the_next_one(self, person):
        append(person, 1, 2, 3)
        forged = Entry.objects.get(seq=2)
        forged.data = '{"number":9}'
        again = links.digest([getattr(forged, name) for name in links.FIELDS])
        tamper(f"UPDATE audit_entry SET data = '{forged.data}', sha256 = '{again}' WHERE seq = 2")
        found = verify().found
        assert (found.seq, "row 3 was chained to another" in found.what) == (2, True)

    def test_a_last_row_that_was_made_anew_is_found_by_the_head(self, person):
        append(person, 1, 2)
        forged = Entry.objects.get(seq=2)
        forged.data = '{"number":9}'
        again = links.digest([getattr(forged, name) for name in links.FIELDS])
        tamper(f"UPDATE audit_entry SET data = '{forged.data}', sha256 = '{again}' WHERE seq = 2")
        found = verify().found
        assert (found.seq, "the signed head" in found.what) == (2, True)

    def test_a_row_behind_the_head_is_found(self, person):
        append(person, 1)
        columns = "actor_id, at, actor, kind, subject_type, subject_id, subject_label, trail, data, previous, sha256"
        tamper(
            f"INSERT INTO audit_entry (seq, {columns}) SELECT 2, {columns} FROM audit_entry WHERE seq = 1"
        )
        found = verify().found
        assert (found.seq, "behind the signed head" in found.what) == (2, True)

    def test_a_head_that_was_noted_outside_catches_an_older_copy_put_back(self, person):
        append(person, 1)
        old = Head.objects.get()
        append(person, 2)
        now = Head.objects.get()
        tamper("DELETE FROM audit_entry WHERE seq = 2")
        triggers.drop(connection)
        old.save()
        triggers.create(connection)
        assert verify().found is None
        found = verify(noted=(now.seq, now.sha256)).found
        assert "rows 2 to 2, noted down, are missing" in found.what

    def test_a_chain_that_lost_its_head_says_so_for_good(self, person):
        append(person, 1)
        tamper("DELETE FROM audit_head")
        append(person, 2)
        kinds = list(Entry.objects.values_list("kind", flat=True))
        assert kinds == ["test.done", "audit.head_missing", "test.done"]

    def test_a_new_key_keeps_the_old_signature_good(self, person, settings):
        append(person, 1)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "y" * 60
        assert verify().found is None
        settings.SECRET_KEY_FALLBACKS = []
        assert "signature" in verify().found.what

    def test_a_signature_holds_for_its_text_and_key_alone(self, settings):
        key, signature = signing.public_key(), signing.sign("a text")
        assert signing.verifies(key, "a text", signature)
        assert not signing.verifies(key, "another", signature)
        settings.AUDIT_SIGNING_KEY = "z" * 40
        assert not signing.verifies(signing.public_key(), "a text", signature)
        assert not signing.verifies("no key", "a text", signature)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_stay_append_only_after_a_database_was_emptied(turn):
    assert not Entry.objects.exists()
    append(PersonFactory(), 1)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Entry.objects.update(actor="x")


# on databases of their own


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.postgres), "sqlite"])
def run(request, tmp_path):
    """Start a process on a fresh database: run(command, …) → the running process."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/chain.sqlite3"
    given = {**os.environ, "DATABASE_URL": url, "HALCYTONE_HOME": str(tmp_path)}

    def start(*arguments):
        command = [sys.executable, "-m", "tests.halcytone.lib.chain_process", *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, env=given, stdout=pipe, stderr=pipe, text=True)

    return start


def answer(process):
    out, error = process.communicate(timeout=280)
    assert process.returncode == 0, error
    return json.loads(out.splitlines()[-1])


@pytest.mark.slow
def test_two_processes_keep_one_unbroken_chain(run):
    answer(run("prepare"))
    start_at = time.time() + 4
    writers = [run("append", 1_000, start_at) for _ in range(2)]
    for writer in writers:
        answer(writer)
    done = answer(run("verify"))
    assert (done["code"], done["rows"]) == (0, 2_000), done["said"]


@pytest.mark.slow
def test_the_database_refuses_to_change_the_chain_and_what_was_changed_all_the_same_is_named(run):
    answer(run("prepare"))
    answer(run("append", 3, 0))
    refused = {
        "update": "audit rows are never changed",
        "delete": "audit rows are never removed",
        "back": "the audit chain is never shortened",
        "head": "the head of the audit chain is never removed",
    }
    said = answer(run("refusals"))
    emptied = {said.pop(name, None) for name in ("truncate", "behead")}
    assert said == refused
    assert emptied <= {"the audit chain is never emptied", None}

    answer(run("tamper", "UPDATE audit_entry SET subject_label = 'x' WHERE seq = 2"))
    done = answer(run("verify"))
    assert done["code"] == 1
    assert re.search(r"Row 2 \(test\.done, 20\d\d-.* UTC\): .*it was altered", done["said"])


@pytest.mark.slow
def test_verifying_takes_no_more_memory_for_more_rows(run):
    answer(run("prepare"))
    answer(run("fill", 2_000))
    few = answer(run("verify"))
    answer(run("tamper", "DELETE FROM audit_entry"))
    answer(run("fill", 60_000))
    many = answer(run("verify"))
    assert (many["code"], many["rows"]) == (0, 60_000)
    assert many["mb"] < few["mb"] + 30
