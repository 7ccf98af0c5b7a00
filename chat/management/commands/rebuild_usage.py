"""`manage.py rebuild_usage`: sums all days up anew. Never needed but to be sure: the pages are right without."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.services import usage


class Command(BaseCommand):
    help = "Makes the roll-ups behind the usage pages anew from the ledger."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{usage.rebuild()} days summed up.")
