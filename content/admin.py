"""Configuration rows of content. Documents and drafts have the desk's own pages."""

from django.contrib import admin

from content.models import Recipe
from halcytone.lib.ruled import HistoryAdmin


@admin.register(Recipe)
class RecipeAdmin(HistoryAdmin):
    list_display = ("name", "draft_type", "template", "weekly_first")
