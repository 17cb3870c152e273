"""The desk's list of documents, and what the page of one says first."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from content.services import documents, drafts, items, rounds
from halcytone.lib.errors import Refused
from tests.content.services.conftest import WEEK, cast, source  # noqa: F401

pytestmark = pytest.mark.django_db
LIST = "/admin/documents/"
OLD, NEW = "Twelve boards", "Eleven boards"
ERROR = """\
## [Tips] Small habits
### A lamp
- **Content:** Turn the lamp low an hour before you want to sleep.
### A window
- **Date:** 2026-02-30
- **Content:** Open the window for as long as ten slow breaths take you.
"""


@pytest.fixture
def desk(client, cast):  # noqa: F811
    cast.editor.is_staff = True
    cast.editor.save()
    client.force_login(cast.editor)
    return client


@pytest.fixture
def linked(cast, source):  # noqa: F811
    def link(key, text=WEEK):
        source.put(key, text.encode())
        document = documents.link(by=cast.editor, name=f"About {key}", kind="google_docs", key=key)
        return read(document)

    def read(document):
        documents.ask(document, by=cast.editor)
        rounds.work()
        document.refresh_from_db()
        return document

    link.again = read
    return link


def row(desk, name, query=""):
    """Return the row of the list that names this document, "" when there is none."""
    page = desk.get(LIST + query).content.decode()
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return next((each for each in body.split("</tr>") if name in each), "")


def test_a_shrunken_document_waits_in_the_list_until_a_person_decides(desk, linked, source):  # noqa: F811
    document = linked("one")
    assert "Most of it is gone" not in row(desk, "About one")
    source.put("one", WEEK.partition("### Breath pacing")[0].encode())
    linked.again(document)
    assert "Most of it is gone" in row(desk, "About one")
    assert linked.again(document).sync_jobs.first().result == "skipped"
    assert "Most of it is gone" in row(desk, "About one"), "a later look changes nothing"


def test_a_failed_reading_says_why_and_remarks_are_no_reason(desk, linked, source):  # noqa: F811
    document = linked("one")
    many = "Some words here.\n\n" * 20_001
    source.put("one", many.encode())
    job = linked.again(document).sync_jobs.first()
    assert job.errors[0]["severity"] == "info", "in the order of lines a remark comes first"
    assert "at most 20,000 are read" in job.why
    assert job.why.partition("“")[0] in row(desk, "About one")
    page = desk.get(f"{LIST}{document.pk}/").content.decode()
    assert page.count(job.why) >= 2, "above, and in the history"


def test_what_asks_for_a_person_is_counted_and_can_be_listed_alone(desk, linked, source, cast):  # noqa: F811
    linked("quiet", WEEK.replace("## [Tips]", "## [Community] C\n### Hello\n- **Content:** Hello to all of you out there.\n\n## [Tips]"))  # fmt: skip
    linked("error", ERROR)
    torn = linked("torn")
    item = torn.items.get(head__title="The second board passed its drop test")
    draft = drafts.create(by=cast.editor, type="update", title="Week", revisions=[item.head], formats=["linkedin"])  # fmt: skip
    drafts.generate(draft, by=cast.editor)
    items.edit(item, by=cast.editor, reason="It was stone", content=item.head.content.replace("concrete", "stone"))  # fmt: skip
    source.put("torn", WEEK.replace(OLD, NEW).encode())
    linked.again(torn)
    assert "1 piece with errors" in row(desk, "About error")
    assert "1 piece with two texts" in row(desk, "About torn")
    assert "1 sentence to decide" in row(desk, "About torn")
    assert not row(desk, "About quiet", "?show=waiting")
    assert row(desk, "About error", "?show=waiting")
    assert row(desk, "About torn", "?show=waiting&q=TORN")
    assert not row(desk, "About error", "?show=waiting&q=TORN")
    assert "No document of that name" in desk.get(f"{LIST}?q=nowhere").content.decode()


def test_a_document_that_no_machine_reads_any_more_says_so(desk, linked, source):  # noqa: F811
    document = linked("one")
    source.fail_with = Refused("The account is not accepted.", code="unauthorized")
    linked.again(document)
    assert "Needs a person" in row(desk, "About one", "?show=waiting")


def test_the_list_takes_as_many_queries_for_one_document_as_for_six(desk, linked):
    counts = []
    for number in range(6):
        linked(f"doc-{number}", WEEK.replace("Twelve", str(number + 12)))
        with CaptureQueriesContext(connection) as queries:
            desk.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[-1]


def test_remarks_stand_apart_from_what_is_to_be_mended(desk, linked):
    page = desk.get(f"{LIST}{linked('error', ERROR).pk}/").content.decode()
    problems = page.partition("<h2>Problems</h2>")[2].partition("</section>")[0]
    mend, _, remarks = problems.partition("<details>")
    assert "2026-02-30" in mend.partition("</li>")[0], "what blocks comes first"
    assert "Type update" not in mend
    assert "Type update" in remarks


def test_a_long_text_is_shown_in_parts_and_every_line_can_be_reached(desk, linked):
    items = "\n".join(f"### Habit {n}\n- **Content:** Sit for as long as {n} slow breaths take.\n" for n in range(200))  # fmt: skip
    document = linked("long", f"## [Tips] Small habits\n{items}")
    first = desk.get(f"{LIST}{document.pk}/").content.decode()
    assert (first.count('<li id="line-'), "Lines 1 to 400 of 600" in first) == (400, True)
    assert 'href="#line-2"' in first
    assert 'href="?line=500#line-500"' in first
    assert "The others stand at their lines." in first
    last = desk.get(f"{LIST}{document.pk}/?line=500").content.decode()
    assert 'id="line-500"' in last
    assert "Lines 401 to 600 of 600" in last
    assert "Lines after" not in last
    for odd in ("0", "99999", "x", "-1"):
        assert desk.get(f"{LIST}{document.pk}/?line={odd}").status_code == 200
