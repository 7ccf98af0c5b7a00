"""What an owner chooses for a link, and what readers send."""

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import Group, User
from chat.models import Message, Share
from chat.services.shares import Terms
from chat.services.snapshots import Choice

USUAL_DAYS = "30"
PERIODS = [("1", _("for 1 day")), ("7", _("for 7 days")), ("30", _("for 30 days"))]
PERIODS += [("date", _("until a date")), ("never", _("without end"))]
LEAST_PASSPHRASE = 8
EXCERPT_CHARACTERS = 60


class ShareForm(forms.Form):
    """Its fields are `audience`, `people` and so on of a Share; `terms` and `choice` are what they come to."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    audience = forms.ChoiceField(label=_("Who may open it"), choices=Share.Audience, widget=forms.RadioSelect)
    people = forms.CharField(
        label=_("Their email addresses"),
        required=False,
        help_text=_("Of people with an account here, separated by commas or lines."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("Groups"), queryset=Group.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    until = forms.ChoiceField(label=_("How long"), choices=PERIODS)
    date = forms.DateField(label=_("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    passphrase = forms.CharField(
        label=_("Passphrase"),
        required=False,
        strip=False,
        min_length=LEAST_PASSPHRASE,
        max_length=200,
        help_text=_("Optional. Tell it on another way than the link."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    no_passphrase = forms.BooleanField(label=_("Take the passphrase off"), required=False)
    views_limit = forms.IntegerField(
        label=_("Number of views"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("Optional. Each opening counts, your own and a reload too."),
    )
    may_continue = forms.BooleanField(label=_("Members may continue in a copy"), required=False)

    first = forms.ChoiceField(label=_("From"), required=False)
    last = forms.ChoiceField(label=_("To"), required=False)
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=200,
        help_text=_("Left empty: the conversation's, or the first words of the first message shown."),
    )
    with_instruction = forms.BooleanField(label=_("Show the instruction"), required=False)
    with_names = forms.BooleanField(label=_("Show my name"), required=False)
    with_images = forms.BooleanField(label=_("Show images"), required=False)
    public_title = forms.CharField(
        label=_("Public title"),
        required=False,
        max_length=100,
        help_text=_("For previews in chats and mails, which everyone there sees. Left empty, they tell nothing."),
    )
    public_summary = forms.CharField(label=_("Public summary"), required=False, max_length=300)

    def __init__(self, *args: Any, path: list[Message], share: Share | None = None, **kwargs: Any) -> None:
        # The conversation's own page has other fields of the same names beside it.
        super().__init__(*args, **{"auto_id": "share-field-%s", **kwargs})
        self.share = share
        choices = [(str(message.pk), excerpt(number, message)) for number, message in enumerate(path, 1)]
        first, last = self.fields["first"], self.fields["last"]
        assert isinstance(first, forms.ChoiceField)
        assert isinstance(last, forms.ChoiceField)
        first.choices = [("", _("the beginning")), *choices]
        last.choices = [("", _("the end")), *choices]
        if share is not None:
            until = self.fields["until"]
            assert isinstance(until, forms.ChoiceField)
            until.choices = [("keep", _("as it is")), *PERIODS]

    @classmethod
    def for_new(cls, *, path: list[Message]) -> "ShareForm":
        initial = {"id": uuid.uuid4(), "audience": Share.Audience.MEMBERS, "until": USUAL_DAYS}
        return cls(path=path, initial=initial)

    @classmethod
    def for_change(cls, share: Share, *, path: list[Message]) -> "ShareForm":
        same = ("id", "audience", "views_limit", "may_continue", "title", "with_instruction", "with_images")
        more = ("with_names", "public_title", "public_summary")
        initial = {name: getattr(share, name) for name in (*same, *more)}
        initial |= {"first": share.first_id or "", "last": share.last_id or "", "until": "keep"}
        initial["people"] = ", ".join(share.people.order_by("email").values_list("email", flat=True))
        initial["groups"] = list(share.groups.values_list("pk", flat=True))
        return cls(path=path, share=share, initial=initial)

    # --- What the fields come to ---
    @property
    def choice(self) -> Choice:
        """What is to be shown; of a form with mistakes, what of it can be read."""
        value = self._readable
        return Choice(
            first_id=id_or_none(value("first")),
            last_id=id_or_none(value("last")),
            title=value("title") or "",
            with_instruction=bool(value("with_instruction")),
            with_names=bool(value("with_names")),
            with_images=bool(value("with_images")),
            unmasked=self.unmasked,
        )

    def _readable(self, name: str) -> Any:
        return self.cleaned_data.get(name) if self.is_bound else self.get_initial_for_field(self.fields[name], name)

    @property
    def unmasked(self) -> frozenset[str]:
        """What was offered for masking, and unticked. All that comes up anew is masked."""
        if not self.is_bound:
            return frozenset(self.share.unmasked) if self.share else frozenset()
        if "mask_all" in self.data:
            return frozenset()
        return frozenset(self.data.getlist("offered")) - frozenset(self.data.getlist("mask"))  # type: ignore[attr-defined]

    @property
    def terms(self) -> Terms:
        """Only of a valid form."""
        values = self.cleaned_data
        passphrase = "" if values["no_passphrase"] else values["passphrase"] or None
        same = ("audience", "views_limit", "may_continue", "public_title", "public_summary")
        chosen = {name: values[name] for name in same}
        return Terms(
            **chosen,
            people=tuple(values["people"]),
            groups=tuple(values["groups"]),
            expires_at=self._expires_at(),
            passphrase=passphrase,
        )

    def _expires_at(self) -> datetime | None:
        until = self.cleaned_data["until"]
        if until == "keep" and self.share:
            return self.share.expires_at
        if until == "date":
            end: datetime = self.cleaned_data["date"]
            return end
        return None if until == "never" else timezone.now() + timedelta(days=int(until))

    # --- Cleaning ---
    def clean_people(self) -> list[User]:
        addresses = {
            User.objects.normalize_email(part) for part in self.cleaned_data["people"].replace(",", " ").split()
        }
        people = list(User.objects.filter(email__in=addresses, is_active=True))
        unknown = addresses - {person.email for person in people}
        if unknown:
            raise forms.ValidationError(_now("Nobody here has this address: %s") % ", ".join(sorted(unknown)))
        return people

    def clean_date(self) -> datetime | None:
        """The end of that day, in the person's time zone."""
        day = self.cleaned_data["date"]
        if day is None or self.data.get("until") != "date":
            return None
        end = timezone.make_aware(datetime.combine(day, time.max))
        if end <= timezone.now():
            raise forms.ValidationError(_now("Choose a day that is not over."))
        return end.astimezone(UTC)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if (
            values.get("audience") == Share.Audience.NAMED
            and "people" in values
            and not (values["people"] or values.get("groups"))
        ):
            self.add_error("people", _now("Write who may open it."))
        if values.get("until") == "date" and "date" in values and not values["date"]:
            self.add_error("date", _now("Choose a date."))
        limit = values.get("views_limit")
        if limit and self.share and limit < self.share.views:
            self.add_error("views_limit", _now("It has been opened %d times already.") % self.share.views)
        first, last = values.get("first"), values.get("last")
        places = [value for value, _label in self.fields["first"].choices]  # type: ignore[attr-defined]
        if first and last and places.index(first) > places.index(last):
            self.add_error("last", _now("This message comes before the first one."))
        return values


class PassphraseForm(forms.Form):
    passphrase = forms.CharField(
        label=_("Passphrase"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class ReportForm(forms.Form):
    reason = forms.CharField(
        label=_("What is wrong with it?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )


def excerpt(number: int, message: Message) -> str:
    words = " ".join(message.text[: 4 * EXCERPT_CHARACTERS].split())[:EXCERPT_CHARACTERS] or _now("files")
    return f"{number}. {message.label}: {words}"


def id_or_none(text: Any) -> uuid.UUID | None:
    return uuid.UUID(str(text)) if text else None
