"""Is there somebody to write to, and about as many as were approved and as usual?"""

from collections.abc import Iterator

from django.urls import reverse

from approvals.models import Review
from halcytone.lib import rights
from publishing.models import Delivery, Release, ReleasePart
from publishing.readiness.base import GO, NO_GO, Area, Finding, Subject
from publishing.timing import MAIL
from segmentation import audience

OFF_SEALED = 0.20
OFF_USUAL = 0.50
USUAL_OF = 3  # releases


class Audiences(Area):
    name = "audience"
    title = "Audience"

    def findings(self, subject: Subject) -> Iterator[Finding]:
        if not any(leg.format == MAIL for leg in subject.legs):
            return
        segment = subject.draft.segment
        who = rights.who_may("segmentation.change_segment")
        if segment is None:
            path = reverse("content:draft-edit", args=[subject.draft.pk])
            said = "It has no audience, so nobody has said yes to it."
            yield Finding("consent", NO_GO, said, MAIL, who, path, can_override=False)
            return
        path = reverse("segmentation:segment", args=[segment.pk])
        parts = audience.breakdown(segment)
        to_write, candidates = parts[audience.TO_WRITE], parts[audience.CANDIDATES]
        said = f"{to_write} of {candidates} may be written to; the others are left out, each for a reason."
        yield Finding("consent", GO, said, MAIL, path=path, can_override=False)
        if to_write == 0:
            yield Finding(
                "count", NO_GO, "Nobody may be written to.", MAIL, who, path, can_override=False
            )
            return
        yield self._sealed(subject, audience.count(segment), who, path)
        yield from self._usual(subject, to_write, who, path)

    def _sealed(self, subject: Subject, count: int, who: str, path: str) -> Finding:
        review = Review.objects.filter(draft=subject.draft).exclude(status__in=Review.FINAL).first()
        sealed = (review.facts.get("audience_size") if review else None) or 0
        if sealed and abs(count - sealed) > OFF_SEALED * sealed:
            said = f"{count} people now, {sealed} when it was submitted: more than 20 % apart."
            return Finding("count", NO_GO, said, MAIL, who, path)
        said = f"{count} people{f', {sealed} when it was submitted' if sealed else ''}."
        return Finding("count", GO, said, MAIL, path=path)

    def _usual(self, subject: Subject, count: int, who: str, path: str) -> Iterator[Finding]:
        before = ReleasePart.objects.filter(
            format=MAIL,
            release__draft__segment=subject.draft.segment_id,
            release__status=Release.Status.DONE,
            release__is_dry=False,
        ).order_by("-release__due_at")[:USUAL_OF]
        counts = [part.deliveries.exclude(state=Delivery.State.EXCLUDED).count() for part in before]
        if not counts:
            return
        usual = sum(counts) / len(counts)
        said = f"{count} are written to, {usual:.0f} on average of the last {len(counts)}"
        if abs(count - usual) > OFF_USUAL * usual:
            yield Finding("usual", NO_GO, f"{said}: more than 50 % apart.", MAIL, who, path)
        else:
            yield Finding("usual", GO, f"{said}.", MAIL, path=path)
