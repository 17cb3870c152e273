"""The parts of a release: each approved rendition with the account it goes to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from approvals.models import Seal
from content.models import Rendition
from publishing import accounts
from publishing.models import Account, Release, ReleasePart
from publishing.services import pages, timing
from publishing.services.sheet import Sheet

Status = Release.Status
WRITTEN = ("rendition", "account", "seal", "links", "refusal", "refused_at", "due_at",
           "window_until")  # fmt: skip


def of(release: Release) -> QuerySet[ReleasePart]:
    """Return the parts of a release with everything that checking and sending needs."""
    return of_all([release])


def of_all(releases: Iterable[Release]) -> QuerySet[ReleasePart]:
    """Return the same of all these releases."""
    rows = ReleasePart.objects.filter(release__in=releases)
    return rows.select_related("rendition", "seal", "account", "release__draft__segment")


def plan(release: Release, approved: Mapping[str, Seal], sheet: Sheet) -> None:
    """Give the release a part for each approved rendition that has an account, while it may change.

    `approved` are the seals under which renditions may leave now, by format.
    """
    if release.status not in (Status.PLANNED, Status.LATE, Status.HELD) or release.prepared_at:
        return
    asked = [(each.format, each.account) for each in sheet.renditions]
    senders = accounts.find_all(asked, sheet.accounts)
    known = sheet.pages()
    wanted: list[ReleasePart] = []
    left_out: dict[str, str] = {}
    for rendition, account in zip(sheet.renditions, senders, strict=True):
        seal = approved.get(rendition.format)
        if seal is None or account is None or (why := _unfit(account, seal, sheet.held)):
            left_out[rendition.format] = _why_left_out(seal, account) or why
            continue
        links = pages.links_of(rendition.format, seal.body, known)
        wanted.append(_part(release, rendition, account, seal, links))
    timing.give(release, wanted, timing.chosen(sheet.rollouts), timing.after(sheet.offsets))
    _keep(wanted)
    if left_out != release.left_out:
        Release.objects.filter(pk=release.pk).update(left_out=left_out)
        release.left_out = left_out


def _part(
    release: Release, rendition: Rendition, account: Account, seal: Seal, links: list[str]
) -> ReleasePart:
    return ReleasePart(
        release=release,
        format=rendition.format,
        rendition=rendition,
        account=account,
        seal=seal,
        links=links,
    )


def _keep(wanted: Sequence[ReleasePart]) -> None:
    """Write these parts; a format that has one already gets it changed."""
    ReleasePart.objects.bulk_create(
        wanted,
        update_conflicts=True,
        unique_fields=["release", "format"],
        update_fields=list(WRITTEN),
    )


def unfit(part: ReleasePart) -> str:
    """Return why a part cannot leave through its account, or at its address; "" when it can."""
    return _unfit(part.account, part.seal, pages.held(part.release.draft))


def _unfit(account: Account, seal: Seal, held: QuerySet[Any]) -> str:
    if not account.is_enabled:
        return f"The account {account} is switched off."
    return pages.holder_of(seal.body, held) if seal.format == pages.WEB else ""


def _why_left_out(seal: Seal | None, account: Account | None) -> str:
    if seal is None:
        return "It is not approved."
    return "No account publishes it." if account is None else ""
