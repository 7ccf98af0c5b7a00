"""Usage in the admin panel: the dashboard, what finance takes from it, and Segmind's balances beside our sums."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.services.audit import Action, record
from accounts.spreadsheet import csv_text
from chat.forms import UsageForm
from chat.models import UsageDay
from chat.services import focus
from chat.services.reconciliation import reconcile
from chat.services.usage import By, Figures
from chat.services.usage_report import Report, report

SLICES = {
    By.PERSON: gettext_lazy("Person"),
    By.GROUP: gettext_lazy("Group"),
    By.MODEL: gettext_lazy("Model"),
    By.KEY: gettext_lazy("Key"),
}


@admin.register(UsageDay)
class UsageAdmin(admin.ModelAdmin):
    """For reading, by administrators and auditors. All of it is sums: nothing that anybody wrote."""

    def get_urls(self) -> list[URLPattern]:
        pages = {"": self.dashboard, "csv/": self.csv, "focus/": self.focus, "balances/": self.balances}
        names = {"": "changelist", "csv/": "csv", "focus/": "focus", "balances/": "balances"}
        return [
            path(address, self.admin_site.admin_view(page), name=f"chat_usageday_{names[address]}")
            for address, page in pages.items()
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def form_of(self, request: HttpRequest) -> UsageForm:
        """Raises PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return UsageForm(request.GET, today=timezone.localdate(), slices=SLICES)

    def dashboard(self, request: HttpRequest) -> HttpResponse:
        form = self.form_of(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "report": report_of(form) if form.is_valid() else None,
            "slices": SLICES,
            "query": request.GET.urlencode(),
        }
        status = 200 if form.is_valid() else 422
        return render(request, "admin/chat/usageday/dashboard.html", context, status=status)

    def csv(self, request: HttpRequest) -> HttpResponse:
        """What the dashboard shows under the same query: the table over time, or with ?table=by the other one."""
        form = self.form_of(request)
        if not form.is_valid():
            return self.dashboard(request)
        shown = report_of(form)
        rows = by_rows(shown) if request.GET.get("table") == "by" else time_rows(shown)
        return self.file("usage.csv", csv_text([*rows.pop(0)], rows))

    def focus(self, request: HttpRequest) -> HttpResponse:
        """The same replies as a FOCUS dataset."""
        form = self.form_of(request)
        if not form.is_valid():
            return self.dashboard(request)
        rows = focus.focus_rows(form.cleaned_data["period"], only=form.cleaned_data["only"])
        return self.file(f"focus-{focus.VERSION}.csv", csv_text(focus.COLUMNS, rows))

    def file(self, name: str, text: str) -> HttpResponse:
        record(Action.DATA_EXPORTED, after={"file": name})
        disposition = f"attachment; filename={name}"
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})

    def balances(self, request: HttpRequest) -> HttpResponse:
        """What we settled through each key, beside the drop in its balance at Segmind."""
        form = self.form_of(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "rows": reconcile(form.cleaned_data["period"]) if form.is_valid() else [],
        }
        return render(request, "admin/chat/usageday/balances.html", context, status=200 if form.is_valid() else 422)


def report_of(form: UsageForm) -> Report:
    chosen = form.cleaned_data
    return report(chosen["period"], unit=By(chosen["unit"]), by=By(chosen["by"]), only=chosen["only"])


def headings() -> list[str]:
    counted = [_("Answers asked for"), _("Failed"), _("Cost unknown"), _("Tokens read"), _("Tokens written")]
    return [_("Credits"), *counted, _("Median wait, seconds"), _("95 of 100 within, seconds")]


def cells(part: Figures) -> list[object]:
    waits = [None if wait is None else round(wait, 1) for wait in (part.median, part.p95)]
    return [f"{part.spent:f}", part.replies, part.failed, part.unknown, part.read, part.written, *waits]


def time_rows(shown: Report) -> list[list[object]]:
    return [[_("From"), *headings()], *([part.of.isoformat(), *cells(part)] for part in shown.times)]


def by_rows(shown: Report) -> list[list[object]]:
    header = [SLICES[shown.by], *headings(), _("Credits in the period before")]
    return [header, *([row.name, *cells(row.now), f"{row.before.spent:f}"] for row in shown.rows)]
