from django.contrib import admin

from chat.models import LanguageModel


@admin.register(LanguageModel)
class LanguageModelAdmin(admin.ModelAdmin):
    list_display = ["label", "slug", "wire_format", "version", "enabled", "position", "published_cost"]
    list_editable = ["version", "enabled", "position"]
    list_filter = ["enabled", "wire_format", "version"]
    search_fields = ["label", "slug"]
