"""The people of the demo: one for every group and approval role, with one password printed at start."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from approvals.models import RoleHolder
from halcytone.access.models import User


@dataclass(frozen=True)
class Person:
    """One demo person: what she may touch (group) and whose voice she has (roles)."""

    username: str
    name: str
    group: str
    roles: tuple[str, ...] = ()
    zone: str = "America/New_York"


PEOPLE = (
    Person("admin", "Administrator", "admin"),
    Person("editor", "Editor", "editor", ("editor",)),
    Person("second-editor", "Second editor", "editor", ("editor",)),
    Person("senior-editor", "Senior editor", "senior_editor", ("senior_editor",)),
    Person("team-lead", "Team lead", "senior_editor", ("team_lead",)),
    Person("marketing", "Marketing manager", "marketing_manager", ("marketing_manager",)),
    Person("coordinator", "Marketing coordinator", "editor", ("marketing_coordinator",)),
    Person("seo", "Search editor", "seo", ("seo",)),
    Person("data", "Data reviewer", "editor", ("data",)),
    Person("head", "Department head", "executive", ("department_head",)),
    Person("executive", "Executive", "executive", ("executive",), "Europe/Paris"),
    Person("ceo", "CEO", "executive", ("ceo",)),
    Person("cmo", "CMO", "executive", ("cmo",)),
    Person("cto", "CTO", "executive", ("cto",)),
    Person("legal", "Legal counsel", "legal", ("legal",)),
    Person("social", "Social manager", "social_manager"),
    Person("contributor", "Contributor", "contributor"),
    Person("viewer", "Viewer", "viewer"),
    Person("robot", "Service account", "service"),
)


def password_file() -> Path:
    return Path(settings.HALCYTONE_HOME) / "demo_password"


def password() -> str:
    """Return the password of the demo's people; made once for each installation."""
    path = password_file()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("press-" + secrets.token_hex(4))
    return path.read_text()


@transaction.atomic
def load() -> dict[str, User]:
    """Make the people of the demo; return them by user name."""
    made = {}
    for person in PEOPLE:
        user = User.objects.create_user(
            person.username,
            email=f"{person.username}@halcytone.example",
            password=password(),
            first_name=person.name,
            zone=person.zone,
            is_staff=person.group != "service",
            is_superuser=person.group == "admin",
            is_service=person.group == "service",
            is_demo=True,
        )
        user.groups.add(Group.objects.get(name=person.group))
        RoleHolder.objects.bulk_create(RoleHolder(person=user, role=role) for role in person.roles)
        made[person.username] = user
    return made
