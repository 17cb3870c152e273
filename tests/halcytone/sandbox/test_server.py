import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from halcytone.sandbox import pages
from halcytone.sandbox.options import PORTS, shifted
from halcytone.sandbox.running import run

ROOT = Path(__file__).parents[3]


def manage(home, *arguments, **options):
    environment = {"PATH": os.environ["PATH"], "HALCYTONE_HOME": str(home), "LANG": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ports_move_together():
    assert shifted(by=1000) == {name: port + 1000 for name, port in PORTS.items()}
    assert shifted(("x",)) == {"x": 8003}


def test_the_command_runs_the_chosen_servers_and_ends_at_sigterm(tmp_path):
    with manage(
        tmp_path, "--ports-shift=21000", "--only=x", f"--state={tmp_path / 's'}"
    ) as process:
        assert process.stdout.readline() == "X: http://127.0.0.1:29003/\n"
        assert httpx.get("http://127.0.0.1:29003/health").json()["status"] == "healthy"
        process.terminate()
        assert process.wait(8) == 0
    assert (tmp_path / "s" / "sandbox.sqlite3").exists()


def test_a_taken_port_is_one_clear_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 31025)):
        process = manage(tmp_path, "--ports-shift=23000")
        _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Port 31025 on 127.0.0.1 (Mailbox of the sandbox) is taken" in error
    assert "SANDBOX_PORT_SHIFT" in error
    assert "Traceback" not in error


def test_an_unknown_server_is_refused(tmp_path):
    process = manage(tmp_path, "--only=fax")
    assert "not fax" in process.communicate(timeout=20)[1]
    assert process.returncode == 1


def test_it_ends_within_two_seconds_while_clients_hang_on():
    with run() as sandbox:
        sandbox.fault("x", "slow:30000")
        waiting = threading.Thread(target=ask_in_vain, args=(sandbox.url("x"),))
        with smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"]) as smtp, httpx.Client() as client:
            client.get(sandbox.url("platform"))
            waiting.start()
            smtp.noop()
            time.sleep(0.2)
            started = time.monotonic()
            sandbox.process.send_signal(signal.SIGTERM)
            assert sandbox.process.wait(8) == 0
            assert time.monotonic() - started < 2
        waiting.join()


def ask_in_vain(url):
    with pytest.raises(httpx.HTTPError):
        httpx.post(f"{url}/2/tweets", json={"text": "one"}, timeout=20)


def test_it_does_not_outlive_the_program_that_started_it():
    with run(ports={"x": 0}) as sandbox:
        sandbox.process.stdin.close()
        assert sandbox.process.wait(8) == 0


def test_pages_posts_and_first_answers_survive_a_restart(tmp_path):
    page = {"title": "Kept", "content": "text", "slug": "kept"}
    headers = {"X-Request-ID": "k"}
    with run(state=tmp_path) as first:
        httpx.post(first.url("platform") + "/api/v1/content", json=page, headers=headers)
        httpx.post(first.url("x") + "/2/tweets", json={"text": "kept"})
        first.process.kill()
    with run(state=tmp_path) as second:
        again = httpx.post(second.url("platform") + "/api/v1/content", json=page, headers=headers)
        assert again.status_code == 201
        assert second.ask("platform", "GET", "/api/v1/stats")["content"] == 1
        assert [post["text"] for post in second.posts()] == ["kept"]
        post = httpx.post(second.url("x") + "/2/tweets", json={"text": "new"}).json()["data"]
        assert post["id"] > second.posts()[0]["id"]


def test_it_says_why_it_did_not_start():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeError, match=f"Port {port}"), run(ports={"x": port}):
            pass


def test_head_is_answered_where_get_is(sandbox):
    assert httpx.head(sandbox.url("platform") + "/updates/none").status_code == 404
    assert httpx.head(sandbox.url("smtp") + "/health").status_code == 200


def test_a_mail_can_be_seen_as_light_and_as_dark_readers_see_it():
    html = "<style>@media (Prefers-Color-Scheme: dark){a{}}</style>"
    assert "(min-width:0)" in pages.in_scheme(html, "dark")
    assert "(max-width:0)" in pages.in_scheme(html, "light")
    assert pages.in_scheme(html, "") == html


@pytest.mark.chromium
@pytest.mark.parametrize("width", [1200, 390])
def test_every_page_passes_axe_and_fits_its_screen(sandbox, chromium_path, width):
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    addresses = [*fill(sandbox), sandbox.url("smtp") + "/?q=nothing-has-this"]
    with sync_playwright() as playwright:
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
        ]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
            )
            page = context.new_page()
            for address in addresses:
                page.goto(address)
                found = Axe().run(page).response["violations"]
                assert [(address, one["id"]) for one in found] == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()


def fill(sandbox):
    """Put one of each into the sandbox and return the addresses of its pages."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        "A long subject " * 5,
        "a@b.example",
        "c@d.example",
    )
    message.set_content("word " * 100)
    message.add_alternative("<!doctype html><title>t</title><p>word</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"]) as smtp:
        smtp.send_message(message)
    page = {"title": "A page", "content": "<p>" + "word " * 50 + "</p>", "slug": "a-page"}
    httpx.post(sandbox.url("platform") + "/api/v1/content", json=page)
    httpx.post(
        sandbox.url("x") + "/2/tweets", json={"text": "one https://halcytone.example/" + "x" * 100}
    )
    number = sandbox.mails()["mails"][0]["id"]
    yield f"{sandbox.url('smtp')}/mail/{number}"
    yield f"{sandbox.url('platform')}/updates/a-page"
    yield from (sandbox.url(server) + "/" for server in sandbox.ports)
