"""What the keys do. An element with data-shortcut="n" is what the key n activates, or puts the focus in."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Shortcut:
    """`keys` as they stand on a keyboard. `is_single`: it is not for text boxes, and can be switched off."""

    keys: tuple[str, ...]
    meaning: Promise | str
    is_single: bool = False


SHORTCUTS = (
    Shortcut(("Ctrl", "K"), _("Go to a conversation, choose a model, do something (⌘ K on a Mac)")),
    Shortcut(("?",), _("Show these keys"), is_single=True),
    Shortcut(("N",), _("New chat"), is_single=True),
    Shortcut(("M",), _("Write a message"), is_single=True),
    Shortcut(("S",), _("Search the conversations"), is_single=True),
    Shortcut(("O",), _("Open the conversation's menu"), is_single=True),
    Shortcut(("J",), _("Next conversation in the side bar"), is_single=True),
    Shortcut(("K",), _("Previous conversation in the side bar"), is_single=True),
    Shortcut(("Alt", "Shift", "F"), _("Find in the conversation")),
    Shortcut(("↑",), _("Edit the last message, from an empty message box")),
    Shortcut(("Enter",), _("Send the message")),
    Shortcut(("Shift", "Enter"), _("New line in the message")),
    Shortcut(("Esc",), _("Close a menu or a dialog")),
)
