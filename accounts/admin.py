"""The admin panel: people, their invitations, the health of their keys. Nobody's conversations are in it."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from allauth.usersessions.admin import UserSessionAdmin  # noqa: F401 - registers what is taken off below
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from accounts.forms import InvitationForm, PersonForm
from accounts.models import ApiKey, Invitation, User
from accounts.reauthentication import recent_sign_in_required
from accounts.services import invitations, people
from accounts.services.api_keys import remove_key
from accounts.services.audit import Action, record

# One sign-in for all of the site: throttled, and with a second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Parley"


# Who may do what is changed only by somebody who has lately shown who they are.
@method_decorator(recent_sign_in_required, "changeform_view")
@admin.register(User)
class PersonAdmin(admin.ModelAdmin):
    """People join by an invitation, and nobody sets another's password: who could, could read what they write."""

    form = PersonForm
    fields = ("email", "name", "role", "is_active", "deletion_due_at", "last_login", "date_joined")
    # allauth keeps a second copy of the address, which its own pages change along.
    readonly_fields = ("email", "is_active", "deletion_due_at", "last_login", "date_joined")
    list_display = ("email", "name", "role", "is_active", "deletion_due_at", "last_login", "date_joined")
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

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            remove_key(key=key)
