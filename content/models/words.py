"""The words that rows of content choose from."""

from django.db import models


class Section(models.TextChoices):
    BREATHSCAPE = "breathscape", "Breathscape"
    HARDWARE = "hardware", "Hardware"
    TIPS = "tips", "Tips"
    VISION = "vision", "Vision"
    COMMUNITY = "community", "Community"


class ContentType(models.TextChoices):
    UPDATE = "update", "Update"
    BLOG = "blog", "Blog post"
    ANNOUNCEMENT = "announcement", "Announcement"
    SESSION = "session", "Session summary"


class FormatName(models.TextChoices):
    NEWSLETTER = "newsletter", "Newsletter"
    WEB = "web", "Web page"
    X = "x", "X"
    LINKEDIN = "linkedin", "LinkedIn"
    FACEBOOK = "facebook", "Facebook"
    INSTAGRAM = "instagram", "Instagram"
