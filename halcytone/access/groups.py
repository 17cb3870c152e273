"""The groups of people and what each may do: one table in code, mirrored into the database.

Source: the role matrix of the platform specification (roles and permissions). Decisions also need
an approval role, which is a row of its own (`approvals.RoleHolder`).
"""

from collections.abc import Mapping

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

VIEW_CONTENT = ("content.view_document", "content.view_item", "content.view_draft")
WRITE_DOCUMENTS = ("content.add_document", "content.change_document", "content.change_item")
WRITE_DRAFTS = ("content.add_draft", "content.change_draft")
MANAGE_CONTENT = (
    *VIEW_CONTENT,
    *WRITE_DOCUMENTS,
    *WRITE_DRAFTS,
    "content.manage_document",
    "content.delete_document",
    "content.manage_draft",
    "content.delete_draft",
    "content.view_recipe",
    "content.add_recipe",
    "content.change_recipe",
)
VIEW_REVIEWS = ("approvals.view_review", "approvals.view_policy")
VIEW_RELEASES = (
    "publishing.view_release",
    "publishing.view_delivery",
    "publishing.view_cadence",
    "publishing.view_cacheorder",
)
PURGE = "publishing.purge_cache"
RELEASE = ("publishing.schedule_release", "publishing.hold_release")
MANAGE_AUDIENCE = (
    "segmentation.view_contact",
    "segmentation.add_contact",
    "segmentation.manage_contact",
    "segmentation.import_contact",
    "segmentation.export_contact",
    "segmentation.erase_contact",
    "segmentation.view_suppression",
)
WRITE_SEGMENTS = (
    "segmentation.view_segment",
    "segmentation.add_segment",
    "segmentation.change_segment",
)
MANAGE_ACCOUNTS = (
    "publishing.view_account",
    "publishing.add_account",
    "publishing.change_account",
)
MANAGE_NETWORKS = ("publishing.view_account", "publishing.manage_network_account")
SUBMIT = "approvals.submit_review"
DECIDE = "approvals.decide_review"
FAST_TRACK = "approvals.start_fast_track"
WORKING_TIME = "approvals.manage_working_time"
STOP = "publishing.stop_presses"
CADENCES = ("publishing.add_cadence", "publishing.change_cadence")
PEOPLE = (
    "access.view_user",
    "access.add_user",
    "access.change_user",
    "access.view_apikey",
    "access.delete_apikey",
    "auth.view_group",
    "approvals.view_roleholder",
    "approvals.add_roleholder",
    "approvals.change_roleholder",
    "approvals.delete_roleholder",
)
SCHEDULE = (
    "django_celery_beat.view_periodictask",
    "django_celery_beat.change_periodictask",
)
AUDIT = "audit.view_entry"
OWN_AUDIT = "audit.view_own_entry"
SEE = (*VIEW_CONTENT, *VIEW_REVIEWS, *VIEW_RELEASES)

GROUPS: Mapping[str, tuple[str, ...]] = {
    "admin": (
        *MANAGE_CONTENT, *VIEW_REVIEWS, SUBMIT, DECIDE, FAST_TRACK, WORKING_TIME,
        "approvals.change_policy",
        *VIEW_RELEASES, *RELEASE, "publishing.settle_delivery", PURGE, STOP, "publishing.lift_stop",
        "publishing.claim_installation", *CADENCES, *MANAGE_AUDIENCE, *WRITE_SEGMENTS,
        *MANAGE_ACCOUNTS, *PEOPLE, *SCHEDULE, AUDIT, "audit.verify_chain",
    ),
    "marketing_manager": (
        *MANAGE_CONTENT, *VIEW_REVIEWS, SUBMIT, DECIDE, FAST_TRACK, WORKING_TIME,
        "approvals.change_policy",
        *VIEW_RELEASES, *RELEASE, "publishing.settle_delivery", PURGE, STOP, "publishing.lift_stop",
        *CADENCES, *MANAGE_AUDIENCE, *WRITE_SEGMENTS, *MANAGE_ACCOUNTS, "access.view_user", AUDIT,
    ),
    "senior_editor": (
        *MANAGE_CONTENT, *VIEW_REVIEWS, SUBMIT, DECIDE, *VIEW_RELEASES, *RELEASE,
        "publishing.settle_delivery", PURGE, STOP, "segmentation.view_contact", *WRITE_SEGMENTS,
        "publishing.view_account", OWN_AUDIT,
    ),
    "editor": (
        *VIEW_CONTENT, *WRITE_DOCUMENTS, *WRITE_DRAFTS, *VIEW_REVIEWS, SUBMIT, DECIDE,
        *VIEW_RELEASES, *RELEASE, STOP, "segmentation.view_contact", *WRITE_SEGMENTS,
        "publishing.view_account", OWN_AUDIT,
    ),
    "social_manager": (
        *SEE, "content.change_social_rendition", SUBMIT, DECIDE, *RELEASE,
        "publishing.settle_delivery", STOP, "segmentation.view_segment", *MANAGE_NETWORKS, OWN_AUDIT,
    ),
    "seo": (
        *SEE, "content.change_seo_rendition", DECIDE, "segmentation.view_segment", OWN_AUDIT,
    ),
    "legal": (
        *SEE, DECIDE, "publishing.hold_release", STOP, "segmentation.view_contact",
        "segmentation.export_contact", "segmentation.erase_contact", "segmentation.view_segment", AUDIT,
    ),
    "executive": (
        *SEE, SUBMIT, DECIDE, FAST_TRACK, "publishing.hold_release", STOP, "publishing.lift_stop",
        "segmentation.view_contact", "segmentation.view_segment", AUDIT,
    ),
    "contributor": (
        "content.view_own_document", "content.view_own_draft", "content.add_document",
        "content.add_draft", SUBMIT,
    ),
    "viewer": (*SEE, "segmentation.view_segment"),
    "service": (*SEE, "content.add_document", "content.change_document", "content.add_draft",
                "content.change_draft", SUBMIT, STOP, *RELEASE, "segmentation.view_contact",
                "segmentation.view_segment", "publishing.view_account"),
}  # fmt: skip


def sync(using: str = "default") -> None:
    """Create the groups, and give each exactly the permissions of `GROUPS`. Idempotent.

    Raises KeyError when the table names a permission that no model declares.
    """
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0, using=using)
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for name, wanted in GROUPS.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(known[permission] for permission in wanted)


def holders(permission: str) -> list[str]:
    """Return the names of the groups that have this permission, in the order of the table."""
    return [name for name, permissions in GROUPS.items() if permission in permissions]
