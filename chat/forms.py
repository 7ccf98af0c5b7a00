"""Raw input to clean values."""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey
from chat.estimates import Estimate
from chat.models import Attachment, Conversation, Draft, LanguageModel
from chat.models.language_model import HIGHEST_TEMPERATURE
from chat.queries import history_characters
from chat.services.attachments import MOST_PER_MESSAGE, tidy_alt
from chat.services.import_files import LARGEST_FILE_BYTES
from chat.services.usage import By, Period

LONGEST_TEXT = 400_000
LONGEST_INSTRUCTION = 20_000
LONGEST_SEARCH = 300
USUAL_TEMPERATURE = 0.7
# So many long polls leave a browser connections for the rest: it has six for a host.
MOST_MODELS = 4
MOST_USAGE = timedelta(days=3 * 366)
UNITS = [(By.DAY, _("by day")), (By.WEEK, _("by week")), (By.MONTH, _("by month"))]
ONLY = (By.PERSON, By.GROUP, By.MODEL, By.KEY)
# Digits of a number of characters.
LONGEST_NUMBER = 10


class OffersModels(forms.ChoiceField):
    """Models on offer, by slug. The list is read once a request, for the choice and for the page alike."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.models: dict[str, LanguageModel] = {}

    def offer(self, models: list[LanguageModel]) -> None:
        self.models = {model.slug: model for model in models}
        self.choices = [(model.slug, model.label) for model in models]


class ModelField(OffersModels):
    """One of them."""

    def clean(self, value: Any) -> LanguageModel | None:
        """The model itself; None where none was chosen and none is needed. Raises ValidationError."""
        return self.models.get(super().clean(value))


class ModelsField(OffersModels, forms.MultipleChoiceField):
    """Any number of them."""

    def clean(self, value: Any) -> list[LanguageModel]:
        """The models themselves, in the order in which they are on offer. Raises ValidationError."""
        chosen = super().clean(value)
        return [model for slug, model in self.models.items() if slug in chosen]


class KeyField(forms.ChoiceField):
    """One of the keys that may pay for the person, by id, or none: then their default and the team's decide."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keys: dict[str, ApiKey] = {}

    def offer(self, keys: list[ApiKey]) -> None:
        self.keys = {str(key.pk): key for key in keys}
        self.choices = [("", _("As usual")), *((name, key.label) for name, key in self.keys.items())]

    def clean(self, value: Any) -> ApiKey | None:
        """The key itself. Raises ValidationError."""
        return self.keys.get(super().clean(value))


