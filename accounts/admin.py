from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from allauth.usersessions.admin import UserSessionAdmin  # noqa: F401 - registers what is taken off below
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from accounts.audit_admin import AuditedAdmin
from accounts.forms import AdminPasswordForm, PersonCreationForm
from accounts.models import ApiKey, User
from accounts.reauthentication import recent_sign_in_required
from accounts.services.api_keys import remove_key
from accounts.services.audit import Action
from accounts.services.people import equip_person

# One sign-in for all of the site: throttled, and with a second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Parley"


# Who may do what, and by which password, is changed only by somebody who has lately shown who they are.
@method_decorator(recent_sign_in_required, "changeform_view")
@method_decorator(recent_sign_in_required, "user_change_password")
@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):
    audit_actions = (Action.PERSON_ADDED, Action.PERSON_CHANGED, Action.PERSON_DELETED)
    # Neither name nor address: what an account's deletion removes must not stay in the audit log.
    audit_fields = ("is_active", "is_staff", "is_superuser")
    add_form = PersonCreationForm
    change_password_form = AdminPasswordForm
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # allauth keeps a second copy of an existing account's address, which its own pages change along.
        return (*self.readonly_fields, "email") if obj else self.readonly_fields

    def audit_subject(self, row: User) -> User:
        return row

    def record(self, action: Action, row: models.Model, *, before: dict[str, Any], after: dict[str, Any]) -> None:
        if action == Action.PERSON_CHANGED and before["is_active"] != after["is_active"]:
            action = Action.PERSON_ENABLED if after["is_active"] else Action.PERSON_DISABLED
        elif action == Action.PERSON_CHANGED and before != after:
            action = Action.ROLE_CHANGED
        super().record(action, row, before=before, after=after)

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            equip_person(person=obj)


# allauth's own shows the secrets of authenticator apps, and where everybody is signed in.
admin.site.unregister([Authenticator, UserSession])


@method_decorator(recent_sign_in_required, "delete_view")
@method_decorator(recent_sign_in_required, "changelist_view")
@admin.register(Authenticator)
class SecondFactorAdmin(AuthenticatorAdmin):
    """To remove the second factor of somebody who has lost it."""

    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")
    search_fields = ("user__email", "user__name")
    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """The health of every key, and no more: a value is not shown to anybody."""

    fields = (
        "label",
        "owner",
        "state",
        "last_error",
        "balance",
        "balance_known_at",
        "checked_at",
        "last_used_at",
        "created_at",
    )
    readonly_fields = fields
    list_display = ("label", "owner", "state", "balance", "balance_known_at", "last_used_at", "created_at")
    list_filter = ("state",)
    list_select_related = ("owner",)
    search_fields = ("label", "owner__email", "owner__name")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: ApiKey) -> None:
        remove_key(key=obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[ApiKey]) -> None:
        for key in queryset:
            remove_key(key=key)
