from django.apps import AppConfig


class HalcytoneConfig(AppConfig):
    """Wires the apps together; holds the commands that concern all of them."""

    name = "halcytone"
