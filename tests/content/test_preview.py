import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from content.formats.facebook import Facebook
from content.formats.linkedin import LinkedIn
from content.formats.newsletter import Newsletter
from content.formats.web import Web
from content.formats.x import X
from content.preview import FILES, Wish, parse_at, preview
from tests.content.formats.cast import SITE
from tests.content.sources import docx_forms, html_forms, reference
from tests.content.sources.archives_forms import packed

AT = datetime(2026, 11, 26, 14, tzinfo=UTC)
NEW_YORK = "America/New_York"
FORMATS = {form.name: form for form in (Newsletter(), Web(), X(), LinkedIn(), Facebook())}
WEEKLY = """<!-- scheduled_for: 2026-12-01T10:00 -->
<!-- published: true -->
# Halcytone Content – December 2026

## [Breathscape] What changed in the app

<!-- weekly: true -->
<!-- featured: true -->
### Practise without a connection
- **Date:** 2026-11-20
- **Content:** Every guided session can now be saved to the phone, and a saved session takes 9 MB.

  | Platform | Space |
  | --- | --- |
  | iOS | 88 MB |

### The ring follows your watch
- **Date:** 2026-11-19
- **Content:** The pacing ring slows down when the watch reports that you are still settling.

## [Hardware] From the workshop

### The second board passed its drop test
- **Date:** 2026-11-18
- **Content:** Twelve boards fell onto concrete and all of them measured well afterwards.

## [Tips] Small habits

### Two minutes before a meeting
- **Date:** 2026-11-17
- **Content:** Sit, let your shoulders drop, breathe in for four counts and out for six.

### When you wake at three
- **Date:** 2026-11-16
- **Content:** Do not look at the clock, and lengthen the out-breath a little each time.

## [Vision] Why we do this

### Breathing is for everyone
- **Date:** 2026-11-15
- **Content:** We build tools that work on a borrowed phone as well as on a new watch.

## [Community] From you

<!-- weekly: true -->
### A choir warms up with us
- **Date:** 2026-11-14
- **Content:** Their warm-up now begins with four minutes of coherent breathing, they wrote.
"""


def look(text, name="document.md", **wish):
    made = Wish(**{"at": AT, "zone": NEW_YORK, **wish})
    return preview(text.encode(), name, made, SITE, FORMATS)


def rows(seen, name):
    return json.loads(seen.files[name])


def item(
    title="A calm title of one item", body="Breathe in for four counts and out for six.", before=""
):
    return (
        f"## [Tips] Habits\n{before}\n### {title}\n- **Date:** 2026-11-20\n- **Content:** {body}\n"
    )


def test_a_document_of_seven_items_becomes_every_file_and_nothing_blocks():
    seen = look(WEEKLY)
    assert set(seen.files) == set(FILES)
    assert len(rows(seen, "items.json")) == 7
    assert not seen.is_blocked
    assert set(rows(seen, "linkedin.json")) == {"text", "comments"}
    assert set(rows(seen, "facebook.json")) == {"text", "link"}


def test_the_same_document_gives_the_same_bytes():
    assert look(WEEKLY).files == look(WEEKLY).files
    assert look(WEEKLY, type="weekly").files == look(WEEKLY, type="weekly").files


def test_without_a_type_several_items_are_the_default_edition():
    seen = look(WEEKLY)
    html = seen.files["newsletter.html"].decode()
    assert "Practise without a connection" in html
    assert "Two minutes before a meeting" in html
    assert "When you wake at three" not in html
    assert "A choir warms up with us" not in html


def test_the_weekly_edition_puts_marked_items_first_and_has_its_own_page():
    seen = look(WEEKLY, type="weekly")
    page = rows(seen, "web.json")
    assert page["path"] == "/updates/weekly-december-1-2026"
    assert "A choir warms up with us" in page["html"]
    thread = rows(seen, "x.json")
    assert len(thread) == 7
    assert all(part["weighted_length"] <= 280 for part in thread)
    assert thread[0]["text"].endswith("1/7")


def test_a_weekly_edition_without_a_planned_time_is_for_the_next_tuesday():
    seen = look(item(), type="weekly")
    assert rows(seen, "web.json")["path"] == "/updates/weekly-december-1-2026"
    late = look(item(), type="weekly", at=datetime(2026, 12, 1, 16, tzinfo=UTC))
    assert rows(late, "web.json")["path"] == "/updates/weekly-december-8-2026"


def test_one_item_is_a_draft_of_its_own_type():
    seen = look(item(before="<!-- type: blog -->"))
    assert rows(seen, "web.json")["path"] == "/blog/a-calm-title-of-one-item"
    forced = look(item(), type="announcement")
    assert rows(forced, "web.json")["path"].startswith("/announcements/")


def test_merge_fields_are_filled_with_values_for_a_preview():
    seen = look(item())
    for name in ("newsletter.html", "newsletter.txt"):
        text = seen.files[name].decode()
        assert "[[" not in text
        assert "https://halcytone.example/unsubscribe?u=preview" in text
        assert "Hello Subscriber" in text


