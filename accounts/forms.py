import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import available_timezones

from allauth.account import forms as allauth_forms
from allauth.mfa.base import forms as second_factor_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxLengthValidator, RegexValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, Invitation, User
from accounts.models.api_key import USUAL_RATE
from accounts.models.user import EMAIL_TAKEN
from accounts.services.api_keys import KeyAlreadyAdded, refuse_twice
from accounts.services.people import LastAdministrator, keep_an_administrator_besides
from accounts.services.pictures import LARGEST_BYTES
from chat.segmind import KeyValue

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Segmind: a key is SG_ and 16 hex digits; older ones may differ.
USUAL_KEY = re.compile(r"SG_[0-9a-f]{16}", re.IGNORECASE)
ONLY_TO_REPLACE = _("Only to replace it, or to enter it again: the key itself stays as it is while this is empty.")
LIKE_A_KEY = re.compile(r"SG_\w{8}", re.IGNORECASE)


class SecretInput(forms.TextInput):
    """A text box that is hidden by style and never gets a value from the server."""

    def __init__(self) -> None:
        super().__init__(
            {"class": "secret-input", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        )

    def format_value(self, value: object) -> None:
        return None


def focus_first_error(form: forms.BaseForm) -> None:
    """When the form comes back, let the first box that is wrong have the focus."""
    for field in form.fields.values():
        field.widget.attrs.pop("autofocus", None)
    first = next((name for name in form.fields if name in form.errors), None)
    if first:
        form.fields[first].widget.attrs["autofocus"] = True


class SetupForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput({"autocomplete": "name", "autofocus": True})
    )
    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )

    def clean_password(self) -> str:
        # The last field: what the person calls themselves is known here, and no good password.
        person = User(name=self.cleaned_data.get("name", ""), email=self.cleaned_data.get("email", ""))
        password: str = self.cleaned_data["password"]
        validate_password(password, person)
        return password


class InvitationAnswerForm(SetupForm):
    """Name and password of somebody who was invited. The address stands there to be read, and for password managers."""

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = True
        self.initial["email"] = email


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["name", "time_zone", "language", "appearance"]
        widgets: ClassVar[dict[str, forms.Widget]] = {"name": forms.TextInput({"autocomplete": "name"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
        site_zone = _("As this site: %(zone)s") % {"zone": settings.TIME_ZONE}
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"), required=False, choices=[("", site_zone), *zones]
        )
        site_language = _("As this site: %(language)s") % {"language": dict(settings.LANGUAGES)[settings.LANGUAGE_CODE]}
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), required=False, choices=[("", site_language), *settings.LANGUAGES]
        )


class AppearanceForm(forms.ModelForm):
    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["appearance"]


class PictureForm(forms.Form):
    picture = forms.FileField(
        label=_("Picture"),
        max_length=255,
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_(
            "A JPEG, PNG or WebP file of at most 10 MB. Its middle is kept as a small square, and nothing else."
        ),
    )

    def clean_picture(self) -> UploadedFile:
        picture: UploadedFile = self.cleaned_data["picture"]
        if (picture.size or 0) > LARGEST_BYTES:
            raise forms.ValidationError(_("This file is larger than 10 MB. Choose a smaller one."))
        return picture


class KeyValueField(forms.CharField):
    """A Segmind key, typed once: it comes in as a KeyValue and never goes back into a page."""

    def __init__(self, *, widget: forms.Widget, required: bool = True, help_text: "StrOrPromise") -> None:
        super().__init__(
            label=_("API key"),
            max_length=200,
            required=required,
            widget=widget,
            help_text=help_text,
            # Printable ASCII without spaces: all else could not travel in a header.
            validators=[
                RegexValidator(r"^[!-~]+\Z", _("A key has no spaces and no special letters. Copy it once more."))
            ],
        )

    def clean(self, value: Any) -> KeyValue | None:
        text: str = super().clean(value)
        return KeyValue(text) if text else None


class WithKeyValue(forms.BaseForm):
    """What each form with a `label` and a `value` minds."""

    @property
    def is_unusual(self) -> bool:
        value: KeyValue | None = self.cleaned_data.get("value")
        return value is not None and not USUAL_KEY.fullmatch(value.reveal())

    def clean(self) -> dict[str, Any]:
        super().clean()
        label, value = str(self.data.get("label", "")), str(self.data.get("value", "")).strip()
        if LIKE_A_KEY.search(label) or (value and value in label):
            # A label is shown, and would come back in this form.
            assert isinstance(self.data, QueryDict)
            data = self.data.copy()
            data["label"] = data["value"] = ""
            self.data = data
            self.add_error("label", _("That looks like the key itself. Choose a name for it."))
        return self.cleaned_data


class OwnKeyForm(WithKeyValue, forms.Form):
    """What the owner says of a key."""

    label = forms.CharField(
        label=_("Label"),
        max_length=ApiKey._meta.get_field("label").max_length,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("A name by which you know this key, such as the account it belongs to."),
    )
    value = KeyValueField(
        widget=SecretInput(),
        help_text=_("It is stored encrypted and never shown again. After a mistake in this form you enter it again."),
    )
    rate = forms.IntegerField(
        label=_("Messages per minute"),
        min_value=1,
        max_value=32_767,
        required=False,
        initial=USUAL_RATE,
        help_text=_("What Segmind allows: 5 on the free plan, 50 on Pro, more by agreement. Nothing faster is sent."),
    )

    def clean_rate(self) -> int:
        return self.cleaned_data["rate"] or USUAL_RATE


