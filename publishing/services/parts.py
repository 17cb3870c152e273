"""The parts of a release: each approved rendition with the account it goes to."""

from django.db.models import QuerySet

from approvals.services import reviews
from publishing import accounts
from publishing.models import Account, Release, ReleasePart

Status = Release.Status


def of(release: Release) -> QuerySet[ReleasePart]:
    """Return the parts of a release with everything that checking and sending needs."""
    return release.parts.select_related("rendition", "seal", "account", "release__draft__segment")


def plan(release: Release) -> None:
    """Give the release a part for each approved rendition that has an account, while it may change."""
    if release.status not in (Status.PLANNED, Status.LATE, Status.HELD) or release.prepared_at:
        return
    approved = reviews.approved_seals(release.draft)
    left_out: dict[str, str] = {}
    for rendition in release.draft.renditions.all():
        account = accounts.find(rendition.format, rendition.account)
        seal = approved.get(rendition.format)
        if seal is None or account is None or not account.is_enabled:
            left_out[rendition.format] = _why_left_out(seal is not None, account)
            continue
        ReleasePart.objects.update_or_create(
            release=release,
            format=rendition.format,
            defaults={
                "rendition": rendition,
                "account": account,
                "seal": seal,
                "refusal": "",
                "refused_at": None,
            },
        )
    Release.objects.filter(pk=release.pk).update(left_out=left_out)
    release.left_out = left_out


def _why_left_out(is_approved: bool, account: Account | None) -> str:
    if not is_approved:
        return "It is not approved."
    if account is None:
        return "No account publishes it."
    return switched_off(account)


def switched_off(account: Account) -> str:
    """Return the sentence that says so; "" for an account in use."""
    return "" if account.is_enabled else f"The account {account} is switched off."
