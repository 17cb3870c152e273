"""A release to take away: complete, signed, without readers unless they are asked for; and what it cost."""

import io
import json
import zipfile
import zlib
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from content.models import DraftPiece
from halcytone.lib.audit.models import Entry
from publishing.models import Account, Delivery, PassportValue
from publishing.services import package_checks, packages, release_costs, releases, sender
from tests.api import Api
from tests.factories.content import RevisionFactory, SnapshotFactory
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_release, wall_now


@pytest.fixture
def release(press):
    """A newsletter of three readers, a page and a thread, all out."""
    release = make_release("newsletter", "web", "x", people=3, slot_wall=wall_now())
    snapshot = SnapshotFactory(raw=zlib.compress(b"## [Tips] Two quiet minutes"))
    piece = RevisionFactory(snapshot=snapshot)
    DraftPiece.objects.create(draft=release.draft, revision=piece, position=1)
    releases.start(release, now=timezone.now())
    sender.work("w")
    release.refresh_from_db()
    return release


def taken(release, by, **wish):
    out = io.BytesIO()
    packages.write(release, out, by=by, **wish)
    return out


def opened(out):
    return zipfile.ZipFile(out)


def test_a_package_holds_everything_byte_for_byte_and_says_nothing_of_readers(release):
    zipped = opened(taken(release, PersonFactory(group="admin")))
    names = set(zipped.namelist())
    (revision,) = release.draft.pieces.all()
    (review,) = release.draft.reviews.all()
    assert {
        "release.json", "ledger/totals.json", "ledger/posts.json", "renditions/web.json", "seals/x.json",
        "approvals/decisions.json", f"approvals/review-{review.pk}.json", f"revisions/{revision.pk}.json",
        "metrics/results.json", "metrics/cost.json", "manifest.json",
    } <= names  # fmt: skip
    seal = release.parts.get(format="web").seal
    assert zipped.read("renditions/web.json") == seal.body.encode()
    totals = json.loads(zipped.read("ledger/totals.json"))
    assert (totals["candidates"], totals["is_balanced"]) == (11, True)
    assert packages.PEOPLE not in names
    for name in names:
        assert b"reader1" not in zipped.read(name)


def test_the_source_of_a_revision_is_in_it_as_it_came(release):
    zipped = opened(taken(release, PersonFactory(group="admin")))
    (revision,) = release.draft.pieces.all()
    raw = zipped.read(f"sources/{revision.snapshot_id}.raw")
    assert raw == b"## [Tips] Two quiet minutes"


def test_readers_are_in_it_by_explicit_choice_and_right_alone_and_that_is_written_down(release):
    marketing = PersonFactory(group="marketing_manager")
    zipped = opened(taken(release, marketing, with_people=True))
    lines = zipped.read(packages.PEOPLE).decode().splitlines()
    assert len(lines) == 4
    assert "reader1@halcytone.example" in "".join(lines)
    assert json.loads(zipped.read("manifest.json"))["has_people"] is True
    assert Entry.objects.filter(kind="release.readers_taken", actor_id=marketing.pk).count() == 1
    answer = Api(PersonFactory(group="editor")).get(f"releases/{release.pk}/package?people=true")
    assert answer.status_code == 403
    assert "readers" in answer.json()["detail"]


def test_who_may_not_read_the_trail_gets_the_rest_and_is_told_what_is_left_out(release):
    zipped = opened(taken(release, PersonFactory(group="viewer")))
    left = {one["what"] for one in json.loads(zipped.read("manifest.json"))["left_out"]}
    (review,) = release.draft.reviews.all()
    assert left == {f"approvals/review-{review.pk}.json"}
    assert f"approvals/review-{review.pk}.json" not in zipped.namelist()


def changed(out, name, data, *, add=False):
    """Return the same ZIP in which one file says something else."""
    made = io.BytesIO()
    with opened(out) as old, zipfile.ZipFile(made, "w") as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        if data is not None:
            new.writestr(name, data)
    return made


