"""The approval roles: whose voice somebody has in a stage."""

from django.db import models


class Role(models.TextChoices):
    """An approval role: whose voice somebody has in a stage. Apart from permission groups."""

    EDITOR = "editor", "Editor"
    SENIOR_EDITOR = "senior_editor", "Senior editor"
    TEAM_LEAD = "team_lead", "Team lead"
    MARKETING_COORDINATOR = "marketing_coordinator", "Marketing coordinator"
    MARKETING_MANAGER = "marketing_manager", "Marketing manager"
    SEO = "seo", "SEO"
    DATA = "data", "Data"
    DEPARTMENT_HEAD = "department_head", "Department head"
    EXECUTIVE = "executive", "Executive"
    CEO = "ceo", "CEO"
    CMO = "cmo", "CMO"
    CTO = "cto", "CTO"
    LEGAL = "legal", "Legal"
    EXTERNAL = "external", "External"
