import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.audit_chain import BrokenChain, Link, verify_chain


def link(text: str) -> Link:
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise argparse.ArgumentTypeError("it has to be NUMBER:DIGEST, as `audit verify` and the logs have it")
    return Link(int(number), digest)


class Command(BaseCommand):
    help = "Prove the audit log: `audit verify` ends with status 1 and names the first entry that is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        verify = parser.add_subparsers(required=True).add_parser("verify", help="Check every entry of the chain.")
        verify.add_argument(
            "--noted",
            type=link,
            action="append",
            default=[],
            metavar="NUMBER:DIGEST",
            help="An entry as it was noted elsewhere, such as in the logs; may be given again and again.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            end = verify_chain(options["noted"])
        except BrokenChain as exc:
            raise CommandError(f"The audit log is broken at entry {exc.number}. {exc}") from exc
        self.stdout.write(f"The audit log is whole: {end.number} entries. Note the end of it elsewhere:\n{end}")
