"""A team that has worked with Parley for a year: people, groups, keys, conversations, replies and their ledger.

Conversations and replies are written by statements over whole tables, without the triggers that keep the ledger along
with each reply: the entries are written along here, by the same rules. Drawn by lot, but the same ones each time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from accounts.models import ApiKey, Group, Invitation, User
from accounts.services.api_keys import add_key
from chat.models import Budget, Conversation, LanguageModel
from tests.browser.backstage import PASSWORD
from tests.factories import key_value
from tests.seed import statements

TEAM_KEYS = 5
# Who has a key of their own: so many of each five.
WITH_OWN_KEY = 3


@dataclass(frozen=True)
class Size:
    people: int
    groups: int
    conversations: int
    replies: int


SIZES = {
    "small": Size(people=12, groups=3, conversations=100, replies=1_000),
    "large": Size(people=200, groups=20, conversations=50_000, replies=2_000_000),
}


class NotEmpty(Exception):
    """The database has people in it; the message says so."""


def fill(size: Size) -> str:
    """Write it all. The address of an administrator to sign in with. Raises NotEmpty."""
    if User.objects.count() > 1 or Conversation.objects.exists():
        raise NotEmpty("There are people or conversations in this database. Only an empty one is filled.")
    people = make_people(size.people)
    make_groups(size.groups, people)
    payers = make_keys(people)
    make_invitations(people)
    write_conversations(size, payers)
    # After the replies, so that the year's are not in it.
    Budget.objects.bulk_create(Budget(owner=owner, limit=Decimal(1_000)) for owner in [None, *people[::2]])
    return people[0].email


def make_people(number: int) -> list[User]:
    password, now = make_password(PASSWORD), timezone.now()
    people = User.objects.bulk_create(
        User(
            email=f"person{count}@seed.example.com",
            name=f"Person {count}",
            password=password,
            role=User.Role.ADMINISTRATOR if count == 1 else User.Role.MEMBER,
            is_active=count % 20 != 0,
            last_login=now - timedelta(hours=count),
        )
        for count in range(1, number + 1)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, primary=True, verified=True) for person in people
    )
    # Without a credential they open for nobody: these are only there to be listed.
    Authenticator.objects.bulk_create(
        Authenticator(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"}) for person in people[1::2]
    )
    return people


def make_groups(number: int, people: list[User]) -> None:
    for count in range(number):
        group = Group.objects.create(name=f"Group {count + 1}")
        group.members.set(people[count::number])


def make_keys(people: list[User]) -> list[tuple[int, ApiKey]]:
    """Keys of the team and of most people. Who is paid for by which."""
    teams = [add_key(owner=None, label=f"Team {count + 1}", value=key_value()) for count in range(TEAM_KEYS)]
    ApiKey.objects.filter(owner=None).update(for_everyone=True)
    return [
        (
            person.pk,
            add_key(owner=person, label=f"Key of {person.name}", value=key_value())
            if count % 5 < WITH_OWN_KEY
            else teams[count % TEAM_KEYS],
        )
        for count, person in enumerate(people)
    ]


def make_invitations(people: list[User]) -> None:
    Invitation.objects.bulk_create(
        Invitation(
            email=f"invited{person.pk}@seed.example.com",
            token_hash=f"{person.pk:064x}",
            invited_by=people[0],
            expires_at=timezone.now() + timedelta(days=7),
        )
        for person in people
    )


def write_conversations(size: Size, payers: list[tuple[int, ApiKey]]) -> None:
    models = LanguageModel.objects.on_offer()
    with connection.cursor() as cursor, loading():
        cursor.execute(statements.PAYERS)
        cursor.executemany(
            "INSERT INTO seed_payer (number, owner_id, api_key_id, label) VALUES (%s, %s, %s, %s)",
            [(number, owner, key.pk, key.label) for number, (owner, key) in enumerate(payers, 1)],
        )
        cursor.execute(statements.MODELS)
        cursor.executemany(
            "INSERT INTO seed_model (number, model_id, version, price) VALUES (%s, %s, %s, %s)",
            [
                (number, model.pk, model.version, model.published_cost or Decimal("0.01"))
                for number, model in enumerate(models, 1)
            ],
        )
        counts = {"conversations": size.conversations, "replies": size.replies}
        for statement in statements.FILLING:
            cursor.execute(statement, counts)


@contextmanager
def loading() -> Iterator[None]:
    """Without triggers and foreign keys, and with the indexes made once afterwards: it takes a third of the time."""
    with connection.cursor() as cursor:
        cursor.execute(statements.INDEXES)
        indexes = cursor.fetchall()
        cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("SET session_replication_role = origin; RESET maintenance_work_mem")
        cursor.execute("ANALYZE")