def test_problems_of_renditions_stand_beside_those_of_the_document_with_line_and_format():
    seen = look(item(title="Ninechars"))
    problem = next(row for row in rows(seen, "problems.json") if row["code"] == "title_short")
    assert (problem["field"], problem["line"], problem["severity"]) == ("web", 3, "error")
    assert set(problem) == {
        *("line", "column", "severity", "code", "message", "hint", "field", "block", "source_url"),
    }
    assert seen.is_blocked
    places = [(row["line"], row["column"], row["code"]) for row in rows(seen, "problems.json")]
    assert places == sorted(places)


def test_a_rendition_over_a_hard_limit_is_refused_and_the_others_are_written():
    short = look(item(title="Ninechars"))
    assert set(FILES) - set(short.files) == {"web.html", "web.json"}
    tagged = look(item(body="Breathe out slowly #one #two #three, then rest for a while."))
    assert {p.field for p in tagged.problems if p.is_blocking} == {"x"}
    assert set(FILES) - set(tagged.files) == {"x.json"}


def test_an_item_with_an_error_is_listed_but_not_rendered():
    seen = look(item() + "\n### Another title of an item\n- **Content:** Short.\n")
    assert [row["blocked"] for row in rows(seen, "items.json")] == [False, True]
    assert "Another title of an item" not in seen.files["newsletter.html"].decode()
    assert seen.is_blocked


def test_archived_items_are_kept_and_never_rendered_and_unpublished_ones_are():
    text = f"=== DRAFT CONTENT ===\n{item()}\n=== ARCHIVE ===\n{item(title='An old story from long ago')}"
    seen = look(text)
    assert len(rows(seen, "items.json")) == 2
    html = seen.files["newsletter.html"].decode()
    assert "A calm title of one item" in html
    assert "An old story from long ago" not in html


def test_nothing_to_read_and_only_wrong_items_give_no_rendition():
    for text in ("", "## [Tips] Habits\n### A title\n- **Content:** Short.\n"):
        seen = look(text)
        assert set(seen.files) == {"items.json", "problems.json"}
        assert seen.is_blocked


def test_items_of_other_channels_are_left_out_and_a_format_without_items_says_so():
    seen = look(item(before="<!-- channels: email -->"))
    assert "newsletter.html" in seen.files
    assert "x.json" not in seen.files
    assert any(p.code == "channel_empty" and p.field == "x" for p in seen.problems)


def test_every_format_leads_to_the_page_though_the_page_has_other_pieces():
    letter = item("A letter for readers of mail", before="<!-- channels: email -->")
    other = item("Something for everybody else").replace("[Tips]", "[Vision]")
    seen = look(letter + other)
    assert "A letter" not in rows(seen, "web.json")["html"]
    assert rows(seen, "web.json")["canonical"] in seen.files["newsletter.html"].decode()


def test_an_edition_that_takes_nothing_says_how_to_mend_it():
    body = "Their warm-up now begins with four minutes of breathing."
    text = "## [Community] You\n" + "".join(
        f"### {title}\n- **Date:** 2026-11-20\n- **Content:** {title}: {body}\n"
        for title in ("A choir warms up with us", "An office begins its day with humming")
    )
    for seen in (look(text), look(text, type="weekly")):
        assert "edition_empty" in {problem.code for problem in seen.problems}
        assert "web.json" not in seen.files
    marked = text.replace("### A choir", "<!-- weekly: true -->\n### A choir")
    assert "web.json" in look(marked, type="weekly").files


def test_json_on_one_line_keeps_its_pieces_apart():
    body = "Breathe in for four counts and out for six, ten times."
    data = {"tips": [{"title": "The same title twice", "content": f"{body} {n}"} for n in (1, 2)]}
    data["vision"] = [{"title": "Another title of an item", "content": f"{body} 3"}]
    page = rows(look(json.dumps(data), "document.json"), "web.json")
    anchors = [row["anchor"] for row in page["toc"]]
    assert len(anchors) == len(set(anchors)) == 4


def test_a_time_without_offset_is_wall_clock_in_new_york():
    assert parse_at("2026-12-01T10:00", NEW_YORK) == datetime(2026, 12, 1, 15, tzinfo=UTC)
    assert parse_at("2026-12-01T10:00Z", NEW_YORK) == datetime(2026, 12, 1, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="tomorrow"):
        parse_at("tomorrow", NEW_YORK)


