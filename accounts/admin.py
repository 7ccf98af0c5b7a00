"""The admin panel: people, invitations, the team's keys and the health of all. Nobody's conversations are in it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from allauth.usersessions.admin import UserSessionAdmin  # noqa: F401 - registers what is taken off below
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import webhook_admin  # noqa: F401 - it registers its own
from accounts.audit_admin import AuditedAdmin
from accounts.forms import InvitationForm, PersonForm, TeamKeyForm
from accounts.models import ApiKey, Group, Invitation, User
from accounts.reauthentication import recent_sign_in_required
from accounts.revocation_admin import RevokingAdmin
from accounts.services import api_keys, invitations, key_checks, people
from accounts.services.audit import Action, record


@login_not_required
def sign_in(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """Never Django's own form, which knows neither throttle nor second factor: who is in already could try others'."""
    return redirect("admin:index")


def history_view(self: admin.ModelAdmin, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
    """Django's own looks for the thing before it asks who may see it, and so tells an auditor whether it is there."""
    if not self.has_view_or_change_permission(request):
        raise PermissionDenied
    return plain_history_view(self, request, object_id, extra_context)


# One sign-in for all of the site: throttled, and with a second factor.
admin.site.login = secure_admin_login(sign_in)  # type: ignore[method-assign]


def change_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """On the page that everybody has, which tells the owner by mail and the audit log."""
    return redirect("account_change_password")


admin.site.password_change = change_password  # type: ignore[assignment, method-assign]
plain_history_view = admin.ModelAdmin.history_view
admin.ModelAdmin.history_view = history_view  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Parley"

USED_LATELY = timedelta(days=30)


