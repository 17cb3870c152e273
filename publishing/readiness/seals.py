"""Is it exactly what was approved, and is everything about it decided?"""

from collections.abc import Iterator

from django.urls import reverse

from approvals import facts
from approvals.models import Review
from content.services import drift_decisions
from halcytone.lib import rights
from publishing.models import BoardSignature, Rehearsal
from publishing.readiness.base import GO, NO_GO, WARNING, Area, Finding, Leg, Subject
from publishing.services import refusals

TOP_LEVEL = 4


class Seals(Area):
    name = "seals"
    title = "Seals and approval"

    def findings(self, subject: Subject) -> Iterator[Finding]:
        review = Review.objects.filter(draft=subject.draft).exclude(status__in=Review.FINAL).first()
        for leg in subject.legs:
            yield self._seal(leg, subject, review)
        release = subject.release
        for format, why in (release.left_out if release else {}).items():
            path = reverse("content:draft", args=[subject.draft.pk])
            yield Finding("left_out", WARNING, f"It does not leave: {why}", format, path=path)
        yield self._claims(subject)
        yield self._drift(subject)
        if review:
            yield from self._law(review)
            yield from self._signature(subject, review)

    def _seal(self, leg: Leg, subject: Subject, review: Review | None) -> Finding:
        path = reverse("approvals:review", args=[review.pk]) if review else ""
        if leg.part is None:
            if subject.release is None:
                said = "Its approval has been asked for." if review else "Nobody was asked yet."
                return Finding("seal", GO, said, leg.format, path=path)
            return Finding("seal", NO_GO, "It is not approved.", leg.format, can_override=False)
        refusal = refusals.changed(leg.part)
        if refusal is None:
            return Finding("seal", GO, "It is what was approved, byte for byte.", leg.format)
        who = rights.who_may("approvals.decide_review")
        return Finding("seal", NO_GO, refusal.why, leg.format, who, path, can_override=False)

    def _claims(self, subject: Subject) -> Finding:
        path = reverse("content:draft", args=[subject.draft.pk])
        found = facts.facts(subject.draft)
        open_claims = [*found["numbers"], *found["names"], *found["quotations"]]
        if open_claims:
            count, first = len(open_claims), open_claims[0]
            said = f"{count} claims have no evidence beside them, the first: {first}."
            if count == 1:
                said = f"1 claim has no evidence beside it: {first}."
            return Finding("claims", WARNING, said, path=path)
        return Finding("claims", GO, "No figure, name or quotation is without evidence.", path=path)

    def _drift(self, subject: Subject) -> Finding:
        changed = drift_decisions.open_by_document(subject.draft)
        if not changed:
            return Finding("drift", GO, "No source has changed since.")
        count = sum(one["count"] for one in changed)
        said = f"Its sources changed: {count} sentences are not decided about."
        path = reverse("content:document-drift", args=[changed[0]["document"]])
        return Finding("drift", NO_GO, said, who=f"{subject.draft.author} decides.", path=path)

    def _law(self, review: Review) -> Iterator[Finding]:
        open_ones = review.triggers.filter(cleared_at=None).count()
        path = reverse("approvals:review", args=[review.pk])
        who = "Counsel clears it."
        if open_ones and review.status == Review.Status.APPROVED:
            said = f"{open_ones} legal matters are not cleared; counsel has approved it with them."
            yield Finding("legal", WARNING, said, path=path, who=who)
        elif open_ones:
            yield Finding(
                "legal", WARNING, f"{open_ones} legal matters wait for counsel.", path=path, who=who
            )

    def _signature(self, subject: Subject, review: Review) -> Iterator[Finding]:
        is_final = subject.occasion in (Rehearsal.Occasion.HOUR, Rehearsal.Occasion.LAST)
        is_top = review.level == TOP_LEVEL or subject.draft.type == subject.draft.Type.WEEKLY
        if not is_top or subject.release is None or not is_final:
            return
        signed = BoardSignature.objects.filter(rehearsal__draft=subject.draft).first()
        path = reverse("publishing:board", args=[subject.release.pk])
        if signed:
            yield Finding("signature", GO, f"{signed.person} signed the board.", path=path)
        else:
            said = "Nobody with the final decision has signed the board."
            yield Finding("signature", WARNING, said, path=path)
