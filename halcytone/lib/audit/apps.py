from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "halcytone.lib.audit"
    label = "audit"
    verbose_name = "Audit"
