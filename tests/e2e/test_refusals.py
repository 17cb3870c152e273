"""What the server refuses, in words, whatever page or program asks; and what a changed byte does."""

import json
import re

import httpx
import pytest

from tests.e2e.press import until

pytestmark = pytest.mark.timeout(200)
DIGESTS = re.compile(r'name="(shown-\w+)" value="(\w{64})"')


def message(answer):
    """Return the sentences that a page says at its top."""
    found = re.findall(r'<li class="note [^>]*>(.*?)</li>', answer.text, re.DOTALL)
    return " ".join(found).replace("&#x27;", "'")


@pytest.fixture(scope="module")
def clients(press):
    """Return `clients(name)`: an HTTP client with that person's session."""
    made = {}
    yield (
        lambda name: (
            made.setdefault(name, None) or made.update({name: press.signed_in(name)}) or made[name]
        )
    )
    for one in made.values():
        one.close()


@pytest.fixture(scope="module")
def piece(press, clients):
    """A draft of the editor's in review, with the ids that its addresses need."""
    client = clients("editor")
    recipe = press.one("SELECT id FROM content_recipe WHERE key = 'weekly'")
    document = press.one("SELECT id FROM content_document WHERE name = 'Two weeks ago'")
    page = press.post(client, f"/admin/documents/{document}/edition/", recipe=recipe)
    draft = int(page.url.path.split("/")[3])
    answer = press.post(client, f"/admin/drafts/{draft}/submit/", note="")
    assert "Submitted" in message(answer), message(answer)
    review = press.one("SELECT id FROM approvals_review WHERE draft_id = ?", draft)
    return {"draft": draft, "review": review, "path": f"/admin/reviews/{review}/"}


def decide(press, client, piece, verdict="approve", **values):
    """Decide as the page would, with what it shows now unless `values` say otherwise."""
    page = client.get(piece["path"]).text
    shown = dict(DIGESTS.findall(page)) or dict.fromkeys(
        ("shown-newsletter", "shown-web", "shown-x"), "0" * 64
    )
    form = {"verdict": verdict, "formats": [name.removeprefix("shown-") for name in shown]}
    return press.post(client, f"{piece['path']}decide/", **{**form, **shown, **values})


def decisions(press, piece):
    sql = (
        "SELECT count(*) FROM approvals_decision JOIN approvals_stage"
        " ON approvals_stage.id = stage_id WHERE review_id = ?"
    )
    return press.one(sql, piece["review"])


def test_the_author_cannot_approve_her_own_piece_past_the_page(press, clients, piece):
    answer = decide(press, clients("editor"), piece)
    assert "Four eyes: you" in message(answer)
    assert "so somebody else decides about it" in message(answer)
    assert decisions(press, piece) == 0


def test_an_administrator_without_a_role_is_told_who_can(press, clients, piece):
    answer = decide(press, clients("admin"), piece)
    assert "asks for Marketing manager or Team lead, which you are not" in message(answer)
    assert decisions(press, piece) == 0


def test_a_viewer_is_told_who_may(press, clients, piece):
    answer = decide(press, clients("viewer"), piece)
    assert answer.status_code == 403
    assert "Not yours to open" in answer.text
    assert "marketing manager, senior editor" in answer.text
    assert decisions(press, piece) == 0


def test_deciding_about_what_was_not_shown_is_refused(press, clients, piece):
    stale = {f"shown-{name}": "0" * 64 for name in ("newsletter", "web", "x")}
    answer = decide(press, clients("marketing"), piece, **stale)
    assert "changed" in message(answer).lower(), message(answer)
    assert decisions(press, piece) == 0


def test_sending_back_needs_a_reason_that_the_author_then_sees_first(
    press, clients, piece, at_desk
):
    client = clients("marketing")
    answer = decide(press, client, piece, verdict="request_changes")
    assert message(answer)
    assert decisions(press, piece) == 0
    page = at_desk("marketing").page
    page.goto(piece["path"])
    page.get_by_role("button", name="Request changes").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Send back").click()
    assert dialog.is_visible(), "it asks for the reason before it sends"
    dialog.get_by_label("What it is about").select_option(index=1)
    dialog.get_by_label("Comment").fill("The second piece repeats the first.")
    dialog.get_by_role("button", name="Send back").click()
    assert page.locator("#message").inner_text().startswith("Sent back:")
    author = at_desk("editor").page
    author.goto(f"/admin/drafts/{piece['draft']}/")
    note = author.get_by_role("main").get_by_role("status").first
    assert "Marketing manager asked for changes" in note.inner_text()
    assert "The second piece repeats the first." in note.inner_text()
    assert note.bounding_box()["y"] < 300
    submit = f"/admin/drafts/{piece['draft']}/submit/"
    answer = press.post(clients("editor"), submit, note="Mended")
    assert "say what you did about it" in message(answer), message(answer)
    author.get_by_role("link", name="Answer what was asked").click()
    author.get_by_label("Done", exact=True).check()
    author.get_by_role("button", name="Keep the answers").click()
    answer = press.post(clients("editor"), submit, note="Mended")
    assert "Submitted" in message(answer), message(answer)


