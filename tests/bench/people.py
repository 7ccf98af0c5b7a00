"""`python -m tests.bench.people 10`: makes people with accounts and keys, and prints a signed-in session of each."""

import os
import sys

import django


def main(number: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # leaf: needs django.setup()
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.services.people import create_person

    backend = "allauth.account.auth_backends.AuthenticationBackend"
    for index in range(number):
        password = f"a long password for the bench {index}"
        person = create_person(name=f"Person {index}", email=f"person{index}@example.com", password=password)
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = backend
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.create()
        print(session.session_key)


if __name__ == "__main__":
    main(int(sys.argv[1]))
