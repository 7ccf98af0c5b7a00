"""`manage.py restored`: run it once after a backup was put back as plain files, before a worker starts."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from chat.delivery.restored import doubt_what_is_queued


class Command(BaseCommand):
    help = "Marks what is queued as perhaps sent. Workers notice a restored dump or a recovered server themselves."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{doubt_what_is_queued()} queued replies are not sent by themselves any more.")
