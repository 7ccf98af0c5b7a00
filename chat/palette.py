"""What the palette offers: the person's conversations, the models, and what can be done from everywhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Conversation, LanguageModel

MOST_CONVERSATIONS = 8
MOST_MODELS = 8


@dataclass(frozen=True)
class Option:
    """One line. Exactly one of these: an address to go to, a model to choose, or what on the page it activates."""

    label: str
    icon: str
    url: str = ""
    model: str = ""
    activates: str = ""


@dataclass(frozen=True)
class Group:
    name: str
    options: list[Option]


def choices(user: User, typed: str, *, has_composer: bool) -> list[Group]:
    """What has all words of `typed` in it, in groups; empty groups are left out. Two queries at most."""
    words = typed.split()
    groups = [Group(_("Conversations"), conversations_with(user, words))]
    if has_composer:
        groups.append(Group(_("Models"), models_with(user, words)))
    groups.append(Group(_("Actions"), [action for action in actions(user) if has_words(action.label, words)]))
    return [group for group in groups if group.options]


def conversations_with(user: User, words: Iterable[str]) -> list[Option]:
    """The newest with these words in the title, those in the archive included."""
    rows = Conversation.objects.visible_to(user).newest_first().only("title", "archived_at")
    for word in words:
        rows = rows.filter(title__icontains=word)
    return [
        Option(row.title, "archive" if row.archived_at else "mark", url=row.get_absolute_url())
        for row in rows[:MOST_CONVERSATIONS]
    ]


def models_with(user: User, words: list[str]) -> list[Option]:
    fitting = [model for model in LanguageModel.objects.on_offer_to(user) if has_words(model.label, words)]
    return [Option(model.label, "sliders", model=model.slug) for model in fitting[:MOST_MODELS]]


def actions(user: User) -> list[Option]:
    """`activates` is a selector of a control that the side bar has on every page."""
    ways = [
        Option(_("New chat"), "new", url=reverse("home")),
        Option(_("Settings"), "settings", url=reverse("settings")),
        Option(_("Presets"), "sliders", url=reverse("presets")),
        Option(_("Prompts"), "prompts", url=reverse("prompts")),
        Option(_("API keys"), "key", url=reverse("keys")),
        Option(_("Usage"), "sliders", url=reverse("usage")),
        Option(_("Archive"), "archive", url=reverse("archive")),
        Option(_("Trash"), "delete", url=reverse("trash")),
        Option(_("Keyboard shortcuts"), "keyboard", activates="[data-shortcut='?']"),
        Option(_("Theme: light"), "sun", activates=".theme-switch [value=light]"),
        Option(_("Theme: dark"), "moon", activates=".theme-switch [value=dark]"),
        Option(_("Theme: as the system"), "screen", activates=".theme-switch [value=system]"),
    ]
    if user.is_staff:
        ways.append(Option(_("Admin"), "admin", url=reverse("admin:index")))
    return [*ways, Option(_("Sign out"), "sign-out", activates="[data-sign-out]")]


def has_words(text: str, words: Iterable[str]) -> bool:
    return all(word.casefold() in text.casefold() for word in words)