class KeyForm(OwnKeyForm):
    """A new key of one's own."""

    is_default = forms.BooleanField(label=_("Let it pay by default"), required=False, initial=True)


class KeyChangeForm(OwnKeyForm):
    """A key of one's own that is there already."""

    value = KeyValueField(widget=SecretInput(), required=False, help_text=ONLY_TO_REPLACE)
    warn_below = forms.DecimalField(
        label=_("Warn below"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text=_("When fewer credits are left you get a mail, once a day at most. Empty: no warning."),
    )

    def __init__(self, data: QueryDict | None, *, key: ApiKey) -> None:
        warn_below = None if key.warn_below is None else round(key.warn_below, 2)
        super().__init__(data, initial={"label": key.label, "rate": key.rate, "warn_below": warn_below})


class TeamKeyForm(WithKeyValue, forms.ModelForm):
    """The admin's form for a key of the team."""

    value = KeyValueField(widget=forms.PasswordInput({"autocomplete": "off"}), help_text="")

    class Meta:
        model = ApiKey
        fields: ClassVar[list[str]] = [
            "label",
            "rate",
            "warn_below",
            "is_paused",
            "for_everyone",
            "granted_people",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance._state.adding
        self.fields["value"].required = is_new
        self.fields["value"].help_text = (
            _("It is stored encrypted and never shown again.") if is_new else ONLY_TO_REPLACE
        )

    def clean_value(self) -> KeyValue | None:
        value: KeyValue | None = self.cleaned_data["value"]
        try:
            if value:
                refuse_twice(value, owner_id=None, apart_from=self.instance.pk)
        except KeyAlreadyAdded as exc:
            said = _("The team has this key already. Its label is “%(label)s”.")
            raise ValidationError(said, params={"label": exc.label}) from exc
        return value


class PersonForm(forms.ModelForm):
    """The admin's form for an account: what it is called, and what it may do."""

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["name", "role"]

    def clean_role(self) -> str:
        """The check holds until the row is saved: the admin does both in one transaction."""
        role: str = self.cleaned_data["role"]
        if role != User.Role.ADMINISTRATOR:
            try:
                keep_an_administrator_besides(self.instance)
            except LastAdministrator as exc:
                raise forms.ValidationError(_("This is the last administrator. Make somebody else one first.")) from exc
        return role


class InvitationForm(forms.ModelForm):
    """The admin's form that invites somebody."""

    class Meta:
        model = Invitation
        fields: ClassVar[list[str]] = ["email", "role", "budget_limit", "expires_at"]

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(EMAIL_TAKEN)
        return email

    def clean_budget_limit(self) -> Decimal | None:
        limit: Decimal | None = self.cleaned_data["budget_limit"]
        if limit is not None and limit < 0:
            raise forms.ValidationError(_("A budget is at least 0."))
        return limit

    def clean_expires_at(self) -> datetime:
        expires_at: datetime = self.cleaned_data["expires_at"]
        if expires_at <= timezone.now():
            raise forms.ValidationError(_("This is in the past."))
        return expires_at


class WithoutPlaceholders(forms.BaseForm):
    """allauth repeats each label as a placeholder; a label is enough."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(WithoutPlaceholders, allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autofocus"] = True
        # The link to the reset stands below the form, not in the description of the text box.
        self.fields["password"].help_text = ""


class SignUpForm(WithoutPlaceholders, allauth_forms.SignupForm):
    """For people whose address is at a domain that this site trusts (SIGNUP_EMAIL_DOMAINS)."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput({"autocomplete": "name", "autofocus": True})
    )
    field_order = ("name", "email", "password1")

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if email.rpartition("@")[2].lower() not in settings.SIGNUP_EMAIL_DOMAINS:
            raise forms.ValidationError(
                _("For this address an invitation is needed. Ask an administrator of this site for one.")
            )
        return email


class PasswordChangeForm(WithoutPlaceholders, allauth_forms.ChangePasswordForm):
    pass


class PasswordResetForm(WithoutPlaceholders, allauth_forms.ResetPasswordForm):
    pass


class PasswordResetKeyForm(WithoutPlaceholders, allauth_forms.ResetPasswordKeyForm):
    pass


class AddEmailForm(WithoutPlaceholders, allauth_forms.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New address")


class SetPasswordForm(WithoutPlaceholders, allauth_forms.SetPasswordForm):
    pass


class ReauthenticateForm(WithoutPlaceholders, allauth_forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True
        self.fields["password"].help_text = ""


class WithCode(WithoutPlaceholders):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric", "spellcheck": "false"}


class AuthenticatorForm(WithCode, totp_forms.ActivateTOTPForm):
    pass


class CodeForm(WithCode, second_factor_forms.AuthenticateForm):
    pass


class ReauthenticateCodeForm(WithCode, second_factor_forms.ReauthenticateForm):
    pass


class WithPasskeyName(WithoutPlaceholders):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["name"]
        name.label = _("Name")
        name.validators.append(MaxLengthValidator(100))
        name.widget.attrs |= {"autocomplete": "off", "maxlength": 100}


class PasskeyForm(WithPasskeyName, webauthn_forms.AddWebAuthnForm):
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone"),
        required=False,
        initial=True,
        help_text=_(
            "It then asks for your fingerprint, face or PIN. Otherwise it is a second step after the password."
        ),
    )


class PasskeyNameForm(WithPasskeyName, webauthn_forms.EditWebAuthnForm):
    pass
