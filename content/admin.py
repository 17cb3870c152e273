"""Configuration rows of content. Documents and drafts have the desk's own pages."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from content.models import Recipe


@admin.register(Recipe)
class RecipeAdmin(ModelAdmin):
    list_display = ("name", "draft_type", "template", "weekly_first")
    prepopulated_fields = {"key": ("name",)}