def test_a_package_is_verified_and_whatever_was_changed_is_named(release, tmp_path, capsys):
    out = taken(release, PersonFactory(group="admin"))
    file = tmp_path / "release.zip"
    file.write_bytes(out.getvalue())
    call_command("verify_package", file)
    assert "Every file is what was signed" in capsys.readouterr().out
    for name, data, said in (
        ("renditions/web.json", b"{}", "renditions/web.json was changed."),
        ("renditions/web.json", None, "renditions/web.json is missing."),
        ("renditions/other.json", b"{}", "renditions/other.json was added"),
        ("manifest.json", None, "manifest.json is missing"),
        ("manifest.json", opened(out).read("manifest.json").replace(b"sha256", b"sha265", 1), "manifest.json"),
    ):  # fmt: skip
        file.write_bytes(changed(out, name, data).getvalue())
        with pytest.raises(CommandError, match=said):
            call_command("verify_package", file)


def test_a_byte_that_was_turned_in_the_file_is_found(release):
    data = bytearray(taken(release, PersonFactory(group="admin")).getvalue())
    info = opened(io.BytesIO(data)).getinfo("renditions/x.json")
    data[info.header_offset + 30 + len(info.filename) + 25] ^= 0xFF
    assert package_checks.problems_of(io.BytesIO(data)) == ["renditions/x.json was changed."]
    assert package_checks.problems_of(io.BytesIO(data[:500])) == [
        "It is no ZIP file, or its end is missing."
    ]
    other = package_checks.problems_of(taken(release, None), key="0" * 64)
    assert other == [f"manifest.json: It is signed by another key: {signing_key()}."]


def signing_key():
    from halcytone.lib.audit import signing

    return signing.public_key()


def test_readers_are_written_a_few_at_a_time(release, monkeypatch):
    monkeypatch.setattr(packages, "LINES", 2)
    chunks = list(packages._people(release))
    assert [chunk.count(b"\r\n") for chunk in chunks] == [2, 2, 0]


def test_the_api_and_the_desk_answer_with_the_same_package(release):
    person = PersonFactory(group="editor", is_staff=True)
    answer = Api(person).get(f"releases/{release.pk}/package")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    data = b"".join(answer.streaming_content)
    assert package_checks.problems_of(io.BytesIO(data)) == []
    client = Client()
    client.force_login(person)
    assert client.get(f"/admin/releases/{release.pk}/package/").status_code == 200
    assert client.get(f"/admin/releases/{release.pk}/package/?people=true").status_code == 403


def test_the_cost_is_planned_of_all_and_real_of_what_is_confirmed(release):
    x = Account.objects.get(format="x")
    PassportValue.objects.create(
        channel="thread", name="prices.post", value="0.015", reason="Test", review_on="2027-01-01"
    )
    mail = Account.objects.get(format="newsletter")
    PassportValue.objects.create(
        channel="mail", name="prices.post", value="0.001", reason="Test", review_on="2027-01-01"
    )
    Delivery.objects.filter(account=x, part__gt=5).update(state="failed")
    Delivery.objects.filter(account=mail, contact__email="reader1@halcytone.example").update(
        state="excluded", reason="bounced"
    )
    lines = {line.format: line for line in release_costs.of(release).lines}
    assert (lines["x"].planned, lines["x"].real) == (Decimal("0.105"), Decimal("0.075"))
    assert (lines["newsletter"].planned, lines["newsletter"].real) == (
        Decimal("0.002"),
        Decimal("0.002"),
    )
    assert not lines["web"].has_prices
    found = Api(PersonFactory(group="viewer")).get(f"releases/{release.pk}/cost").json()
    assert found["totals"] == [{"currency": "USD", "planned": "0.107", "real": "0.077"}]


def test_the_desk_shows_cost_and_package(release):
    client = Client()
    client.force_login(PersonFactory(group="admin", is_staff=True))
    page = client.get(f"/admin/releases/{release.pk}/cost/").content.decode()
    assert "Package with readers" in page
    assert f"/admin/releases/{release.pk}/package/" in page
    assert "/cost/" in client.get(f"/admin/releases/{release.pk}/").content.decode()
