"""The audit log in the admin: reading, filtering, exporting; and what makes the rest of the admin write into it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts import access
from accounts.models import AuditEntry, User
from accounts.services.audit import Action, record
from accounts.spreadsheet import csv_text

# An export is made in memory, about 300 bytes a row.
MOST_EXPORTED_ROWS = 100_000
ROWS_AT_ONCE = 2000
NOBODY = "nobody"


class AuditedAdmin(admin.ModelAdmin):
    """A ModelAdmin whose additions, changes and removals are recorded, together with them or not at all.

    `audit_actions` names the actions for these three, `audit_fields` the fields whose old and new values are recorded:
    no secrets, and nothing that names a person. Relations to many are stored later: see `save_related` of who has some.
    """

    audit_actions: tuple[Action, Action, Action]
    audit_fields: tuple[str, ...] = ()

    def audit_subject(self, row: Any) -> User | None:
        """The person concerned."""
        return None

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        added, changed, _removed = self.audit_actions
        before = type(obj)._default_manager.get(pk=obj.pk) if change else None
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if not change or set(form.changed_data) - {field.name for field in obj._meta.many_to_many}:
                self.record(changed if change else added, obj, before=self.values(before), after=self.values(obj))

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        with transaction.atomic():
            self.record(self.audit_actions[2], obj, before=self.values(obj), after={})
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def values(self, row: models.Model | None) -> dict[str, Any]:
        return {name: getattr(row, name) for name in self.audit_fields} if row else {}

    def record(self, action: Action, row: models.Model, *, before: dict[str, Any], after: dict[str, Any]) -> None:
        same = {name for name in before if name in after and before[name] == after[name]}
        subject = self.audit_subject(row)
        record(
            action,
            subject=subject,
            thing=None if row == subject else row,
            before={name: value for name, value in before.items() if name not in same},
            after={name: value for name, value in after.items() if name not in same},
        )


class PersonFilter(admin.SimpleListFilter):
    """By a person, also one whose account is gone: their number is in the address of the page."""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        people = {str(person.pk): str(person) for person in User.objects.only("name", "email").order_by("name", "pk")}
        chosen = self.value()
        if chosen and chosen.isdecimal():
            people.setdefault(chosen, number_of(int(chosen)))
        return [(NOBODY, _("nobody")), *people.items()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        chosen = self.value()
        if not chosen:
            return queryset
        if chosen == NOBODY:
            return queryset.filter(**{f"{self.parameter_name}__isnull": True})
        return queryset.filter(**{f"{self.parameter_name}_id": chosen}) if chosen.isdecimal() else queryset.none()


class ActorFilter(PersonFilter):
    title = gettext_lazy("person who did it")
    parameter_name = "actor"


class SubjectFilter(PersonFilter):
    title = gettext_lazy("person concerned")
    parameter_name = "subject"


def number_of(person_id: int) -> str:
    return _("no. %(number)s") % {"number": person_id}


def old_and_new(old: object, new: object) -> str:
    """One of them where there is only one."""
    texts = [str(value) for value in (old, new) if value is not None]
    return " → ".join(texts)


def person_cell(parameter: str, title: Any) -> Callable[[Any, AuditEntry], str]:
    """A column with a link to all entries of the same person."""

    @admin.display(description=title, empty_value="")
    def cell(model_admin: Any, entry: AuditEntry) -> str:
        number, person = getattr(entry, f"{parameter}_id"), getattr(entry, parameter)
        if number is None:
            return ""
        address = reverse("admin:accounts_auditentry_changelist", query={parameter: number})
        return format_html('<a href="{}">{}</a>', address, person or number_of(number))

    return cell


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """For reading. What is exported is what the filters leave."""

    list_display = ("time", "what", "who", "whom", "address", "number")
    # The longest one last.
    list_filter = ("at", ActorFilter, SubjectFilter, "action")
    date_hierarchy = "at"
    search_fields = ("thing", "address")
    fields = ("number", "time", "action", "who", "whom", "thing", "address", "before", "after", "previous", "digest")
    readonly_fields = fields
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions = None

    who = person_cell("actor", gettext_lazy("by"))
    whom = person_cell("subject", gettext_lazy("concerns"))

    @admin.display(description=gettext_lazy("time"), ordering="at")
    def time(self, entry: AuditEntry) -> str:
        return date_format(localtime(entry.at), "Y-m-d H:i:s")

    @admin.display(description=gettext_lazy("what"), ordering="action")
    def what(self, entry: AuditEntry) -> str:
        names = [*entry.before, *(name for name in entry.after if name not in entry.before)]
        changes = [f"{name}: {old_and_new(entry.before.get(name), entry.after.get(name))}" for name in names]
        lines = [entry.get_action_display(), entry.thing, *changes]
        return format_html_join("", "<div>{}</div>", ([line] for line in lines if line))

    # --- Who may -------------------------------------------------------------
    def has_view_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return access.may_read_audit(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_read_audit(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[AuditEntry]:
        return super().get_queryset(request).prefetch_related("actor", "subject")

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if search_term:
            named = Q(name__icontains=search_term) | Q(email__icontains=search_term)
            people = User.objects.filter(named).values("pk")
            found |= queryset.filter(Q(actor_id__in=people) | Q(subject_id__in=people))
        return found, may_repeat

    # --- Export ----------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        return [path("export/", export, name="accounts_auditentry_export"), *super().get_urls()]

    @method_decorator(require_POST)
    def export(self, request: HttpRequest) -> HttpResponse:
        """A CSV of what the list shows under the same query; that it was taken is recorded."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            entries = self.get_changelist_instance(request).queryset
        except admin.options.IncorrectLookupParameters:
            return redirect("admin:accounts_auditentry_changelist")
        with transaction.atomic():
            count = entries.count()
            if count > MOST_EXPORTED_ROWS:
                return self.refuse_export(request, count)
            text = csv_text(HEADER, map(cells_of, entries.iterator(chunk_size=ROWS_AT_ONCE)))
            record(Action.AUDIT_EXPORTED, after={"rows": count, "filters": sorted(request.GET)})
        name = "attachment; filename=audit.csv"
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})

    def refuse_export(self, request: HttpRequest, count: int) -> HttpResponseRedirect:
        sentence = ngettext(
            "That is %(count)s entry, and more than fits into one file. Choose a shorter time or another filter.",
            "Those are %(count)s entries, and more than fit into one file. Choose a shorter time or another filter.",
            count,
        )
        self.message_user(request, sentence % {"count": count}, messages.ERROR)
        address = reverse("admin:accounts_auditentry_changelist", query=request.GET)
        return HttpResponseRedirect(address)


HEADER = ["number", "time", "action", "by", "by name", "concerns", "concerns name", "thing", "from", "before", "after"]
HEADER += ["previous", "digest"]


def cells_of(entry: AuditEntry) -> list[object]:
    people = [entry.actor_id, entry.actor, entry.subject_id, entry.subject]
    texts = [entry.thing, entry.address, entry.before or "", entry.after or "", entry.previous, entry.digest]
    return [entry.number, entry.at.isoformat(), entry.action, *people, *texts]
