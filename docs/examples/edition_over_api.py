"""Take a living document to a release over the REST API, with API keys alone, and watch it leave.

Needs nothing but Python. The keys come from `manage.py api_key USERNAME`, one each for an editor, for the people
who approve, and for somebody who may plan releases. Beside `make demo`, in another terminal:

    key() { .venv/bin/python manage.py api_key "$1" | grep -o "hk_[^ ]*"; }
    export HALCYTONE_URL=http://127.0.0.1:8000
    export EDITOR_KEY=$(key editor) PUBLISHER_KEY=$(key senior-editor)
    export REVIEWER_KEYS=$(key senior-editor),$(key marketing)
    python3 docs/examples/edition_over_api.py docs/examples/weekly.md --segment newsletter-readers

Without `--slot` it leaves at a full minute soon; `--slot 2026-12-01T10:00 --zone America/New_York` takes another
time, and `--watch 0` does not wait for it.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

BASE = os.environ.get("HALCYTONE_URL", "http://127.0.0.1:8000") + "/api/v1/"
STATES = [
    "candidates",
    "confirmed",
    "excluded",
    "failed",
    "uncertain",
    "planned",
    "claimed",
    "handed_over",
]


def call(key, method, path, body=None):
    """Make one call and return its JSON. Ends the script with the problem's own sentence."""
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    if method == "POST":
        headers["Idempotency-Key"] = uuid.uuid4().hex
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, headers, method=method)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        sys.exit(f"{method} /{path}: {problem['status']} {problem['code']}: {problem['detail']}")


def say(text):
    sys.stdout.write(f"{text}\n")


def read(editor, file):
    """Register the file as a document, read it, and return its items in order."""
    text = Path(file).read_text(encoding="utf-8")
    document = call(editor, "POST", "documents", {"name": Path(file).stem, "text": text})
    job = call(editor, "POST", f"documents/{document['id']}/sync", {})
    for problem in call(editor, "GET", f"documents/{document['id']}/problems")["results"]:
        say(
            f"  line {problem['line']}: {problem['severity']} {problem['code']} {problem['message']}"
        )
    found = call(
        editor, "GET", f"items?document={document['id']}&is_blocked=false&ordering=position"
    )
    say(f"Read {file}: {job['result']}, {len(found['results'])} items")
    return found["results"]


def draft(editor, items, slot, zone, segment):
    """Make an edition of these items and render it everywhere. Its page is named by its title."""
    wish = {
        "type": "update",
        "title": f"Our edition of {slot.replace('T', ' at ')}",
        "is_featured": True,
        "slot_wall": slot,
        "zone": zone,
        "formats": ["newsletter", "web", "x"],
    }
    wish["pieces"] = [item["head"]["id"] for item in items]
    if segment:
        found = call(editor, "GET", f"segments?key={segment}")["results"]
        wish["segment_id"] = found[0]["id"] if found else sys.exit(f"There is no segment {segment}")
    made = call(editor, "POST", "drafts", wish)
    for one in call(editor, "POST", f"drafts/{made['id']}/generate", {})["results"]:
        say(f"  {one['format']}: {one['digest'][:12]}, {len(one['findings'])} findings")
    return made


def tick(reviewer, review):
    """Tick what the reviewer has looked at: the items of every list that her stage asks for."""
    lists = {each["key"]: each for each in call(reviewer, "GET", "checklists")["results"]}
    for stage in call(reviewer, "GET", f"reviews/{review['id']}")["stages"]:
        for key in stage["stage"]["checklists"]:
            items = [item["id"] for item in lists[key]["items"]]
            call(reviewer, "POST", f"reviews/{review['id']}/checklist", {"items": items})
            say(f"  ticked the list {lists[key]['name']}: {len(items)} items")


def approve(reviewers, review):
    """Let each reviewer look at what waits for her, and approve exactly that."""
    for key in [*reviewers, *reviewers]:
        seen = call(key, "GET", f"reviews/{review['id']}")
        if seen["mine"]:
            tick(key, review)
            shown = {name: seen["shown"][name] for name in seen["mine"]}
            body = {"verdict": "approve", "formats": seen["mine"], "shown": shown}
            seen = call(key, "POST", f"reviews/{review['id']}/decide", body)
            say(f"  {len(shown)} renditions approved; the review is {seen['status']}")
        if seen["status"] == "approved":
            return
    seen = call(reviewers[0], "GET", f"reviews/{review['id']}")
    cells = [cell for stage in seen["stages"] for cell in stage["renditions"]]
    asked = {place["roles"] for cell in cells for place in cell["places"] if place["is_waiting"]}
    sys.exit(
        f"More voices are needed: {', '.join(sorted(asked))}. Add their keys to REVIEWER_KEYS."
    )


def watch(publisher, release, seconds):
    """Print the books whenever they change, until the release is over or the time is up."""
    end, said = time.monotonic() + seconds, ""
    while True:
        books = call(publisher, "GET", f"releases/{release['id']}/books")
        counts = ", ".join(f"{books[name]} {name}" for name in STATES if books[name])
        now = f"  {books['release_status']}: {counts or 'nothing yet'}"
        if now != said:
            say(said := now)
        if books["release_status"] in ("done", "incomplete") or time.monotonic() > end:
            return books
        time.sleep(2)


def account(publisher, release, books):
    """Print what the books say, and what left: each post and page with its place, mails by their number."""
    balanced = "balance" if books["is_balanced"] else "do not balance"
    say(f"The release is {books['release_status']}, and its books {balanced}")
    for line in books["lines"]:
        why = f" ({line['reason']})" if line["reason"] else ""
        say(f"  {line['format']}: {line['count']} {line['state']}{why}")
    for name in ("web", "x"):
        path = f"releases/{release['id']}/deliveries?format={name}&ordering=id"
        for row in call(publisher, "GET", path)["results"]:
            say(f"  {name}, part {row['part']}: {row['state']} {row['url'] or row['error']}")
    for name, why in books["refused"].items():
        say(f"  {name} did not leave: {why}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file")
    soon = datetime.now(UTC) + timedelta(seconds=90)
    parser.add_argument("--slot", default=f"{soon:%Y-%m-%dT%H:%M}", help="wall clock in the zone")
    parser.add_argument("--zone", default="UTC", help="zone of the slot, such as America/New_York")
    parser.add_argument("--segment", default="", help="the key of the audience of the newsletter")
    parser.add_argument("--watch", type=float, default=300, help="seconds to follow the release")
    wish = parser.parse_args()
    editor, publisher = os.environ["EDITOR_KEY"], os.environ["PUBLISHER_KEY"]
    edition = draft(editor, read(editor, wish.file), wish.slot, wish.zone, wish.segment)
    review = call(editor, "POST", f"drafts/{edition['id']}/submit", {"note": "Made over the API"})
    say(
        f"Submitted: level {review['level']}, {', '.join(row['name'] for row in review['matched'])}"
    )
    approve(os.environ["REVIEWER_KEYS"].split(","), review)
    release = call(publisher, "POST", "releases", {"draft_id": edition["id"]})
    say(f"Planned for {release['due_local']}")
    account(publisher, release, watch(publisher, release, wish.watch))


main()
