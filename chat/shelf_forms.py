"""Forms for saved prompts and presets, and for the variables of a prompt."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.forms import LONGEST_INSTRUCTION, ModelField, offer, temperature_problem
from chat.models import LanguageModel, Preset, Prompt
from chat.models.language_model import HIGHEST_TEMPERATURE
from chat.models.prompt import LONGEST_PROMPT, MOST_VARIABLES
from chat.placeholders import outline

LONGEST_VALUE = 5_000


class ShelvedForm(forms.Form):
    """What a prompt and a preset of `person` have in common. `for_team` is there only for those who may."""

    name = forms.CharField(label=_("Name"), max_length=80)

    def __init__(self, *args: Any, person: User, may_give_to_team: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        if may_give_to_team:
            self.fields["for_team"] = forms.BooleanField(label=_("For the whole team"), required=False)

    @staticmethod
    def initial_of(thing: Any) -> dict[str, Any]:
        """What the form begins with when a row is changed."""
        raise NotImplementedError

    def content(self) -> dict[str, Any]:
        """The fields of the row, cleaned."""
        return {name: value for name, value in self.cleaned_data.items() if name != "for_team"}


class PromptForm(ShelvedForm):
    text = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_PROMPT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What stands in {{double braces}} is asked for each time, with a default as {{tone=friendly}}."),
    )

    @staticmethod
    def initial_of(thing: Prompt) -> dict[str, Any]:
        return {"name": thing.name, "text": thing.text}

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        found = len(outline(text).variables)
        if found > MOST_VARIABLES:
            message = _("There are %(found)d variables in it. More than %(most)d would be tiresome to fill in.")
            raise ValidationError(message, params={"found": found, "most": MOST_VARIABLES})
        return text


class PresetForm(ShelvedForm):
    model = ModelField(label=_("Model"), required=False)
    instruction = forms.CharField(
        label=_("Instruction"),
        required=False,
        max_length=LONGEST_INSTRUCTION,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What a model should keep in mind for every answer, if it can be told."),
    )
    temperature = forms.FloatField(
        label=_("Temperature"),
        required=False,
        min_value=0,
        max_value=HIGHEST_TEMPERATURE,
        widget=forms.NumberInput(attrs={"step": "0.1"}),
        help_text=_("From 0, sober and repeatable, up to 1 or more, free and surprising. Empty: as usual."),
    )

    is_default = forms.BooleanField(label=_("Start new chats with it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models = list(LanguageModel.objects.on_offer_to(self.person))
        offer(self, models)
        field = self.fields["model"]
        assert isinstance(field, ModelField)
        field.choices = [("", _("The usual one")), *((model.slug, model.label) for model in models)]

    @staticmethod
    def initial_of(thing: Preset) -> dict[str, Any]:
        return {
            "name": thing.name,
            "model": thing.model.slug if thing.model else "",
            "instruction": thing.instruction,
            "temperature": thing.temperature,
            "is_default": thing.is_default,
        }

    def clean(self) -> dict[str, Any]:
        if problem := temperature_problem(self.cleaned_data.get("model"), self.cleaned_data.get("temperature")):
            self.add_error("temperature", problem)
        return self.cleaned_data


class PromptUseForm(forms.Form):
    """A box for each variable of a prompt, named by its number."""

    def __init__(self, *args: Any, prompt: Prompt, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prompt = prompt
        for number, variable in enumerate(prompt.outline.variables):
            self.fields[f"value-{number}"] = forms.CharField(
                label=variable.name,
                initial=variable.default,
                required=not variable.default,
                max_length=LONGEST_VALUE,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def text(self) -> str:
        """The prompt with what was filled in so far; a variable without a value and a default stays to be seen."""
        values = {
            variable.name: self.data.get(f"value-{number}", "")[:LONGEST_VALUE]
            for number, variable in enumerate(self.prompt.outline.variables)
        }
        return self.prompt.outline.filled(values)
