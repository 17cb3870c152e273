from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "halcytone.desk"
    label = "desk"
