"""A reader at a link: found, let in, counted. Whatever a link is not, the answer is the same None or False."""

import gzip
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.core import signing
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from accounts.models import User
from chat.models import Share, ShareView, Snapshot
from chat.models.share import LET_IN_FOR
from chat.services.snapshots import LONG, shown_in

UNLOCKED = signing.TimestampSigner(salt="chat.share.unlocked")
LET_IN = signing.TimestampSigner(salt="chat.share.let_in")
# What fetches a link to show a preview of it, or to index it. Whoever hides behind a browser's name sees what it sees.
ROBOT = re.compile(
    r"bot\b|bot/|crawl|spider|preview|unfurl|embed|externalhit|facebookcatalog|meta-external|whatsapp|slack|telegram"
    r"|discord|skype|teams|viber|pinterest|tumblr|vkshare|mastodon|pleroma|misskey|lemmy|outlook|google-|bingpreview"
    r"|yandex|baidu|archiver|scrap|fetcher|linkcheck|ia_archiver",
    re.IGNORECASE,
)


# What must hold for a link to open anything, in one place; of a `share`, at `now`.
STANDING = """
    share.revoked_at IS NULL AND (share.expires_at IS NULL OR share.expires_at > %(now)s)
    AND EXISTS (SELECT FROM accounts_user owner WHERE owner.id = share.owner_id AND owner.is_active)
    AND EXISTS (
        SELECT FROM chat_conversation shared WHERE shared.id = share.conversation_id AND shared.trashed_at IS NULL
    )
    AND (share.audience <> 'anyone' OR NOT EXISTS (SELECT FROM chat_sharingpolicy WHERE NOT anyone_allowed))
"""
FIND = f"SELECT share.* FROM chat_share share WHERE token_hash = %(hash)s AND {STANDING}"
# Where nothing depends on the number of views, nobody waits for the disk: a crash may lose those of the last second.
COUNT = f"""
    WITH commits AS (SELECT set_config('synchronous_commit', %(commits)s, true))
    UPDATE chat_share share SET views = views + 1, last_seen_at = %(now)s FROM commits
    WHERE {{}} AND {STANDING} AND (views_limit IS NULL OR views < views_limit) RETURNING share.*
"""
COUNT_FOUND = COUNT.format("share.id = %(share)s")
COUNT_OPEN = COUNT.format("token_hash = %(hash)s AND audience = 'anyone' AND passphrase = '' AND views_limit IS NULL")


def find(token: str) -> Share | None:
    """The link of this address, if nothing has ended it. One query, whatever the token is."""
    return next(iter(Share.objects.raw(FIND, {"hash": Share.hash_of(token), "now": timezone.now()})), None)


def open_at_once(token: str) -> Share | None:
    """The same, and counted, of a link that asks nobody for anything: all that it takes is one statement."""
    facts = {"hash": Share.hash_of(token), "now": timezone.now(), "commits": "off"}
    return next(iter(Share.objects.raw(COUNT_OPEN, facts)), None)


def is_for(share: Share, reader: User) -> bool:
    """Whether this member may open it."""
    if share.audience != Share.Audience.NAMED or share.owner_id == reader.pk:
        return True
    return share.people.filter(pk=reader.pk).exists() or share.groups.filter(members=reader).exists()


def is_robot(user_agent: str) -> bool:
    return ROBOT.search(user_agent) is not None


# --- Counting -----------------------------------------------------------------
def count_view(share: Share, *, reader: User | None) -> bool:
    """Take one of its views. False: none is left, or it was ended this moment.

    One statement, so that any number of readers at once get exactly as many views as there are.
    """
    now = timezone.now()
    facts = {"share": share.pk, "now": now, "commits": "on" if share.views_limit else "off"}
    if not list(Share.objects.raw(COUNT_FOUND, facts)):
        return False
    if share.audience != Share.Audience.ANYONE and reader is not None:
        ShareView.objects.update_or_create(share=share, person=reader, defaults={"last_at": now})
    return True


def was_let_in(share: Share, ticket: str) -> bool:
    """Whether its views are not limited, or the ticket is one that its page gave in the last hour."""
    return share.views_limit is None or is_signed(LET_IN, ticket, str(share.pk))


# --- Passphrase ---------------------------------------------------------------
def passphrase_fits(share: Share, passphrase: str) -> bool:
    return check_password(passphrase, share.passphrase)


def unlocking_cookie(share: Share) -> str:
    """For a browser that knows the passphrase. Another passphrase makes it worthless."""
    return UNLOCKED.sign(secret_part(share))


def is_unlocked(share: Share, cookie: str) -> bool:
    return not share.passphrase or is_signed(UNLOCKED, cookie, secret_part(share))


def secret_part(share: Share) -> str:
    return f"{share.pk}:{salted_hmac('chat.share.passphrase', share.passphrase, algorithm='sha256').hexdigest()[:32]}"


def is_signed(signer: signing.TimestampSigner, signed: str, value: str) -> bool:
    try:
        return signer.unsign(signed, max_age=LET_IN_FOR) == value
    except signing.BadSignature:
        return False


# --- The page -----------------------------------------------------------------
@dataclass(frozen=True)
class Look:
    """How a page differs from reader to reader, and it differs in nothing else."""

    theme: str
    language: str
    sandbox: bool


def page_of(share: Share, look: Look) -> bytes | None:
    """What readers get, compressed; None if it was revoked this moment.

    Where views are limited, its links have a ticket, which lets who was counted fetch what belongs to the page.
    """
    try:
        if share.views_limit is None:
            return kept_page(share.pk, share.published_at, look)
        return packed_page(share.pk, look, query=f"?ticket={LET_IN.sign(str(share.pk))}")
    except Snapshot.DoesNotExist:
        return None


@lru_cache(maxsize=32)
def kept_page(share_id: UUID, published_at: datetime, look: Look) -> bytes:
    """Made once by each process: every opening asks the database who may look, but not for the text."""
    return packed_page(share_id, look, query="")


def packed_page(share_id: UUID, look: Look, *, query: str) -> bytes:
    """Nothing in it is a reader's or has come from one, so that its compressed length tells nobody anything."""
    snapshot = Snapshot.objects.select_related("share").get(share_id=share_id)
    messages = shown_in(snapshot)
    questions = [(number, message.heading) for number, message in enumerate(messages, 1) if message.is_from_user]
    context = {
        "share": snapshot.share,
        "snapshot": snapshot,
        "shown": messages,
        "contents": questions if len(questions) >= LONG else [],
        "theme": look.theme,
        "sandbox": look.sandbox,
        "query": query,
    }
    with translation.override(look.language):
        html = render_to_string("chat/shared.html", context)
    return gzip.compress(html.encode(), 6, mtime=0)
