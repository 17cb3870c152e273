"""The versions of segments. They are made and changed on the desk's own pages."""

from django.contrib import admin

from halcytone.lib.ruled import ReadOnlyAdmin
from segmentation.models import Segment


@admin.register(Segment)
class SegmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "key", "version")
    search_fields = ("name", "key")