def test_two_clicks_are_one_decision_and_one_message(press, clients, piece):
    client, before = clients("team-lead"), decisions(press, piece)
    page = client.get(piece["path"]).text
    shown = dict(DIGESTS.findall(page))
    form = {
        "verdict": "approve",
        "formats": [name.removeprefix("shown-") for name in shown],
        **shown,
    }
    client.follow_redirects = False
    first = press.post(client, f"{piece['path']}decide/", **form)
    second = press.post(client, f"{piece['path']}decide/", **form)
    client.follow_redirects = True
    assert (first.status_code, second.status_code) == (302, 302)
    assert decisions(press, piece) - before == len(shown) == 5
    said = message(client.get("/admin/"))
    assert said.count("Approved:") == 1, said


def test_after_an_edit_of_linkedin_only_linkedin_is_asked_for_again(press, clients, piece):
    decide(press, clients("marketing"), piece)
    assert status(press, piece) == "approved"
    linkedin = press.one(
        "SELECT id FROM content_rendition WHERE draft_id = ? AND format = 'linkedin'",
        piece["draft"],
    )
    body = json.loads(press.one("SELECT body FROM content_rendition WHERE id = ?", linkedin))
    answer = press.post(
        clients("editor"),
        f"/admin/renditions/{linkedin}/edit/",
        text=body["text"] + "\nOne more line.",
        reason="A last line",
    )
    assert answer.status_code == 200
    assert status(press, piece) == "unsealed"
    press.post(clients("editor"), f"/admin/drafts/{piece['draft']}/submit/", note="LinkedIn only")
    page = clients("marketing").get(piece["path"]).text
    assert set(dict(DIGESTS.findall(page))) == {"shown-linkedin"}
    assert "You decide about LinkedIn" in page
    assert "Linkedin changed since it was decided about" in page or "LinkedIn changed" in page


def status(press, piece):
    return press.one("SELECT status FROM approvals_review WHERE id = ?", piece["review"])


@pytest.fixture(scope="module")
def changed(press):
    """The release one of whose renditions was changed by SQL after approval, once it has left."""
    sql = "SELECT status FROM publishing_release WHERE id = ?"
    number = press.changed_release
    until(lambda: press.one(sql, number) not in ("planned", "releasing"), 100, "the release")
    return number


def test_a_byte_changed_after_approval_does_not_go_out_and_the_others_do(press, changed):
    sql = (
        "SELECT format, state, reason, count(*) FROM publishing_delivery JOIN publishing_releasepart"
        " ON part_of_id = publishing_releasepart.id WHERE publishing_delivery.release_id = ?"
        " GROUP BY 1, 2, 3"
    )
    found = {(format_, state): count for format_, state, _, count in press.rows(sql, changed)}
    assert found["newsletter", "confirmed"] == 40
    assert found["web", "confirmed"] == 1
    assert not [key for key in found if key[0] == "x" and key[1] == "confirmed"]
    posted = httpx.get(f"{press.x}/_sandbox/requests").text
    assert "An e#ition with a changed byte" not in posted


def test_the_refusal_of_the_changed_byte_is_named_on_the_desk_in_the_api_and_in_the_log(
    press, changed, at_desk, clients
):
    sql = "SELECT refusal FROM publishing_releasepart WHERE release_id = ? AND format = 'x'"
    sentence = press.one(sql, changed)
    assert "changed from" in sentence
    page = at_desk("editor").page
    page.goto(f"/admin/releases/{changed}/")
    assert " ".join(sentence.split()) in " ".join(page.get_by_role("main").inner_text().split())
    answer = clients("editor").get(f"/api/v1/releases/{changed}")
    assert answer.status_code == 200
    parts = {part["format"]: part["refusal"] for part in answer.json()["parts"]}
    assert parts["x"] == sentence
    assert parts["newsletter"] == ""
    lines = (press.home / "logs" / "worker.log").read_text().splitlines()
    told = [json.loads(line) for line in lines if "seal" in line and '"format": "x"' in line]
    assert [one for one in told if one.get("release") == changed]
