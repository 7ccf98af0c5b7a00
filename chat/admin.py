from django.contrib import admin

from accounts.audit_admin import AuditedAdmin
from accounts.services.audit import Action
from chat.models import LanguageModel


@admin.register(LanguageModel)
class LanguageModelAdmin(AuditedAdmin):
    audit_actions = (Action.MODEL_ADDED, Action.MODEL_CHANGED, Action.MODEL_REMOVED)
    audit_fields = tuple(field.name for field in LanguageModel._meta.concrete_fields if not field.primary_key)
    list_display = ["label", "slug", "wire_format", "version", "enabled", "position", "published_cost"]
    list_editable = ["version", "enabled", "position"]
    list_filter = ["enabled", "wire_format", "version"]
    search_fields = ["label", "slug"]
