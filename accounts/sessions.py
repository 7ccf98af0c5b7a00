"""Sessions as Django keeps them in the database, read together with the person whose they are, by one statement."""

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.rows import columns, fetch

JOINED = {"person": User}
# allauth notes whose a session is, by which the database finds the person before we have decoded who it says it is of.
WITH_PERSON = f"""
    SELECT {columns(JOINED)}, session_data FROM django_session
    LEFT JOIN usersessions_usersession noted USING (session_key)
    LEFT JOIN accounts_user person ON person.id = noted.user_id
    WHERE session_key = %(key)s AND expire_date > %(now)s
"""


class SessionStore(db.SessionStore):
    """Its `person` is whose it was noted to be: only to be believed if the session itself says the same."""

    person: User | None = None

    def load(self) -> dict[str, Any]:
        rows = fetch(WITH_PERSON, {"key": self.session_key, "now": timezone.now()}, JOINED)
        if not rows:
            self._session_key = None
            return {}
        [[self.person, data]] = rows
        return self.decode(data)


def signed_in(request: HttpRequest) -> Any:
    """Who is signed in, found out once: at the first word with the request, or when config.handler wants it again."""
    if not hasattr(request, "_cached_user"):
        # Django's own name for it, so that whatever else looks there finds it.
        request._cached_user = noted_person(request) or get_user(request)  # type: ignore[attr-defined]
    return request._cached_user  # type: ignore[attr-defined]


def noted_person(request: HttpRequest) -> User | None:
    """The person noted for the session; None where it does not plainly say that they are signed in by it."""
    session = request.session
    backend, hashed = session.get(BACKEND_SESSION_KEY), session.get(HASH_SESSION_KEY, "")
    person: User | None = getattr(session, "person", None)
    if person is None or session.get(SESSION_KEY) != str(person.pk):
        return None
    if backend not in settings.AUTHENTICATION_BACKENDS or not person.is_active:
        return None
    return person if constant_time_compare(hashed, person.get_session_auth_hash()) else None
