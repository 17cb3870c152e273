"""Will the mail be taken for ours, and can everybody leave who wants to?"""

from collections.abc import Iterator
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse

from halcytone.lib import outbound, rights
from halcytone.lib.errors import HalcytoneError
from publishing import messages
from publishing.models import Account, ReleasePart, SeedMail
from publishing.readiness import names
from publishing.readiness.base import GO, NO_GO, WARNING, Area, Finding, Leg, Subject
from publishing.services import seeds
from publishing.timing import MAIL
from segmentation import audience, unsubscribe

OPERATOR = "Whoever runs this installation."


class Mail(Area):
    name = "mail"
    title = "Mail"

    def findings(self, subject: Subject) -> Iterator[Finding]:
        for leg in subject.legs:
            if leg.format == MAIL and leg.account is not None:
                yield from self._sender(leg.account)
                yield self._way_out(subject)
                yield self._mailboxes(subject)
                yield self._test_mail(leg, leg.account, subject)

    def _sender(self, account: Account) -> Iterator[Finding]:
        who = rights.who_may("publishing.change_account")
        path = reverse("publishing:accounts")
        domain = parseaddr(account.from_email)[1].rpartition("@")[2]
        if not domain:
            said = f"{account} has no address that its mail comes from."
            yield Finding("from", NO_GO, said, account.key, who, path)
            return
        if settings.OUTBOUND != outbound.LIVE:
            said = f"From {domain}. SPF, DKIM and DMARC are not asked in the sandbox."
            yield Finding("from", GO, said, account.key, path=path)
            return
        wrong = names.problems(domain)
        for said in wrong:
            yield Finding("from", NO_GO, said, account.key, who, path)
        if not wrong:
            yield Finding("from", GO, f"SPF, DKIM and DMARC of {domain} are in place.", account.key)

    def _way_out(self, subject: Subject) -> Finding:
        """Make a reader's own link, and read it as the page behind it does."""
        segment = subject.draft.segment
        reader = audience.listing(segment, audience.TO_WRITE).first() if segment else None
        if segment is None or reader is None:
            return Finding("unsubscribe", GO, "There is no reader to try it with.", MAIL)
        try:
            token = unsubscribe.token(reader.pk, list=segment.list, purpose=segment.purpose)
            found = unsubscribe.resolve(token)
            address = f"{settings.PRESS_URL}/{messages.LINKS['unsubscribe_url']}?u={token}"
        except HalcytoneError as error:
            return Finding("unsubscribe", NO_GO, f"No link to leave can be made: {error}", MAIL)
        is_same = found.contact_id == reader.pk and found.list == segment.list
        is_public = settings.OUTBOUND != outbound.LIVE or address.startswith("https://")
        if is_same and is_public:
            return Finding("unsubscribe", GO, "A link to leave leads back to its reader.", MAIL)
        said = "The link to leave does not lead back to its reader over https."
        return Finding("unsubscribe", NO_GO, said, MAIL, can_override=False)

    def _mailboxes(self, subject: Subject) -> Finding:
        """Own mailboxes are the first step of a canary; whether they are on the list is seen before."""
        own = settings.TEST_MAILBOXES
        segment = subject.draft.segment
        if not own or segment is None:
            return Finding("mailboxes", GO, "No canary begins with mailboxes of our own.", MAIL)
        there = audience.members(segment).filter(email_key__in=[each.lower() for each in own])
        said = f"{there.count()} of {len(own)} own mailboxes are on the list; they get it first."
        return Finding("mailboxes", GO, said, MAIL)

    def _test_mail(self, leg: Leg, account: Account, subject: Subject) -> Finding:
        """Say whether a test mail came to our own mailboxes; from an hour before the slot on."""
        count = len(settings.TEST_MAILBOXES)
        if not count:
            said = "No test mailbox is set (TEST_MAILBOXES): nobody sees the mail arrive before readers do."
            return Finding("test_mail", WARNING, said, account.key, OPERATOR)
        if subject.draft.is_dry or (subject.release and subject.release.is_dry):
            return Finding("test_mail", GO, "None is sent: a dry run.", account.key)
        is_time = seeds.is_time(subject.release, subject.occasion, subject.now)
        if not is_time or leg.part is None:
            said = f"An hour before, a test mail goes to {count} own mailboxes."
            return Finding("test_mail", GO, said, account.key)
        verdict, said = _arrival(leg.part, account, subject.now)
        who = "" if verdict == GO else f"{OPERATOR} {rights.who_may('publishing.change_account')}"
        return Finding("test_mail", verdict, said, account.key, who, reverse("publishing:accounts"))


def _arrival(part: ReleasePart, account: Account, now: datetime) -> tuple[str, str]:
    """Return the verdict on the test mails of a part, and its sentence."""
    rows = list(seeds.of(part))
    own = set(settings.TEST_MAILBOXES)
    there = {row.address for row in rows if row.arrived_at}
    if there == own:
        return GO, f"The test mail is in all {len(own)} own mailboxes."
    if not rows:
        why = (
            seeds.why_not(part, now) or "the own mailboxes are suppressed, or the pace is used up."
        )
        return NO_GO, f"No test mail was sent: {why}"
    latest = {row.address: row for row in rows if row.address not in there}
    lost = [row for row in latest.values() if row.state == SeedMail.State.FAILED]
    if lost:
        return NO_GO, f"The test mail to {lost[0].address} was not received: {lost[0].error}"
    missing = ", ".join(sorted(own - there))
    if there:
        return (
            WARNING,
            f"The test mail is in {len(there)} of {len(own)} own mailboxes, not in {missing}.",
        )
    if not seeds.can_be_seen(account):
        said = "nothing here reads a mailbox (MAILBOX_URL) or hears of deliveries. Look yourself."
        return WARNING, f"A test mail went to {missing}; {said}"
    first = rows[0]
    if first.state != SeedMail.State.FAILED and now - first.handed_over_at < seeds.PATIENCE:
        return (
            WARNING,
            f"The test mail to {missing} left just now and is not there yet; rehearse again.",
        )
    why = f" {first.error}" if first.error else ""
    return NO_GO, (
        f"The test mail was not received: it left {first.handed_over_at:%H:%M} UTC and is not in "
        f"{missing}.{why}"
    )
