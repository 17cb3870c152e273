from importlib import import_module

from django.apps import AppConfig


class SegmentationConfig(AppConfig):
    name = "segmentation"
    verbose_name = "Audience"

    def ready(self) -> None:
        import_module("segmentation.lookups")
