"""The form before models are checked: which ones, and who pays."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, User
from chat.models import LanguageModel


class ModelCheckForm(forms.Form):
    models = forms.ModelMultipleChoiceField(
        LanguageModel.objects.all(), label=_("Models"), widget=forms.CheckboxSelectMultiple
    )
    api_key = forms.ModelChoiceField(
        ApiKey.objects.none(), label=_("Paid by"), help_text=_("A key of the team, or one of your own.")
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["api_key"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = ApiKey.objects.in_use().filter(Q(owner=None) | Q(owner=person), is_paused=False)

    @property
    def rows(self) -> list[tuple[LanguageModel, Decimal | None, bool]]:
        """Each model, what a usual call costs in credits (None where nobody knows), and whether it is chosen."""
        chosen = {str(getattr(value, "pk", value)) for value in self["models"].value() or []}
        return [(model, model.base_cost, str(model.pk) in chosen) for model in LanguageModel.objects.all()]
