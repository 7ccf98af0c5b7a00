"""The other end of backstage.py's line, with Django set up: makes people and conversations, and reads rows."""

import json
import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.models import ApiKey, User
from accounts.services.api_keys import open_key
from accounts.services.key_notices import tell_of_keys
from accounts.services.people import create_person
from chat.models import Conversation, LanguageModel, Message, Reply, Share
from chat.services.snapshots import Choice
from tests.browser import panel_stage
from tests.chat import sharing
from tests.signing_in import record_sign_in


class QuickHasher(Argon2PasswordHasher):
    """What the site can check a password against, made in no time."""

    time_cost, memory_cost, parallelism = 1, 8, 1


def serve() -> None:
    """Answer every line of the input with a line of JSON. A failure ends it."""
    settings.PASSWORD_HASHERS = ["tests.browser.stagehands.QuickHasher"]
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(ACTIONS[request.pop("action")](**request)), file=answers, flush=True)


def person(*, name: str, password: str, role: str) -> dict[str, str]:
    email = f"{name.lower()}-{uuid.uuid4().hex[:8]}@example.com"
    user = create_person(name=name, email=email, password=password, role=role)
    key = open_key(ApiKey.objects.get(owner=user)).reveal()
    return {"name": name, "email": email, "session": session_of(user), "key": key}


def old_session(*, email: str) -> str:
    return session_of(User.objects.get(email=email), minutes_ago=60)


def session_of(user: User, *, minutes_ago: float = 0) -> str:
    """The key of a session such as signing in makes."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    record_sign_in(session, user, minutes_ago=minutes_ago)
    session.create()
    UserSession.objects.create(user=user, session_key=session.session_key, ip="127.0.0.1", user_agent="Chrome, Linux")
    return str(session.session_key)


def conversation(*, email: str, turns: int, title: str) -> str:
    owner, model = User.objects.get(email=email), LanguageModel.objects.on_offer()[0]
    made = Conversation.objects.create(owner=owner, title=title, model=model, updated_at=timezone.now())
    for number in range(1, turns + 1):
        made.active_leaf = answered_question(made, number)
    made.save(update_fields=["active_leaf"])
    return made.get_absolute_url()


def answered_question(conversation: Conversation, number: int) -> Message:
    """One more question at the end of the path, and its answer, which is returned."""
    question = Message.objects.create(
        conversation=conversation,
        parent=conversation.active_leaf,
        role=Message.Role.USER,
        author=conversation.owner,
        client_id=uuid.uuid4(),
        text=f"Question {number}",
    )
    answer = Message.objects.create(
        conversation=conversation,
        parent=question,
        role=Message.Role.ASSISTANT,
        model=conversation.model,
        text=f"Answer {number}\n\n" + "A sentence of it. " * 40,
    )
    complete(answer)
    return answer


def complete(answer: Message) -> None:
    assert answer.model
    now = timezone.now()
    Reply.objects.create(
        message=answer,
        owner=answer.conversation.owner,
        model=answer.model,
        version=answer.model.version,
        state=Reply.State.COMPLETED,
        billed=Reply.Billed.YES,
        submit_started_at=now,
        finished_at=now + timedelta(seconds=2),
    )


def share(*, conversation: str, text: str, with_files: bool, terms: dict[str, Any]) -> str:
    """The path of a new link to this conversation, whose last answer is `text` if that is not empty."""
    shared = Conversation.objects.get(pk=conversation.split("/")[2])
    if text and shared.active_leaf_id:
        Message.objects.filter(pk=shared.active_leaf_id).update(text=text, stored_html_version=0)
    if with_files:
        sharing.with_files(shared)
    people = tuple(User.objects.filter(email__in=terms.pop("people", [])))
    return sharing.share(shared, Choice(with_images=with_files), **terms, people=people)[1]


def expire_links(*, email: str) -> int:
    return Share.objects.filter(owner__email=email).update(expires_at=timezone.now())


def questions(*, email: str) -> list[str]:
    return list(Message.objects.filter(author__email=email).order_by("created_at").values_list("text", flat=True))


def end_times(*, email: str) -> list[float]:
    finished = Reply.objects.filter(owner__email=email, finished_at__isnull=False).order_by("created_at")
    return [moment.timestamp() for moment in finished.values_list("finished_at", flat=True) if moment]


ACTIONS: dict[str, Callable[..., Any]] = {
    "person": person,
    "old_session": old_session,
    "conversation": conversation,
    "share": share,
    "expire_links": expire_links,
    "questions": questions,
    "end_times": end_times,
    "tell_of_keys": tell_of_keys,
    **panel_stage.ACTIONS,
}