class MessageForm(forms.Form):
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 1, "placeholder": _("Ask anything")}),
    )
    model = ModelField(
        label=_("Model"),
        error_messages={"invalid_choice": _("This model is no longer on offer. Choose another one.")},
    )
    instruction = forms.CharField(
        label=_("Instruction"),
        required=False,
        max_length=LONGEST_INSTRUCTION,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": _("How the model should behave")}),
    )
    temperature = forms.FloatField(
        label=_("Temperature"),
        required=False,
        min_value=0,
        max_value=HIGHEST_TEMPERATURE,
        widget=forms.NumberInput(attrs={"type": "range", "step": "0.1"}),
    )

    api_key = KeyField(
        label=_("API key"),
        required=False,
        error_messages={"invalid_choice": _("This key can't pay for you any more. Choose another one.")},
    )

    also = ModelsField(
        label=_("Ask several models"),
        required=False,
        error_messages={"invalid_choice": _("This model is no longer on offer. Choose another one.")},
    )

    def __init__(
        self,
        *args: Any,
        models: list[LanguageModel],
        keys: list[ApiKey],
        attachments: list[Attachment] | None = None,
        problems: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """`attachments` go with the message; `problems` are sentences about those that can't."""
        super().__init__(*args, **kwargs)
        self.keys = keys
        self.attachments, self.problems = attachments or [], problems or []
        self.offer(models)
        key_field = self.fields["api_key"]
        assert isinstance(key_field, KeyField)
        key_field.offer(keys)

    def offer(self, models: list[LanguageModel]) -> None:
        """To choose from these; a form that is only checked needs no more than what was chosen."""
        self.models = models
        for name in ("model", "also"):
            field = self.fields[name]
            assert isinstance(field, OffersModels)
            field.offer(models)

    def clean_also(self) -> list[LanguageModel]:
        """All that are to be asked, the one in the box first; empty where that is the only one."""
        first = self.cleaned_data.get("model")
        others = [model for model in self.cleaned_data["also"] if model != first]
        if len(others) >= MOST_MODELS:
            raise forms.ValidationError(_("Up to four models can be asked at once."))
        return [first, *others] if first and others else []

    @cached_property
    def history(self) -> int:
        """Characters of the conversation that go along: as the page that was sent said, else as it is. One query."""
        told = str(self.data.get("history", ""))[:LONGEST_NUMBER]
        return int(told) if told.isdecimal() else history_characters(self.initial.get("leaf"))

    @cached_property
    def estimates(self) -> list[Estimate]:
        """What the message will cost with each model on offer, and how full its memory is."""
        text, instruction = (len(self[name].value() or "") for name in ("text", "instruction"))
        return [
            Estimate(model, self.history + text + (instruction if model.has_instruction else 0))
            for model in self.models
        ]

    @property
    def estimate(self) -> Estimate | None:
        """That of the model which the page shows as chosen."""
        chosen = self["model"].value()
        found = (each for each in self.estimates if each.model.slug == chosen)
        return next(found, self.estimates[0] if self.estimates else None)

    @property
    def chosen_model(self) -> LanguageModel | None:
        """The one that the page shows as chosen."""
        return self.estimate.model if self.estimate else None

    @cached_property
    def lost_model(self) -> str:
        """The label of the model that the box would begin with, if it is not on offer to the person; else "".

        That of the conversation or the preset, else the default. One query where nothing was chosen, else none.
        """
        lost = str(self.initial.get("lost_model", ""))
        if self.is_bound or lost or self.initial.get("model"):
            return lost
        return LanguageModel.objects.filter(is_default=True).values_list("label", flat=True).first() or ""

    @property
    def shown_model(self) -> LanguageModel | None:
        """The one that the box shows: the chosen one, else the first."""
        chosen = self["model"].value()
        return next((model for model in self.models if model.slug == chosen), next(iter(self.models), None))

    @property
    def has_a_choice_of_keys(self) -> bool:
        return len(self.keys) > 1

    def clean(self) -> dict[str, Any]:
        for problem in self.problems:
            self.add_error(None, problem)
        if len(self.attachments) > MOST_PER_MESSAGE:
            self.add_error(None, _("A message takes 8 files at most. Remove some of them."))
        if not self.attachments and "text" not in self.errors and not self.cleaned_data.get("text"):
            self.add_error("text", _("Write something first."))
        chosen = self.cleaned_data.get("also") or [self.cleaned_data.get("model")]
        blind = next((model for model in chosen if model and not model.reads_images), None)
        if blind and any(attachment.is_image for attachment in self.attachments):
            sentence = _("%(model)s can't see images. Choose another model, or remove the images.")
            self.add_error("model", sentence % {"model": blind.label})
        for model in chosen:
            if problem := temperature_problem(model, self.cleaned_data.get("temperature")):
                self.add_error("temperature", problem)
        for attachment in self.attachments:
            attachment.alt = tidy_alt(str(self.data.get(attachment.alt_field, attachment.alt)))
        return self.cleaned_data

    def start_over(self) -> None:
        """Empty for the next message, once this one is sent. Its choices are not in it: they stay on the page."""
        self.data = {"client_id": str(uuid.uuid4())}
        self.attachments = []

    @classmethod
    def blank_for(
        cls,
        conversation: Conversation,
        *,
        models: list[LanguageModel],
        keys: list[ApiKey],
        draft: Draft | None = None,
        attachments: list[Attachment] | None = None,
    ) -> "MessageForm":
        """A form that goes on with what the conversation was last asked with, and with the draft if there is one."""
        temperature = conversation.temperature
        model = conversation.model
        usual = next((each.slug for each in models if each.is_default), None)
        is_lost = model is not None and model not in models
        return cls(
            models=models,
            keys=keys,
            attachments=attachments,
            initial={
                "leaf": conversation.active_leaf_id,
                "api_key": str(conversation.api_key_id or ""),
                "client_id": draft.client_id if draft else uuid.uuid4(),
                "text": draft.text if draft else "",
                "model": usual if model is None or is_lost else model.slug,
                "lost_model": model.label if model and is_lost else conversation.gone_model,
                "instruction": conversation.instruction,
                "temperature": USUAL_TEMPERATURE if temperature is None else temperature,
            },
        )


class TitleForm(forms.Form):
    title = forms.CharField(
        label=_("Title"), max_length=200, error_messages={"required": _("A conversation needs a title.")}
    )


class PreferencesForm(forms.Form):
    model = ModelField(label=_("Model"), required=False)
    instruction = forms.CharField(
        label=_("Instruction"),
        required=False,
        max_length=LONGEST_INSTRUCTION,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What a model should keep in mind for every answer, if it can be told."),
    )

    def __init__(self, *args: Any, models: list[LanguageModel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, models)


class DraftForm(forms.Form):
    client_id = forms.UUIDField()
    # As it is: who goes on typing later begins where they left off.
    text = forms.CharField(required=False, strip=False, max_length=LONGEST_TEXT)


class TryAgainForm(forms.Form):
    model = ModelField(label=_("Model"), required=False)
    confirm = forms.BooleanField(required=False)

    def __init__(self, *args: Any, models: list[LanguageModel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, models)


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("The JSON file of one conversation, or the ZIP file with all of your data."),
        error_messages={"required": _("Choose a file first."), "empty": _("This file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".json,.zip,application/json,application/zip"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > LARGEST_FILE_BYTES:
            raise forms.ValidationError(_("This file is too large. Import its conversations one by one."))
        return file


class EditForm(forms.Form):
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(max_length=LONGEST_TEXT, error_messages={"required": _("Write something first.")})
    model = ModelField(
        error_messages={"invalid_choice": _("This model is no longer on offer. Choose another one.")},
    )

    def __init__(self, *args: Any, models: list[LanguageModel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, models)


class VersionForm(forms.Form):
    client_id = forms.UUIDField()
    model = ModelField(required=False)

    def __init__(self, *args: Any, models: list[LanguageModel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, models)


class OnceForm(forms.Form):
    """A button that does something once, however often it is pressed: `client_id` is its page's own."""

    client_id = forms.UUIDField()


class UsageForm(forms.Form):
    """Which usage to show. `person`, `group`, `model` and `key` leave one of them alone, as the links in a table do."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    unit = forms.ChoiceField(label=_("Over time"), choices=UNITS)
    by = forms.ChoiceField(label=_("By"))
    person = forms.IntegerField(required=False, widget=forms.HiddenInput)
    group = forms.IntegerField(required=False, widget=forms.HiddenInput)
    model = forms.IntegerField(required=False, widget=forms.HiddenInput)
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any], *, today: date, slices: dict[By, Any]) -> None:
        usual = {"first": today - timedelta(days=29), "last": today, "unit": By.DAY, "by": next(iter(slices))}
        super().__init__({**usual, **{name: data[name] for name in data}})
        by = self.fields["by"]
        assert isinstance(by, forms.ChoiceField)
        by.choices = list(slices.items())

    def clean(self) -> dict[str, Any]:
        """With `period` and `only`, as chat.services.usage has them. Raises ValidationError."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not first <= last < first + MOST_USAGE:
            raise ValidationError(_("Choose a first day that is before the last one, and at most three years."))
        if first and last:
            cleaned["period"] = Period(first, last)
        cleaned["only"] = {by: cleaned[by] for by in ONLY if cleaned.get(by)}
        return cleaned


def temperature_problem(model: LanguageModel | None, temperature: float | None) -> str:
    """Why the model does not take this temperature; "" if it does, or takes none at all."""
    if model is None or temperature is None or not model.has_temperature:
        return ""
    lowest, highest = model.lowest_temperature, model.highest_temperature
    if lowest <= temperature <= highest:
        return ""
    sentence = gettext("%(model)s takes a temperature from %(lowest)s to %(highest)s.")
    return sentence % {"model": model.label, "lowest": number_format(lowest), "highest": number_format(highest)}


def offer(form: forms.Form, models: list[LanguageModel]) -> None:
    field = form.fields["model"]
    assert isinstance(field, ModelField)
    field.offer(models)


def reasonable_year(day: date) -> None:
    """Raises ValidationError for what would leave the calendar in another time zone."""
    if not 1900 < day.year < 2200:
        raise forms.ValidationError(_("Choose a day in these centuries."))


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(required=False, widget=widget, validators=[reasonable_year], **kwargs)


class SearchForm(forms.Form):
    """Words, and what narrows them down. Days are the person's own, from midnight to midnight."""

    q = forms.CharField(
        label=_("Search for"),
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search"}),
        error_messages={"max_length": _("Search for at most %(limit_value)d characters.")},
    )
    model = ModelField(label=_("Model"), required=False)
    since = DayField(label=_("From"))
    until = DayField(label=_("To"))
    has_image = forms.BooleanField(label=_("Has an image"), required=False)
    # Only in the links of the results: more of one conversation, and what is older than all that was ranked.
    conversation = forms.UUIDField(required=False, widget=forms.HiddenInput)
    before = forms.DateTimeField(required=False, widget=forms.HiddenInput, validators=[reasonable_year])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = self.fields["model"]
        assert isinstance(model, ModelField)
        model.offer(list(LanguageModel.objects.all()))
        model.choices = [("", _("Any model")), *((name, each.label) for name, each in model.models.items())]

    def clean_q(self) -> str:
        return str(self.cleaned_data["q"]).strip()

    def clean(self) -> dict[str, Any]:
        """What was given but is no day, or an order of days that leaves none, is an error beside them."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return cleaned
