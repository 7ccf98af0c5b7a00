"""The lists of a person's conversations, and what else stands in the side bar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import ApiKey, User
from accounts.services import api_keys
from chat.models import Conversation
from chat.models.conversation import ConversationQuerySet

PAGE_OF_CONVERSATIONS = 30
# However far somebody has scrolled down, a look at what has changed brings no more than this.
MOST_AT_ONCE = 300
WEEK_DAYS = 7


@dataclass(frozen=True)
class Group:
    """Conversations of one span of time. `key` names the span; `goes_on`: the page before has begun it."""

    key: str
    name: str
    conversations: list[Conversation]
    goes_on: bool = False


@dataclass(frozen=True)
class ConversationPage:
    """One page of a person's conversations; `next_page_url` is "" on the last one."""

    conversations: list[Conversation]
    next_page_url: str
    groups: list[Group]


def conversation_page(
    user: User, *, before: Conversation | None = None, limit: int = PAGE_OF_CONVERSATIONS
) -> ConversationPage:
    """The pinned conversations, then the newest; or those that come after `before`. One query."""
    listed = Conversation.objects.visible_to(user).listed().pinned_first().with_latest_answer()
    listed = listed.only("title", "is_pinned", "updated_at", "seen_at")
    page, more = cut(below(listed, before) if before else listed, limit)
    next_page_url = f"{reverse('conversations')}?before={page[-1].pk}" if more else ""
    return ConversationPage(page, next_page_url, groups_of(page, before))


def below(listed: ConversationQuerySet, before: Conversation) -> ConversationQuerySet:
    older = older_than("updated_at", before.updated_at, before)
    if before.is_pinned:
        return listed.filter(Q(older, is_pinned=True) | Q(is_pinned=False))
    return listed.filter(older, is_pinned=False)


def older_than(field: str, moment: datetime | None, before: Conversation) -> Q:
    """What stands after `before` in a list that is ordered by `field` and id. The first part is one an index takes."""
    return Q(**{f"{field}__lte": moment}) & (Q(**{f"{field}__lt": moment}) | Q(pk__lt=before.pk))


def kept_page(rows: ConversationQuerySet, field: str, before: Conversation | None) -> tuple[list[Conversation], str]:
    """A page of the archive or the trash, by the time in `field`, and what to ask for the next one ("": nothing)."""
    if before:
        rows = rows.filter(older_than(field, getattr(before, field), before))
    page, more = cut(rows.order_by(f"-{field}", "-pk").defer("instruction"), PAGE_OF_CONVERSATIONS)
    return page, f"?before={page[-1].pk}" if more else ""


def cut(rows: ConversationQuerySet, limit: int) -> tuple[list[Conversation], bool]:
    """The first `limit` rows, and whether there are more."""
    found = list(rows[: limit + 1])
    return found[:limit], len(found) > limit


# --- Groups -------------------------------------------------------------------
def groups_of(conversations: Iterable[Conversation], before: Conversation | None) -> list[Group]:
    """By the days of the person's own time zone. "Today" is always on the first page: a new one is put in there."""
    today = timezone.localdate()
    last = group_key(before, today) if before else ""
    groups = [
        Group(key, group_name(key), list(rows), goes_on=key == last)
        for key, rows in groupby(conversations, key=lambda row: group_key(row, today))
    ]
    if before is None and not any(group.key == "today" for group in groups):
        place = sum(group.key == "pinned" for group in groups)
        groups.insert(place, Group("today", group_name("today"), []))
    return groups


def group_key(conversation: Conversation, today: date) -> str:
    if conversation.is_pinned:
        return "pinned"
    day = timezone.localdate(conversation.updated_at)
    age_days = (today - day).days
    if age_days <= 1:
        return "today" if age_days <= 0 else "yesterday"
    return "week" if age_days <= WEEK_DAYS else f"{day:%Y-%m}"


def group_name(key: str) -> str:
    names = {"pinned": _("Pinned"), "today": _("Today"), "yesterday": _("Yesterday"), "week": _("Last 7 days")}
    return names.get(key) or date_format(date.fromisoformat(f"{key}-01"), "YEAR_MONTH_FORMAT")


class SideBar:
    """The newest conversations, and the balance of the key that pays. Each is one query, and read only where shown."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def page(self) -> ConversationPage:
        return conversation_page(self.user)

    @cached_property
    def keys(self) -> list[ApiKey]:
        return api_keys.keys_for(self.user)

    @property
    def key(self) -> ApiKey | None:
        return api_keys.payer(self.keys)

    @property
    def credits(self) -> Decimal | None:
        """None until Segmind has told it."""
        return self.key.balance if self.key else None

    @property
    def credits_are_low(self) -> bool:
        return self.key is not None and self.key.is_low

    @property
    def credits_known_at(self) -> datetime | None:
        return self.key.balance_known_at if self.key else None
