"""Raw input about budgets to clean values."""

from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey
from chat.models import Budget, BudgetAdjustment, BudgetRequest, Conversation

SMALLEST = Decimal("0.0001")
AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 10}


class KeyChoice(forms.ModelChoiceField):
    """Labels alone don't tell the keys of two people apart."""

    def label_from_instance(self, key: ApiKey) -> str:
        return f"{key.label} ({key.owner or _('the team')})"


class BudgetForm(forms.ModelForm):
    # By its number: what a conversation is called is not an administrator's to read.
    conversation = forms.ModelChoiceField(
        Conversation.objects.all(),
        label=_("Conversation"),
        required=False,
        widget=forms.TextInput({"class": "vTextField"}),
        help_text=_("Its number, as it stands in its address."),
        error_messages={"invalid_choice": _("There is no conversation of this number.")},
    )
    api_key = KeyChoice(
        ApiKey.objects.in_use().without_secrets().select_related("owner"), label=_("API key"), required=False
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Days, weeks (from Monday on) and months begin at midnight there.")
    )

    class Meta:
        model = Budget
        exclude: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:
            zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
            self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]


class AdjustmentForm(forms.ModelForm):
    budget = forms.ModelChoiceField(Budget.objects.filter(is_for_newcomers=False).with_scope(), label=_("Budget"))

    class Meta:
        model = BudgetAdjustment
        fields: ClassVar[list[str]] = ["amount", "reason"]
        help_texts: ClassVar[dict[str, Any]] = {
            "amount": _("Added to the limit of the current window, once. With a minus it is taken away.")
        }

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if not amount:
            raise forms.ValidationError(_("Nothing would change by 0."))
        return amount


class AskForm(forms.ModelForm):
    amount = forms.DecimalField(label=_("How many credits more?"), min_value=SMALLEST, **AMOUNT)
    reason = forms.CharField(label=_("What do you need them for?"), max_length=400, widget=forms.Textarea({"rows": 3}))

    class Meta:
        model = BudgetRequest
        fields: ClassVar[list[str]] = ["amount", "reason"]


class OwnLimitForm(forms.Form):
    window = forms.ChoiceField(label=_("For"), choices=Budget.Window.choices, initial=Budget.Window.MONTH)
    limit = forms.DecimalField(
        label=_("Limit, in credits"),
        required=False,
        min_value=0,
        help_text=_("Empty: no limit of your own for this window."),
        **AMOUNT,
    )
