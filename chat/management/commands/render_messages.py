"""`manage.py render_messages`: after an upgrade, do now what the worker does at night."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.services.rendering import render_old_messages


class Command(BaseCommand):
    help = "Lay out anew all answers that an older version has laid out. Can be stopped, and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{render_old_messages()} answers were laid out anew.")