# Who may do what is changed only by somebody who has lately shown who they are.
@method_decorator(recent_sign_in_required, "changeform_view")
@admin.register(User)
class PersonAdmin(admin.ModelAdmin):
    """People join by an invitation, and nobody sets another's password: who could, could read what they write."""

    form = PersonForm
    fields = ("email", "name", "role", "is_active", "deletion_due_at", "last_login", "date_joined")
    # allauth keeps a second copy of the address, which its own pages change along.
    readonly_fields = ("email", "is_active", "deletion_due_at", "last_login", "date_joined")
    list_display: tuple[str, ...] = (
        "email",
        "name",
        "role",
        "is_active",
        "deletion_due_at",
        "last_login",
        "date_joined",
    )
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    actions = ("disable", "enable", "end_sessions")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: PersonForm, change: bool) -> None:
        if "name" in form.changed_data:
            obj.save(update_fields=["name"])
            record(Action.PERSON_CHANGED, subject=obj)
        if "role" in form.changed_data:
            people.change_role(person=obj, role=obj.role)

    @admin.action(description=_("Disable: sign them out and keep them out"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            try:
                people.disable_person(person=person)
            except people.LastAdministrator:
                sentence = _("%(person)s is the last administrator. Make somebody else one first.")
                messages.error(request, sentence % {"person": person})
            else:
                messages.success(request, _("%(person)s is disabled and signed out.") % {"person": person})

    @admin.action(description=_("Enable: let them sign in again"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            people.enable_person(person=person)
            messages.success(request, _("%(person)s can sign in again.") % {"person": person})

    @admin.action(description=_("Sign them out everywhere"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            people.sign_out_everywhere(person=person)
            messages.success(request, _("%(person)s is signed out everywhere.") % {"person": person})


@method_decorator(recent_sign_in_required, "changeform_view")
@admin.register(Group)
class GroupAdmin(AuditedAdmin):
    """Who belongs together. Whom a change has taken in or put out is recorded, a person an entry."""

    audit_actions = (Action.GROUP_ADDED, Action.GROUP_CHANGED, Action.GROUP_REMOVED)
    audit_fields = ("name",)
    fields = ("name", "members")
    autocomplete_fields = ("members",)
    list_display = ("name", "size", "created_at")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(size=Count("members"))

    @admin.display(description=_("members"), ordering="size")
    def size(self, group: Group) -> int:
        return group.size  # type: ignore[attr-defined, no-any-return]

    def save_related(self, request: HttpRequest, form: ModelForm, *args: Any) -> None:
        group = form.instance
        before = set(group.members.all())
        with transaction.atomic():
            super().save_related(request, form, *args)
            after = set(group.members.all())
            for person in sorted(before ^ after, key=lambda person: person.pk):
                is_in = person in after
                record(Action.GROUP_CHANGED, subject=person, thing=group, after={"member": is_in})


@method_decorator(recent_sign_in_required, "changeform_view")
@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """Invite, look, send again, revoke. The link is shown once, and only where no mail takes it."""

    form = InvitationForm
    fields = ("email", "role", "budget_limit", "expires_at")
    list_display = ("email", "role", "state", "budget_limit", "invited_by", "created_at", "expires_at")
    list_filter = ("role",)
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    actions = ("resend", "revoke")

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> str:
        return str(invitation.state.label)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"role": User.Role.MEMBER, "expires_at": invitations.usual_expiry()}

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        return (*self.fields, "invited_by", "mailed_at", "accepted_at", "revoked_at") if obj else self.fields

    def save_model(self, request: HttpRequest, obj: Invitation, form: InvitationForm, change: bool) -> None:
        site_url = request.build_absolute_uri("/")
        assert isinstance(request.user, User)
        sent = invitations.invite(**form.cleaned_data, invited_by=request.user, site_url=site_url)
        obj.pk, obj.sent = sent.invitation.pk, sent  # type: ignore[attr-defined]  # for the answer

    def response_add(self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None) -> HttpResponse:
        return self.tell(request, [obj.sent])  # type: ignore[attr-defined]

    @admin.action(description=_("Send again, with a new link"), permissions=["invite"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> HttpResponse:
        site_url, sent = request.build_absolute_uri("/"), []
        for invitation in queryset:
            try:
                sent.append(invitations.resend(invitation=invitation, site_url=site_url))
            except invitations.NoLongerOpen:
                self.say_over(request, invitation)
        return self.tell(request, sent)

    @admin.action(description=_("Revoke: the link works no more"), permissions=["invite"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        for invitation in queryset:
            try:
                invitations.revoke(invitation=invitation)
            except invitations.NoLongerOpen:
                self.say_over(request, invitation)
            else:
                messages.success(request, _("The invitation of %(email)s is revoked.") % {"email": invitation.email})

    def tell(self, request: HttpRequest, sent: list[invitations.Sent]) -> HttpResponse:
        """What went out by mail in a sentence each; the links that did not on a page of their own."""
        for mailed in (one for one in sent if one.mailed):
            messages.success(request, _("The link went to %(email)s.") % {"email": mailed.invitation.email})
        to_pass_on = [one for one in sent if not one.mailed]
        if not to_pass_on:
            return redirect("admin:accounts_invitation_changelist")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "sent": to_pass_on}
        return render(request, "admin/accounts/invitation/links.html", context)

    def say_over(self, request: HttpRequest, invitation: Invitation) -> None:
        sentence = _("%(email)s has joined already, or the invitation was revoked.")
        messages.warning(request, sentence % {"email": invitation.email})


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
@method_decorator(recent_sign_in_required, "response_action")
@admin.register(ApiKey)
class ApiKeyAdmin(RevokingAdmin):
    """The health of every key and who uses it, and the team's keys to manage. A value is not shown to anybody."""

    form = TeamKeyForm
    described = ("label", "value", "rate", "warn_below", "for_everyone", "granted_people", "is_paused")
    health: tuple[str, ...] = (
        "owner",
        "status",
        "last_error",
        "balance",
        "balance_known_at",
        "spent",
        "rate_learned_at",
        "checked_at",
        "last_used_at",
        "revoked_at",
        "created_at",
        "used_by",
    )
    readonly_fields: ClassVar[Any] = health
    autocomplete_fields = ("granted_people",)
    list_display: tuple[str, ...] = (
        "label",
        "holder",
        "status",
        "balance",
        "balance_known_at",
        "last_used_at",
        "people",
        "created_at",
    )
    list_filter = (
        ("owner", admin.EmptyFieldListFilter),
        "state",
        "is_paused",
        ("revoked_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("owner",)
    search_fields = ("label", "owner__email", "owner__name")
    actions = ("check_at_segmind", "pause", "resume", "revoke")

    # --- What may be changed: the team's keys, and of a person's own nothing ---
    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or (obj.is_the_teams and not obj.revoked_at)
        )

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
        if key.revoked_at:
            return gettext("revoked")
        if not api_keys.opens(key):
            return gettext("enter again")
        return gettext("paused") if key.is_paused else key.get_state_display()

    @admin.display(description=_("spent through it"))
    def spent(self, key: ApiKey) -> Decimal | str:
        return "-" if key.spent is None else key.spent

    @admin.display(description=_("people in the last 30 days"))
    def people(self, key: ApiKey) -> int:
        return key.people

    @admin.display(description=_("used in the last 30 days by"))
    def used_by(self, key: ApiKey) -> str:
        users = User.objects.filter(replies__api_key=key, replies__created_at__gt=timezone.now() - USED_LATELY)
        return ", ".join(map(str, users.distinct().order_by("name", "email"))) or "-"

    # --- Actions ---
    @admin.action(description=_("Check the selected keys at Segmind"))
    def check_at_segmind(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys.filter(revoked_at=None):
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
