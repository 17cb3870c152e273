"""Telling the owner of a document what she should know, once, and taking it back when it is over."""

import structlog
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from content.models import Document, Notice, Snapshot
from content.signals import notice_opened

logger = structlog.get_logger(__name__)
Kind = Notice.Kind
TROUBLES = (Kind.DOWN, Kind.CREDENTIALS)


def tell(document: Document, kind: str, text: str, snapshot: Snapshot | None = None) -> None:
    """Open a notice, unless one of its kind is open already: then only its words are renewed."""
    open_now = Notice.objects.filter(document=document, kind=kind, closed_at=None)
    if open_now.update(text=text[:500], snapshot=snapshot):
        return
    try:
        open_for(document, kind, text, snapshot)
    except IntegrityError:  # another worker was faster with the same
        return


def open_for(document: Document, kind: str, text: str, snapshot: Snapshot | None = None) -> Notice:
    """Open a notice and return it. Raises IntegrityError when this was told already."""
    with transaction.atomic():
        notice = Notice.objects.create(
            document=document, kind=kind, text=text[:500], snapshot=snapshot
        )
    logger.info("notice_opened", notice=notice.pk, document=document.pk, kind=kind)
    notice_opened.send(Notice, notice=notice)
    return notice


def close(document: Document, *kinds: str) -> None:
    """Close what is open of these kinds: it is over."""
    rows = Notice.objects.filter(document=document, kind__in=kinds, closed_at=None)
    rows.update(closed_at=timezone.now())


def mail(notice: Notice) -> None:
    """Write to the owner of the document, once. No transaction may be open."""
    owner = notice.document.owner
    claimed = Notice.objects.filter(pk=notice.pk, mailed_at=None).update(mailed_at=timezone.now())
    if not claimed or not owner.email:
        return
    subject = f"{notice.get_kind_display()}: {notice.document.name}"[:150].replace("\n", " ")
    send_mail(
        subject, f"{notice.text}\n\nSee the page of the document on the desk.", None, [owner.email]
    )
