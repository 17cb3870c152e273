"""Take a living document to a release over the REST API, with API keys alone.

    python docs/examples/edition_over_api.py notes.md --slot 2026-12-01T10:00

Needs nothing but Python. The keys come from `manage.py api_key USERNAME`, one each for an editor, for the people
who approve, and for somebody who may plan releases:

    export HALCYTONE_URL=http://127.0.0.1:8000
    export EDITOR_KEY=… REVIEWER_KEYS=…,… PUBLISHER_KEY=…
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

BASE = os.environ.get("HALCYTONE_URL", "http://127.0.0.1:8000") + "/api/v1/"


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


def draft(editor, items, slot, segment):
    """Make a weekly edition of these items and render it everywhere."""
    wish = {
        "type": "weekly",
        "title": "Weekly edition",
        "slot_wall": slot,
        "formats": ["newsletter", "web", "x"],
    }
    wish["pieces"] = [item["head"]["id"] for item in items]
    if segment:
        found = call(editor, "GET", f"segments?key={segment}")["results"]
        wish["segment_id"] = found[0]["id"] if found else sys.exit(f"There is no segment {segment}")
    made = call(editor, "POST", "drafts", wish)
    for rendition in call(editor, "POST", f"drafts/{made['id']}/generate", {})["results"]:
        say(
            f"  {rendition['format']}: {rendition['digest'][:12]}, {len(rendition['findings'])} findings"
        )
    return made


def approve(reviewers, review):
    """Let each reviewer look at what waits for her, and approve exactly that."""
    for key in [*reviewers, *reviewers]:
        seen = call(key, "GET", f"reviews/{review['id']}")
        if seen["mine"]:
            shown = {name: seen["shown"][name] for name in seen["mine"]}
            body = {"verdict": "approve", "formats": seen["mine"], "shown": shown}
            seen = call(key, "POST", f"reviews/{review['id']}/decide", body)
            say(f"  {len(shown)} renditions approved; the review is {seen['status']}")
        if seen["status"] == "approved":
            return
    sys.exit("More voices are needed: GET /reviews/{id} names the roles that are asked")


def watch(publisher, release, seconds):
    """Print the books until the release is over or the time is up."""
    end = time.monotonic() + seconds
    while True:
        books = call(publisher, "GET", f"releases/{release['id']}/books")
        names = ("candidates", "confirmed", "excluded", "failed", "uncertain", "planned")
        say("  " + ", ".join(f"{books[name]} {name}" for name in names))
        if books["release_status"] in ("done", "incomplete") or time.monotonic() > end:
            return say(f"The release is {books['release_status']}")
        time.sleep(5)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--slot", required=True, help="wall clock in the zone of the installation")
    parser.add_argument("--segment", default="", help="the key of the audience of the newsletter")
    parser.add_argument("--watch", type=float, default=0, help="seconds to follow the release")
    wish = parser.parse_args()
    editor, publisher = os.environ["EDITOR_KEY"], os.environ["PUBLISHER_KEY"]
    edition = draft(editor, read(editor, wish.file), wish.slot, wish.segment)
    review = call(editor, "POST", f"drafts/{edition['id']}/submit", {"note": "Made over the API"})
    say(
        f"Submitted: level {review['level']}, {', '.join(row['name'] for row in review['matched'])}"
    )
    approve(os.environ["REVIEWER_KEYS"].split(","), review)
    release = call(publisher, "POST", "releases", {"draft_id": edition["id"]})
    say(f"Planned for {release['due_local']}")
    watch(publisher, release, wish.watch)


main()
