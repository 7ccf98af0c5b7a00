from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

EMAIL_TAKEN = _("There is an account with this email address already.")


class Role(models.TextChoices):
    MEMBER = "member", _("Member")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("Auditor")


class Appearance(models.TextChoices):
    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


# All of this is about the admin panel. Administrators may do everything that is in it, but for other packages' tables
# through which they could become somebody else and read what that person writes: email addresses, groups.
CLOSED_APPS = frozenset({"account", "auth"})
AUDITORS_MAY = frozenset({"accounts.view_auditentry", "chat.view_reply", "chat.view_usageday"})


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store an account alone. What belongs to a person here comes with accounts.services.people.create_person."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"role": Role.ADMINISTRATOR, **fields})

    def administrators(self) -> QuerySet["User"]:
        """Those who can administer this site, today and tomorrow: neither disabled nor leaving."""
        return self.filter(role=Role.ADMINISTRATOR, is_active=True, deletion_due_at=None)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """All in lower case: sign-in looks an address up that way, whatever case it was typed in."""
        return (email or "").strip().lower()


class User(AbstractBaseUser):
    """A person with an account, known by their email address."""

    Role, Appearance = Role, Appearance

    email = models.EmailField(_("email"), unique=True, error_messages={"unique": EMAIL_TAKEN})
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=13, choices=Role, default=Role.MEMBER, db_default=Role.MEMBER)
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Off: this person can't sign in any more."))
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    # NULL unless this person has asked for the end of the account, which comes then.
    deletion_due_at = models.DateTimeField(_("to be deleted"), null=True, editable=False)

    picture = models.OneToOneField(
        "Picture", verbose_name=_("picture"), on_delete=models.SET_NULL, null=True, editable=False
    )
    # "" is the site's own.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, db_default="")
    language = models.CharField(_("language"), max_length=10, blank=True, db_default="")
    appearance = models.CharField(
        _("appearance"), max_length=6, choices=Appearance, default=Appearance.SYSTEM, db_default=Appearance.SYSTEM
    )
    # Speech input and stray keys can set off what a single key does, so it can be switched off (WCAG 2.1.4).
    single_key_shortcuts = models.BooleanField(_("shortcuts of a single key"), default=True, db_default=True)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once_in_any_case",
                violation_error_message=EMAIL_TAKEN,
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_is_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = User.objects.normalize_email(self.email)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def initials(self) -> str:
        """What stands in for a picture: the first letters of the first and the last name."""
        names = str(self).split()
        return "".join(name[0] for name in names[:: max(len(names) - 1, 1)]).upper()

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @property
    def is_staff(self) -> bool:
        """Django's word for those who may open the admin panel."""
        return self.role != Role.MEMBER

    @property
    def is_superuser(self) -> bool:
        """Django's word for administrators."""
        return self.is_administrator

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Whether the role allows this in the admin panel; `perm` is such as "accounts.view_user"."""
        if self.is_administrator:
            return self.has_module_perms(perm.partition(".")[0])
        return self.is_active and self.role == Role.AUDITOR and perm in AUDITORS_MAY

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the role allows anything at all of an app in the admin panel."""
        if self.is_administrator:
            return self.is_active and app_label not in CLOSED_APPS
        return any(self.has_perm(perm) for perm in AUDITORS_MAY if perm.startswith(f"{app_label}."))