def run(tmp_path, text, *options, **environment):
    document = tmp_path / "document.md"
    document.write_text(text, encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(
        [sys.executable, "manage.py", "preview", document, "--out", tmp_path / "out", *options],
        cwd=root,
        env={**os.environ, "HALCYTONE_HOME": str(tmp_path / "home"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.slow
def test_the_command_needs_no_database_prints_each_problem_and_exits_by_what_blocks(tmp_path):
    nowhere = {"DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/nowhere"}
    made = run(tmp_path, WEEKLY, "--at", "2026-11-26T09:00", "--type", "weekly", **nowhere)
    assert (made.returncode, made.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES)
    lines = made.stdout.splitlines()
    assert len(lines) == len(json.loads((tmp_path / "out" / "problems.json").read_bytes()))
    assert all(line.startswith(f"{tmp_path}/document.md:") for line in lines)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    run(tmp_path, WEEKLY, "--at", "2026-11-26T09:00", "--type", "weekly", **nowhere)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    wrong = run(tmp_path, "## [Tips] Habits\n### A title\n- **Content:** Short.\n", **nowhere)
    assert wrong.returncode == 1
    assert f"{tmp_path}/document.md:3:16 error body_short" in wrong.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"items.json", "problems.json"}


def test_the_command_refuses_what_it_cannot_use_in_words(tmp_path):
    document = tmp_path / "document.md"
    document.write_text(item(), encoding="utf-8")
    out = str(tmp_path / "out")
    with pytest.raises(CommandError, match=r"nothing\.md cannot be read"):
        call_command("preview", str(tmp_path / "nothing.md"), out=out)
    with pytest.raises(CommandError, match="--at soon is no time"):
        call_command("preview", str(document), out=out, at="soon")
    with pytest.raises(CommandError, match="--zone Mars is no zone"):
        call_command("preview", str(document), out=out, zone="Mars")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("preview", str(document), out=str(document), at="2026-11-26T09:00Z")


def test_the_command_opens_no_socket_and_runs_no_query(tmp_path, capsys):
    document = tmp_path / "document.md"
    document.write_text(item(), encoding="utf-8")
    call_command("preview", str(document), out=str(tmp_path / "out"), at="2026-11-26T09:00Z")
    assert (tmp_path / "out" / "web.html").exists()
    assert "document.md:3:1 info type_detected" in capsys.readouterr().out


PIECE = (
    "## A calm evening\n\nTurn the lamp low an hour before you want to sleep.\n\n![A lamp](l.png)\n"
)


def shown(tmp_path, name, data):
    """Run the command on a file; return what it printed, its exit status, and the folder."""
    document, out = tmp_path / name, tmp_path / "out"
    document.write_bytes(data)
    printed, status = io.StringIO(), 0
    try:
        call_command("preview", str(document), out=str(out), at="2026-11-26T09:00Z", stdout=printed)
    except SystemExit as end:
        status = end.code
    return printed.getvalue(), status, out


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("week.html", html_forms.page(*reference.blocks()).encode()),
        ("week.docx", docx_forms.of(*reference.blocks())),
        ("week.zip", packed({"week.md": reference.MARKDOWN})),
    ],
)
def test_the_command_reads_every_kind_of_file_that_may_be_given(tmp_path, name, data):
    printed, status, out = shown(tmp_path, name, data)
    rows = json.loads((out / "items.json").read_text())
    assert len(rows) == 9
    assert (out / "newsletter.html").exists()
    assert status == (" error " in printed)


def test_images_that_come_with_a_file_are_written_beside_the_pages(tmp_path):
    printed, status, out = shown(tmp_path, "a.zip", packed({"a.md": PIECE, "l.png": reference.PNG}))
    (image,) = (out / "images").iterdir()
    assert image.read_bytes().startswith(b"\x89PNG")
    assert f'src="images/{image.name}"' in (out / "web.html").read_text()
    assert "image_not_fetched" not in printed
    assert status == 0
    shown(tmp_path, "b.md", PIECE.encode())
    assert list((out / "images").iterdir()) == [], "those of an earlier run are gone"


def test_images_that_lie_elsewhere_are_not_fetched_and_told(tmp_path):
    page = "<h2>A calm evening</h2><p>Turn the lamp low before you sleep.<img alt='A lamp' src='https://a.example/l.png'>"
    printed, status, out = shown(tmp_path, "a.html", page.encode())
    assert "info image_not_fetched The image https://a.example/l.png was not fetched." in printed
    assert not (out / "images").exists()
    assert status == 0


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.html", b"<p>caf\xe9", "encoding"),
        ("a.zip", packed({"a.md": "a", "b.md": "b"}), "archive_unclear"),
        ("a.docx", b"no archive", "archive_refused"),
        ("a.zip", packed({"a.md": PIECE, "l.png": b"no image"}), "image_refused"),
        ("a.html", b"<p>x" * 30_000, "source_truncated"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_problem_and_no_rendition(tmp_path, name, data, code):
    printed, status, out = shown(tmp_path, name, data)
    assert f"{name}:1:1" in printed
    assert f" {code} " in printed
    assert status == 1
    assert not (out / "web.html").exists()
    (problem,) = json.loads((out / "problems.json").read_text())
    assert problem["code"] == code
