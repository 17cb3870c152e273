from django.apps import AppConfig
from django.contrib.admin import apps as admin


class DeskConfig(AppConfig):
    name = "halcytone.desk"
    label = "desk"
    default = True


class PressRoomConfig(admin.AdminConfig):
    """Django's admin with the press room as its site."""

    default_site = "halcytone.desk.site.PressRoom"
    default = False
