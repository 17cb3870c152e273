"""Will the mail be taken for ours, and can everybody leave who wants to?"""

from collections.abc import Iterator
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse

from halcytone.lib import outbound, rights
from halcytone.lib.errors import HalcytoneError
from publishing import messages
from publishing.models import Account
from publishing.readiness import names
from publishing.readiness.base import GO, NO_GO, Area, Finding, Subject
from publishing.timing import MAIL
from segmentation import audience, unsubscribe


class Mail(Area):
    name = "mail"
    title = "Mail"

    def findings(self, subject: Subject) -> Iterator[Finding]:
        for leg in subject.legs:
            if leg.format == MAIL and leg.account is not None:
                yield from self._sender(leg.account)
                yield self._way_out(subject)
                yield self._mailboxes(subject)

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
            return Finding(
                "mailboxes", GO, "This installation has no mailboxes of its own to try.", MAIL
            )
        there = audience.members(segment).filter(email_key__in=[each.lower() for each in own])
        said = f"{there.count()} of {len(own)} own mailboxes are on the list; they get it first."
        return Finding("mailboxes", GO, said, MAIL)
