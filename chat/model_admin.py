"""The catalogue in the admin panel: who may use what, in which order, at what price; and whether it answers."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.audit_admin import AuditedAdmin
from accounts.models import User
from accounts.services.audit import Action
from chat.model_forms import ModelCheckForm
from chat.models import LanguageModel, Preset
from chat.models.language_model import USUAL_TOKENS_READ, USUAL_TOKENS_WRITTEN, LanguageModelQuerySet
from chat.services.catalogue import check_models
from chat.services.model_health import ModelHealth, recent_health


class ModelList(ChangeList):
    """With each model's recent health, in one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        health = recent_health()
        for model in self.result_list:
            model.recent = health.get(model.pk, ModelHealth())


TEMPERATURES = ("lowest_temperature", "highest_temperature")
PRICES = ("reading_price", "writing_price", "call_price")
PRICES_EXPLAINED = _(
    "Goes before what Segmind publishes and what was measured: for the estimate, and for what is held back of a budget "
    "while an answer is under way. Either both prices by the token, or one of a call; in USD, which is a credit."
)


def recent_of(model: LanguageModel) -> ModelHealth:
    """As the list or the page has found it; nothing for a model that is being added."""
    recent: ModelHealth = getattr(model, "recent", ModelHealth())
    return recent


def plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def checked(form: ModelCheckForm) -> list[Any]:
    models = list(form.cleaned_data["models"])
    results = check_models(models=models, api_key=form.cleaned_data["api_key"])
    return list(zip(models, results, strict=True))


