from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from allauth.usersessions.admin import UserSessionAdmin  # noqa: F401 - registers what is taken off below
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.audit_admin import AuditedAdmin
from accounts.forms import AdminPasswordForm, PersonCreationForm, TeamKeyForm
from accounts.models import ApiKey, User
from accounts.reauthentication import recent_sign_in_required
from accounts.services import api_keys, key_checks
from accounts.services.audit import Action
from accounts.services.people import equip_person

# One sign-in for all of the site: throttled, and with a second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Parley"

USED_LATELY = timedelta(days=30)


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


@method_decorator(recent_sign_in_required, "changeform_view")
@method_decorator(recent_sign_in_required, "delete_view")
@method_decorator(recent_sign_in_required, "changelist_view")
@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """The health of every key and who uses it, and the team's keys to manage. A value is not shown to anybody."""

    form = TeamKeyForm
    described = ("label", "value", "rate", "warn_below", "for_everyone", "granted_people", "is_paused")
    health = (
        "owner",
        "status",
        "last_error",
        "balance",
        "balance_known_at",
        "spent",
        "rate_learned_at",
        "checked_at",
        "last_used_at",
        "created_at",
        "used_by",
    )
    readonly_fields = health
    autocomplete_fields = ("granted_people",)
    list_display = ("label", "holder", "status", "balance", "balance_known_at", "last_used_at", "people", "created_at")
    list_filter = (("owner", admin.EmptyFieldListFilter), "state", "is_paused")
    list_select_related = ("owner",)
    search_fields = ("label", "owner__email", "owner__name")
    actions = ("check_at_segmind", "pause", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return ApiKey.objects.with_spent().with_people(since=timezone.now() - USED_LATELY)

    # --- What may be changed: the team's keys, and of a person's own nothing ---
    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_the_teams)

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": self.described})]
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": ("label", *self.health)})]
        return [(None, {"fields": self.described}), (_("Health"), {"fields": self.health})]

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(*args, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm, change: bool) -> None:
        fields = form.cleaned_data
        described = {name: fields[name] for name in ("label", "rate", "warn_below")}
        if change:
            key = ApiKey.objects.get(pk=obj.pk)  # the form has changed `obj` already
            api_keys.change_key(key=key, value=fields["value"], **described)
        else:
            key = api_keys.add_key(owner=None, value=fields["value"], **described)
            obj.pk = key.pk
        api_keys.grant_key(key=key, for_everyone=fields["for_everyone"], people=fields["granted_people"])
        api_keys.pause_key(key=key, is_paused=fields["is_paused"])
        if fields["value"]:
            # Segmind may take its time, in which nothing may be locked.
            transaction.on_commit(lambda: self.tell(request, key))

    def save_related(self, *args: Any) -> None:
        """The service has stored for whom it is."""

    # --- What is shown ---
    @admin.display(description=_("owner"), ordering="owner__email")
    def holder(self, key: ApiKey) -> str:
        return str(key.owner or gettext("the team"))

    @admin.display(description=_("state"), ordering="state")
    def status(self, key: ApiKey) -> str:
        if not api_keys.opens(key):
            return gettext("enter again")
        return gettext("paused") if key.is_paused else key.get_state_display()

    @admin.display(description=_("spent through it"))
    def spent(self, key: ApiKey) -> Decimal | None:
        return key.spent

    @admin.display(description=_("people in the last 30 days"), ordering="people")
    def people(self, key: ApiKey) -> int:
        return key.people

    @admin.display(description=_("used in the last 30 days by"))
    def used_by(self, key: ApiKey) -> str:
        users = User.objects.filter(replies__api_key=key, replies__created_at__gt=timezone.now() - USED_LATELY)
        return ", ".join(map(str, users.distinct().order_by("name", "email"))) or "-"

    # --- Actions ---
    @admin.action(description=_("Check the selected keys at Segmind"))
    def check_at_segmind(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            self.tell(request, key)

    @admin.action(description=_("Pause the selected keys of the team"), permissions=["change"])
    def pause(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            api_keys.pause_key(key=key, is_paused=True)

    @admin.action(description=_("Resume the selected keys of the team"), permissions=["change"])
    def resume(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            api_keys.pause_key(key=key, is_paused=False)

    def tell(self, request: HttpRequest, key: ApiKey) -> None:
        result = key_checks.check_key(key=key)
        level = messages.SUCCESS if result.outcome == key_checks.Outcome.WORKS else messages.WARNING
        self.message_user(request, f"{key.label}: {result.sentence}", level)

    def delete_model(self, request: HttpRequest, obj: ApiKey) -> None:
        api_keys.remove_key(key=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            api_keys.remove_key(key=key)
