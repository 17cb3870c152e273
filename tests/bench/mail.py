"""A ledgered, personalised, tracked newsletter by the real sender, against raw smtplib and Django's loop.

Two processes of the sender, each with four kept connections, hand the release to the sink; two processes
of smtplib hand over the same bytes, built beforehand; Django builds and sends each mail on one kept
connection. Every row must be confirmed, or the figure counts for nothing.
"""

import os
import time
from datetime import date

from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone

from content.formats import merge
from content.formats.newsletter import Newsletter
from publishing import accounts, acts, messages
from publishing.books import books
from publishing.models import PassportValue
from publishing.services import releases
from segmentation import addresses
from segmentation.models import Consent, Contact
from tests.bench import processes
from tests.bench.edition import plain
from tests.bench.table import Row
from tests.factories.publishing import approve, make_account, make_draft, wall_now
from tests.factories.segmentation import make_segment

COUNT, PROCESSES = int(os.environ.get("BENCH_CONTACTS", "5000")), 2
FAST, NEVER = 10**8, date(2100, 1, 1)  # a pace that keeps nobody
PIECES, DJANGO_MOST = 2, 1500  # two pieces make a mail of 17 KB
AIM_RAW, AIM_DJANGO = 0.7, 6.0


def run():
    release = _release()
    size = _size(release)
    before = _raw(release)
    ours = COUNT / processes.seconds_together("tests.bench.mail_work", "ours", count=PROCESSES)
    found = books(release)
    if found.confirmed != COUNT:
        raise RuntimeError(f"not every mail is confirmed: {found}")
    raw, loop = max(before, _raw(release)), _django(release)
    work = f"{COUNT:,} ledgered, tracked mails of {size / 1000:.0f} KB"
    absolute = f"{ours:,.0f} against {{:,.0f}} mails a second"
    return [
        Row(work, "raw smtplib, same bytes", ours / raw, AIM_RAW, absolute.format(raw)),
        Row(work, "EmailMultiAlternatives", ours / loop, AIM_DJANGO, absolute.format(loop)),
    ]


def _release():
    """Return a started release of a real newsletter to COUNT people who said yes."""
    people = [f"reader{number}@halcytone.example" for number in range(COUNT)]
    Contact.objects.bulk_create(
        [
            Contact(
                email=address,
                email_key=addresses.key(address),
                email_hash=addresses.digest(address),
                name=f"Reader {number}",
            )
            for number, address in enumerate(people)
        ],
        batch_size=1000,
    )
    Consent.objects.bulk_create(
        [
            Consent(contact=contact, channel="email", purpose=purpose, is_given=True, source="form")
            for contact in Contact.objects.all()
            for purpose in ("newsletter", "tracking")
        ],
        batch_size=1000,
    )  # fmt: skip
    release = started()
    if books(release).planned != COUNT:
        raise RuntimeError(f"the release did not start: {release.note}")
    return release


def started():
    """Start a release of a real newsletter to everybody there is, by an account whose pace keeps nobody."""
    account = make_account("newsletter", channel="smtp", endpoint="smtp://127.0.0.1")
    for name in ("per_second", "per_hour"):
        PassportValue.objects.create(
            channel="smtp", account=account, name=name, value=FAST, reason="Bench", review_on=NEVER
        )
    contents = {"newsletter": Newsletter().render(plain(PIECES, "the bench")).content}
    draft = make_draft(
        ["newsletter"], slot_wall=wall_now(), segment=make_segment(), contents=contents
    )
    approve(draft)
    return releases.start(releases.plan(draft))


def _raw(release):
    """Return the mails a second of smtplib alone."""
    seconds = processes.seconds_together("tests.bench.mail_work", "raw", count=PROCESSES)
    return COUNT / seconds


def built(release, rows):
    """Yield (sender, address, bytes) of these rows, as the sender would hand them over."""
    part = release.parts.select_related("rendition", "account", "release__draft__segment").get()
    channel = accounts.channel(part.account)
    sealed = messages.sealed(part, channel, part.rendition.body)
    session = channel.session()
    for act in rows:
        act.handed_over_at = timezone.now()
        yield session.sender.bare, act.email, session.built(messages.message(act, sealed))


def _size(release):
    return len(next(built(release, acts.read(release.deliveries.all()[:1])))[2])


def _django(release):
    """Return the mails a second of Django's own loop on one kept connection."""
    part = release.parts.select_related("rendition", "release__draft__segment", "account").get()
    sealed = messages.sealed(part, accounts.channel(part.account), part.rendition.body)
    content = sealed.content
    html, text = merge.split(content["html"]), merge.split(content["text"])  # without tracking
    rows = acts.read(release.deliveries.all()[:DJANGO_MOST])
    port = int(os.environ["BENCH_SMTP_PORT"])
    begun = time.perf_counter()
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with get_connection(backend, host="127.0.0.1", port=port) as line:
        for row in rows:
            reader = messages.message(row, sealed).recipient
            mail = EmailMultiAlternatives(
                content["subject"], merge.fill(text, reader.merge), part.account.from_email,
                [reader.address], connection=line,
                headers={"List-Unsubscribe": f"<{reader.merge['unsubscribe_url']}>"},
            )  # fmt: skip
            mail.attach_alternative(merge.fill_html(html, reader.merge), "text/html")
            mail.send()
    return len(rows) / (time.perf_counter() - begun)