@admin.register(LanguageModel)
class LanguageModelAdmin(AuditedAdmin):
    audit_actions = (Action.MODEL_ADDED, Action.MODEL_CHANGED, Action.MODEL_REMOVED)
    # The log takes no field with "token" in its name; what it stands for, the budget in characters, says the same.
    audit_fields = (
        *(
            field.name
            for field in LanguageModel._meta.concrete_fields
            if field.name not in {"id", "characters_per_token", "answer_cost", "reading_cost", "measured_answers"}
        ),
        "context_characters",
    )
    list_display = (
        "label",
        "position",
        "enabled",
        "is_default",
        "audience",
        "error_rate",
        "median_wait",
        "answers",
        "price",
        "retired_at",
        "slug",
        "wire_format",
        "api_version",
    )
    list_editable = ("position",)
    list_filter = ("enabled", ("retired_at", admin.EmptyFieldListFilter), "wire_format", "version", "groups")
    search_fields = ("label", "slug")
    actions = ("offer", "withdraw", "make_default", "try_out")
    readonly_fields = ("retired_at", "is_default", "example", "error_rate", "median_wait", "answers")
    fieldsets = (
        (None, {"fields": ("label", "description", "enabled", "groups", "position", "is_default", "retired_at")}),
        (_("At Segmind"), {"fields": ("slug", "wire_format", "version")}),
        (_("Abilities"), {"fields": ("has_instruction", "reads_images", "has_temperature", *TEMPERATURES)}),
        (_("Memory"), {"fields": ("context_tokens", "characters_per_token")}),
        (_("As Segmind publishes"), {"fields": ("published_cost", "published_seconds")}),
        (_("Your own price"), {"fields": (*PRICES, "example"), "description": PRICES_EXPLAINED}),
        (_("In the last 7 days"), {"fields": ("error_rate", "median_wait", "answers")}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """In the list the box has no label of its own."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field and db_field.name in self.list_editable:
            field.widget.attrs["aria-label"] = field.label
        return field

    # --- What is shown ---
    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ModelList]:
        return ModelList

    def get_queryset(self, request: HttpRequest) -> LanguageModelQuerySet:
        found: LanguageModelQuerySet = super().get_queryset(request).annotate(group_count=Count("groups"))
        return found

    def get_object(self, request: HttpRequest, *args: Any) -> LanguageModel | None:
        model: LanguageModel | None = super().get_object(request, *args)
        if model:
            model.recent = recent_health().get(model.pk, ModelHealth())  # type: ignore[attr-defined]
        return model

    @admin.display(description=_("for"), ordering="group_count")
    def audience(self, model: LanguageModel) -> str:
        count = model.group_count  # type: ignore[attr-defined]
        return (
            ngettext("%(count)s group", "%(count)s groups", count) % {"count": count} if count else gettext("everybody")
        )

    @admin.display(description=_("failed, in 7 days"))
    def error_rate(self, model: LanguageModel) -> str:
        share = recent_of(model).error_share
        return "–" if share is None else f"{share:.1%}"

    @admin.display(description=_("median wait, in 7 days"))
    def median_wait(self, model: LanguageModel) -> str:
        seconds = recent_of(model).median
        return "–" if seconds is None else gettext("%(seconds).1f s") % {"seconds": seconds}

    @admin.display(description=_("answers asked for, in 7 days"))
    def answers(self, model: LanguageModel) -> int:
        return recent_of(model).replies

    @admin.display(description=_("an example"))
    def example(self, model: LanguageModel) -> str:
        if not model.has_price:
            return gettext("Without a price of yours, what was published and measured counts.")
        sentence = gettext("A call that reads %(read)s tokens and writes %(written)s costs %(cost)s USD.")
        values = {"read": USUAL_TOKENS_READ, "written": USUAL_TOKENS_WRITTEN, "cost": plain(model.usual_cost)}
        return sentence % values

    @admin.display(description=_("API version"), ordering="version")
    def api_version(self, model: LanguageModel) -> str:
        return model.version

    @admin.display(description=_("cost, USD per request"), ordering="published_cost")
    def price(self, model: LanguageModel) -> str:
        if model.has_price:
            return gettext("%(cost)s (your price)") % {"cost": plain(model.usual_cost)}
        return plain(model.published_cost) if model.published_cost is not None else "–"

    # --- Actions ---
    @admin.action(description=_("Offer the selected models"), permissions=["change"])
    def offer(self, request: HttpRequest, models: LanguageModelQuerySet) -> None:
        self.put_on_offer(models.filter(enabled=False), enabled=True)

    @admin.action(description=_("Don't offer the selected models"), permissions=["change"])
    def withdraw(self, request: HttpRequest, models: LanguageModelQuerySet) -> None:
        self.put_on_offer(models.filter(enabled=True), enabled=False)

    @admin.action(description=_("Make the selected model the default of new chats"), permissions=["change"])
    @transaction.atomic
    def make_default(self, request: HttpRequest, models: LanguageModelQuerySet) -> None:
        chosen = list(models)
        if len(chosen) != 1:
            self.message_user(request, _("Select one model: there is one default."), messages.ERROR)
            return
        LanguageModel.objects.filter(is_default=True).update(is_default=False)
        LanguageModel.objects.filter(pk=chosen[0].pk).update(is_default=True)
        self.record(Action.MODEL_CHANGED, chosen[0], before={}, after={"is_default": True})

    @admin.action(description=_("Check whether the selected models answer (this costs)"), permissions=["change"])
    def try_out(self, request: HttpRequest, models: LanguageModelQuerySet) -> HttpResponse:
        chosen = [str(model.pk) for model in models]
        return redirect(reverse("admin:chat_languagemodel_check", query={"models": chosen}))

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(self.check_page)
        return [path("check/", check, name="chat_languagemodel_check"), *super().get_urls()]

    def check_page(self, request: HttpRequest) -> HttpResponse:
        """What it will cost and which key is to pay, and after a POST what each model answered."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        assert isinstance(request.user, User)
        posted = request.method == "POST"
        initial = {"models": request.GET.getlist("models") or LanguageModel.objects.on_offer()}
        form = ModelCheckForm(request.POST if posted else None, initial=initial, person=request.user)
        results = checked(form) if form.is_valid() else []
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "results": results}
        status = 422 if posted and not form.is_valid() else 200
        return render(request, "admin/chat/languagemodel/check.html", context, status=status)

    @transaction.atomic
    def put_on_offer(self, models: LanguageModelQuerySet, *, enabled: bool) -> None:
        for model in LanguageModel.objects.filter(pk__in=models.values("pk")).select_for_update():
            model.enabled, model.retired_at = enabled, None
            model.save(update_fields=["enabled", "retired_at"])
            self.record(Action.MODEL_CHANGED, model, before={"enabled": not enabled}, after={"enabled": enabled})

    def save_model(self, request: HttpRequest, obj: LanguageModel, form: ModelForm, change: bool) -> None:
        if obj.enabled:
            obj.retired_at = None  # an administrator knows better than the last 410
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Presets that ask for it keep its name, to say what they did."""
        with transaction.atomic():
            Preset.objects.filter(model=obj).update(gone_model=obj.label)
            super().delete_model(request, obj)

    def save_related(self, request: HttpRequest, form: ModelForm, *args: Any) -> None:
        """Who may use a model is recorded like its fields, by the names of the groups."""
        model = form.instance
        with transaction.atomic():
            before = group_names(model)
            super().save_related(request, form, *args)
            after = group_names(model)
            if before != after:
                self.record(Action.MODEL_CHANGED, model, before={"groups": before}, after={"groups": after})


def group_names(model: LanguageModel) -> list[str]:
    return list(model.groups.order_by("name").values_list("name", flat=True))
