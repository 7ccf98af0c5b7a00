"""`manage.py catalogue`: list the models, or try one."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import ApiKey
from chat.models import LanguageModel
from chat.services.catalogue import CheckResult, check_model


class Command(BaseCommand):
    help = "List the models of the catalogue, or call one to see whether it answers."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="All models, those on offer first.")
        check = actions.add_parser("check", help="Call a model once with a tiny prompt. This costs credits.")
        check.add_argument("slug", help="Segmind's name of the model.")
        check.add_argument("--key", required=True, help="The stored key that pays: its label or id.")
        check.add_argument("--person", help="The email of the key's owner, if others have a key of that label.")
        check.add_argument("--yes", action="store_true", help="Don't ask first.")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "list":
            self.list_models()
        else:
            self.try_model(**options)

    def list_models(self) -> None:
        for model in LanguageModel.objects.order_by("-enabled", "wire_format", "slug"):
            state = "on offer" if model.enabled else "retired" if model.retired_at else "-"
            cost = f"{model.published_cost.normalize():f}" if model.published_cost else "?"
            self.stdout.write(f"{model.slug:32} {model.wire_format:10} {model.version}  {state:9} {cost}")

    def try_model(self, *, slug: str, key: str, person: str | None, yes: bool, **options: Any) -> None:
        model = LanguageModel.objects.filter(slug=slug).first()
        if model is None:
            raise CommandError(f"There is no model {slug} in the catalogue. `catalogue list` shows them.")
        api_key = find_key(key, person)
        self.warn(model, api_key)
        if not yes and input("Go on? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was sent.")
        self.show(check_model(model=model, api_key=api_key))

    def warn(self, model: LanguageModel, api_key: ApiKey) -> None:
        cost = (
            f"on average {model.published_cost.normalize():f} credits" if model.published_cost else "an unknown amount"
        )
        owner = api_key.owner.email if api_key.owner else "the team"
        self.stdout.write(
            f"This sends one billable request to {model.slug} ({model.wire_format}, {model.version}), "
            f"paid with the key “{api_key.label}” of {owner}. Such a request costs {cost}; a tiny one usually less."
        )

    def show(self, result: CheckResult) -> None:
        facts = {
            "Result": result.meaning,
            "Segmind says": result.detail,
            "Status": result.status,
            "Format": result.provider or ("plain text" if result.text else None),
            "Text": result.text,
            "Time": f"{result.seconds:.1f} s",
            "Billed": result.billed,
            "Cost": f"{result.cost:f} credits" if result.cost is not None else "not known",
            "Balance": f"{result.balance:f} credits" if result.balance is not None else None,
        }
        for name, value in facts.items():
            if value not in {None, ""}:
                self.stdout.write(f"{name + ':':14}{value}")
        if not result.works:
            raise CommandError("The model did not answer.")


def find_key(name: str, person: str | None) -> ApiKey:
    """The one key of that label or id. Raises CommandError if there is none, or more than one."""
    keys = ApiKey.objects.select_related("owner")
    if person:
        keys = keys.filter(owner__email=person.lower())
    keys = keys.filter(pk=name) if is_id(name) else keys.filter(label=name)
    found = list(keys)
    if not found:
        raise CommandError("There is no such key.")
    if len(found) > 1:
        owners = ", ".join(f"{key.pk} ({key.owner.email if key.owner else 'team'})" for key in found)
        raise CommandError(f"There is more than one key of that label; name one by its id: {owners}")
    return found[0]


def is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
