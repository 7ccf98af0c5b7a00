"""`manage.py rotate_keyring`: change the secrets under which values are sealed. docs/operating.md has the runbook."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from accounts import vault
from accounts.services import rotation


class Command(BaseCommand):
    help = "Changes the secrets under which API keys and webhooks are sealed; the site may go on running."
    # `create` is the way out of a missing keyring, which the checks refuse to start with.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.set_defaults(act=self.rotate)
        actions = parser.add_subparsers(title="actions", description="Without one it does the same as rotate.")

        def action(name: str, act: Any, text: str) -> argparse.ArgumentParser:
            found: argparse.ArgumentParser = actions.add_parser(name, help=text)
            found.set_defaults(act=act)
            return found

        action("status", self.status, "how many API keys and webhooks are sealed under each secret")
        action("create", self.create, "make a keyring where there is none")
        action("add", self.add, "put a new secret into the file, which nothing is sealed under yet")
        action("rotate", self.rotate, "seal everything under the secret that was added last; start it again to go on")
        drop = action("drop", self.drop, "take a secret out of the file that nothing is sealed under any more")
        drop.add_argument("key_id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            options["act"](**options)
        except (vault.KeyringError, rotation.KeyIdInUse) as exc:
            raise CommandError(str(exc)) from exc

    def create(self, **options: Any) -> None:
        try:
            vault.create_keyring(settings.PARLEY_KEYRING)
        except FileExistsError as exc:
            raise CommandError(f"There is a keyring at {settings.PARLEY_KEYRING} already.") from exc
        self.stdout.write(f"Made {settings.PARLEY_KEYRING}. Back it up, apart from the database.")

    def add(self, **options: Any) -> None:
        key_id = rotation.add_secret()
        self.stdout.write(f"Added {key_id}. Copy the file to every machine of the site, then run rotate_keyring.")

    def rotate(self, **options: Any) -> None:
        current, total, unopened = rotation.use_newest_secret(), 0, 0
        for batch in rotation.reseal_all():
            total += batch.resealed
            unopened += len(batch.unopened)
            self.stdout.write(f"{total} API keys and webhooks sealed under {current}.")
            for row_id in batch.unopened:
                self.stderr.write(f"{row_id} does not open: its owner has to enter it again, or to remove it.")
        self.status()
        if unopened:
            raise CommandError(f"{unopened} API keys and webhooks do not open, and were left as they are.")

    def status(self, **options: Any) -> None:
        ring, rows = vault.fresh_keyring(), rotation.rows_by_key_id()
        for key_id in ring.secrets:
            is_current = ", which new ones are sealed under" if key_id == ring.current else ""
            self.stdout.write(f"{key_id}: {rows.pop(key_id, 0)} API keys and webhooks{is_current}")
        for key_id, count in rows.items():
            self.stdout.write(
                f"{key_id or 'no secret'}: {count} API keys and webhooks, which this keyring does not open"
            )

    def drop(self, key_id: str, **options: Any) -> None:
        rotation.drop_secret(key_id)
        self.stdout.write(f"Dropped {key_id}. Copy the file to every machine of the site.")
