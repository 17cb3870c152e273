"""The yardstick of the API bench: plain views that return the same rows, and nothing else."""

from django.http import JsonResponse
from django.urls import path

from content.models import Draft, DraftPiece

FIELDS = (
    *("id", "type", "title", "subject", "preheader", "template", "tone", "formats", "priority"),
    *("urgency", "is_featured", "sensitive", "budget_usd", "segment_id", "slot_wall", "zone"),
    *("lateness", "is_dry", "author__username", "version", "created_at", "changed_at"),
)
PIECE = ("draft_id", "revision_id", "revision__item_id", "revision__number", "revision__title", "revision__section")  # fmt: skip


def shown(drafts):
    rows = {row["id"]: row | {"pieces": []} for row in drafts.values(*FIELDS)}
    for piece in DraftPiece.objects.filter(draft__in=rows).order_by("position").values(*PIECE):
        rows[piece["draft_id"]]["pieces"].append(piece)
    return list(rows.values())


def listed(request):
    return JsonResponse({"results": shown(Draft.objects.order_by("-pk")[:20])})


def one(request, pk):
    return JsonResponse(shown(Draft.objects.filter(pk=pk))[0])


urlpatterns = [path("drafts", listed), path("drafts/<int:pk>", one)]
