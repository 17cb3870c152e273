"""The CRM's stand-in: the calls of publishing specification §4 and §13."""

import httpx
import pytest

from halcytone.sandbox.running import run

API = "/api/v1"


@pytest.fixture
def api(sandbox):
    with httpx.Client(base_url=sandbox.url("crm"), timeout=10) as client:
        yield client


def people(count):
    return [{"email": f"reader{n}@halcytone.example", "merge_vars": {}} for n in range(count)]


def mail(subject="Two quiet minutes", recipients=None, **changes):
    text = {"subject": subject, "html": "<p>Breathe</p>", "text": "Breathe"}
    return {**text, "recipients": people(2) if recipients is None else recipients, **changes}


def add(api, email, **fields):
    return api.post(f"{API}/contacts", json={"email": email, "tags": [], "metadata": {}, **fields})


def test_a_batch_is_taken_and_its_job_remembered_under_the_request_id(api):
    taken = api.post(f"{API}/email/batch", json=mail(), headers={"X-Request-ID": "call-1"}).json()
    assert (taken["successful"], taken["failed"], taken["errors"]) == (2, 0, [])
    job = api.get(f"{API}/email/jobs/call-1").json()
    assert (job["total_recipients"], job["sent_count"], job["failed_count"]) == (2, 2, 0)
    assert job["status"] == "completed"
    assert api.get(f"{API}/email/jobs/other").status_code == 404


def test_a_repeated_request_id_gets_the_first_answer_and_sends_nothing(api):
    for _ in range(2):
        api.post(f"{API}/email/batch", json=mail(), headers={"X-Request-ID": "call-1"})
    assert api.get(f"{API}/stats").json()["emails"] == 2


def test_people_who_left_or_bounced_are_named_in_the_answer(api):
    add(api, "reader0@halcytone.example")
    left = {"email": "reader0@halcytone.example", "preferences": {}}
    assert api.post(f"{API}/subscriptions/unsubscribe", json=left).status_code == 200
    answer = api.post(f"{API}/email/batch", json=mail(recipients=[*people(2), {"email": "no"}]))
    assert answer.json()["successful"] == 1
    assert answer.json()["errors"] == [
        {"email": "reader0@halcytone.example", "error": "unsubscribed"},
        {"email": "no", "error": "invalid address"},
    ]


@pytest.mark.parametrize(
    ("word", "status"), [("Error", 500), ("timeout", 408), ("INVALID", 400), ("terrors", 200)]
)
@pytest.mark.parametrize("path", ["email/batch", "email/send", "notifications/newsletter"])
def test_words_in_a_subject_make_it_fail(api, path, word, status):
    content = mail(f"Our {word} of today", html_content="<p>x</p>", sender_email="a@b.example")
    assert api.post(f"{API}/{path}", json=content).status_code == status
    assert (api.get(f"{API}/stats").json()["emails"] == 0) is (
        status != 200 or path == "notifications/newsletter"
    )


def test_a_slow_subject_is_answered_after_two_seconds(api):
    answer = api.post(f"{API}/email/batch", json=mail("A slow morning"))
    assert answer.elapsed.total_seconds() >= 2
    assert answer.json()["successful"] == 2


def test_a_call_carries_at_most_a_hundred_people(api):
    assert api.post(f"{API}/email/batch", json=mail(recipients=people(101))).status_code == 422
    assert api.post(f"{API}/email/batch", json=mail(recipients=[])).status_code == 422
    assert api.post(f"{API}/email/batch", json=mail(recipients=people(100))).status_code == 200


def test_one_mail_and_its_status(api):
    content = mail(recipients=["a@halcytone.example"], html_content="<p>x</p>")
    content |= {"sender_email": "news@halcytone.example", "campaign_id": "spring"}
    sent = api.post(f"{API}/email/send", json=content).json()
    assert (sent["status"], sent["recipients_count"], sent["campaign_id"]) == ("sent", 1, "spring")
    told = api.get(f"{API}/email/{sent['message_id']}/status").json()
    assert (told["message_id"], told["events"][0]["event"]) == (sent["message_id"], "sent")
    assert api.get(f"{API}/email/none/status").status_code == 404


def test_contacts_are_kept_once_and_counted(api):
    made = add(api, "Ana@Halcytone.example", first_name="Ana", last_name="Lund")
    assert (made.status_code, made.json()["status"]) == (201, "active")
    assert add(api, "ana@halcytone.example").status_code == 409
    assert add(api, "nobody").status_code == 422
    assert api.get(f"{API}/contacts").json()["total"] == 1
    counts = api.get(f"{API}/contacts/count").json()
    assert (counts["total"], counts["active"], counts["unsubscribed"]) == (1, 1, 0)
    assert counts["last_updated"]


