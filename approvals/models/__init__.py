"""Who said yes to exactly this."""

from approvals.models.checklists import Checklist, ChecklistItem, Tick
from approvals.models.clock import DueEvent, Escalation, FastTrack, FastTrackStep
from approvals.models.law import Competitor, ImpactAssessment, LegalReview, LegalTrigger
from approvals.models.links import LinkOpening, ReviewLink
from approvals.models.people import Absence, Delegation, RoleHolder, WorkingCalendar
from approvals.models.policies import Level, Policy
from approvals.models.reviews import Ask, Decision, Review, Seal, Stage
from approvals.models.talk import Answer, Attachment, Comment, Presence, ReviewClaim, Thread
from approvals.models.words import Role

__all__ = [
    "Absence",
    "Answer",
    "Ask",
    "Attachment",
    "Checklist",
    "ChecklistItem",
    "Comment",
    "Competitor",
    "Decision",
    "Delegation",
    "DueEvent",
    "Escalation",
    "FastTrack",
    "FastTrackStep",
    "ImpactAssessment",
    "LegalReview",
    "LegalTrigger",
    "Level",
    "LinkOpening",
    "Policy",
    "Presence",
    "Review",
    "ReviewClaim",
    "ReviewLink",
    "Role",
    "RoleHolder",
    "Seal",
    "Stage",
    "Thread",
    "Tick",
    "WorkingCalendar",
]