def test_subscribers_come_page_by_page_under_both_names(api):
    for number in range(5):
        add(api, f"reader{number}@halcytone.example", first_name="R", last_name=str(number))
    choice = {"email": "reader0@halcytone.example", "preferences": {}}
    api.post(f"{API}/subscriptions/unsubscribe", json=choice)
    query = {"newsletter_opt_in": "true", "status": "active", "limit": 3, "offset": 3}
    page = api.get(f"{API}/users/subscribers", params=query).json()
    assert page["users"] == page["subscribers"]
    assert [(one["email"], one["name"]) for one in page["users"]] == [
        ("reader4@halcytone.example", "R 4")
    ]
    assert (page["total"], page["limit"], page["offset"]) == (4, 3, 3)
    assert (page["status_filter"], page["newsletter_opt_in_filter"]) == ("active", True)
    assert api.get(f"{API}/users/subscribers/count").json()["count"] == 4


def test_a_subscription_of_somebody_new_makes_a_contact(api):
    given = {"email": "new@halcytone.example", "preferences": {"weekly": True}}
    assert api.post(f"{API}/subscriptions/subscribe", json=given).status_code == 201
    assert api.post(f"{API}/subscriptions/update", json=given).status_code == 200
    assert api.post(f"{API}/subscriptions/forget", json=given).status_code == 404


def test_addresses_are_sorted(api):
    emails = ["a@halcytone.example", "info@halcytone.example", "x@mailinator.com", "no"]
    found = api.post(f"{API}/email/validate", json={"emails": emails}).json()
    assert found["valid"] == emails[:3]
    assert found["invalid"] == ["no"]
    assert (found["disposable"], found["role_based"]) == ([emails[2]], [emails[1]])


def test_figures_count_what_was_told_of_the_mails(api):
    api.post(f"{API}/email/batch", json=mail(campaign_id="spring"))
    for event in ("delivered", "opened", "opened"):
        told = {"event": event, "email": "reader0@halcytone.example", "campaign_id": "spring"}
        assert api.post(f"{API}/email/track", json=told).json()["mails"] == 1
    for path in ("campaigns/spring/analytics", "email/analytics?campaign_id=spring"):
        found = api.get(f"{API}/{path}").json()
        assert (found["sent"], found["delivered"], found["opened"]) == (2, 1, 1)
        assert (found["open_rate"], found["click_rate"]) == (1.0, 0.0)
    assert api.get(f"{API}/campaigns/none/analytics").status_code == 404
    report = api.get(f"{API}/reports/emails", params={"days": 7}).json()
    assert (report["sent"], report["campaigns"][0]["campaign_id"]) == (2, "spring")


def test_campaigns_are_drafts(api):
    made = api.post(f"{API}/campaigns", json={"name": "Spring", "tags": [], "metadata": {}})
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    id = made.json()["campaign_id"]
    assert api.get(f"{API}/campaigns/{id}/analytics").json()["sent"] == 0


def test_test_data_can_be_deleted(api):
    add(api, "a@halcytone.example")
    api.post(f"{API}/email/batch", json=mail())
    assert api.delete(f"{API}/test-data").json()["status"] == "success"
    stats = api.get(f"{API}/stats").json()
    assert (stats["emails"], stats["contacts"]["total"], stats["jobs"]) == (0, 0, 0)
    assert api.get("/health").json()["service"] == "crm-sandbox"


def test_its_page_shows_what_was_sent(api):
    assert "No mail yet" in api.get("/").text
    api.post(f"{API}/email/batch", json=mail("Quiet <minutes>"))
    page = api.get("/").text
    assert "Quiet &lt;minutes&gt;" in page
    assert "2 mails" in page


def test_keys_are_asked_for_and_errors_are_repeatable():
    with run(ports={"crm": 0}, require_auth=True) as sandbox:
        url = f"{sandbox.url('crm')}{API}/stats"
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, headers={"X-API-Key": "k" * 16}).status_code == 200
    ends = []
    for _ in range(2):
        with run(ports={"crm": 0}, error_rate=0.5, delay_ms=5) as sandbox:
            url = f"{sandbox.url('crm')}{API}/contacts?n="
            ends.append([httpx.get(f"{url}{n}").status_code for n in range(12)])
    assert ends[0] == ends[1]
    assert {200, 500} == set(ends[0])
