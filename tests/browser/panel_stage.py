"""What the pages of the admin panel have to show, made with Django set up: the other end calls it backstage."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiKey, Group, Invitation, User, Webhook
from accounts.models.key_notice import Kind
from accounts.services import invitations, webhooks
from accounts.services.api_keys import add_key, grant_key
from chat.models import Budget, BudgetAdjustment, Conversation, LanguageModel, Message, Reply, Share, ShareReport
from chat.segmind import KeyValue
from chat.services import budget_requests, budgets
from tests.factories import key_value
from tests.seed.visit import addresses

# To nobody's eyes: accounts.models.user.CLOSED_APPS.
CLOSED = ("/admin/auth/", "/admin/account/")


def furnish(*, email: str) -> list[str]:
    """At least one row in every list, which `email` has made or is in; all addresses of the panel."""
    person, now = User.objects.get(email=email), timezone.now()
    Group.objects.create(name=f"Group {uuid.uuid4().hex[:6]}").members.add(person)
    budget = Budget.objects.create(owner=person, limit=Decimal(5), window=Budget.Window.MONTH)
    budget_requests.ask_for_more(budget=budget, person=person, amount=Decimal(2), reason="A long text to read")
    budgets.adjust(budget=budget, amount=Decimal("-0.5"), reason="Counted twice", by=person)
    expiry, role = invitations.usual_expiry(), User.Role.MEMBER
    invitations.invite(
        email=f"new-{uuid.uuid4().hex[:6]}@example.com",
        role=role,
        budget_limit=None,
        expires_at=expiry,
        invited_by=person,
        site_url="http://127.0.0.1/",
    )
    add_key(owner=None, label="The team's", value=key_value())
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={}, last_used_at=now)
    webhook = Webhook(name="Chat", address="https://hooks.example/", kinds=[Kind.REFUSED])
    webhooks.give_secret(webhook)
    webhook.save()
    webhooks.claim(webhooks.write_test(webhook).pk)
    lost_reply(email=email)
    link = Share.objects.filter(owner=person).latest("created_at")
    ShareReport.objects.create(share=link, reporter=person, reason="It is not theirs to show")
    return [address for address in all_addresses() if not address.startswith(CLOSED)]


def one_of_each(paths: list[str]) -> list[str]:
    """Of a list's rows the page of one."""
    return list({path.rsplit("/", 3)[0] if path.endswith("/change/") else path: path for path in paths}.values())


def all_addresses() -> list[str]:
    added = (ApiKey, Budget, BudgetAdjustment, Group, Invitation, LanguageModel, Webhook)
    adding = [reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add") for model in added]
    closing = reverse("admin:chat_unknownreply_close", args=[Reply.objects.filter(state="unknown").latest("pk").pk])
    return [*one_of_each(addresses()), *adding, closing]


def lost_reply(*, email: str) -> str:
    """An answer that was lost two hours ago; its id. No step of a reply's life leads there quickly."""
    person, model = User.objects.get(email=email), LanguageModel.objects.on_offer()[0]
    sent = timezone.now() - timedelta(hours=2)
    conversation = Conversation.objects.create(owner=person, title="Lost", model=model, updated_at=sent)
    answer = Message.objects.create(conversation=conversation, role=Message.Role.ASSISTANT, model=model)
    reply = Reply.objects.create(
        message=answer,
        owner=person,
        model=model,
        version=model.version,
        key_label="Sandbox",
        state=Reply.State.UNKNOWN,
        billed=Reply.Billed.UNKNOWN,
        submit_started_at=sent,
        finished_at=sent,
    )
    return str(reply.pk)


def facts_of(*, reply: str) -> dict[str, Any]:
    found = Reply.objects.get(pk=reply)
    return {"billed": str(found.billed), "cost": None if found.cost is None else f"{found.cost.normalize():f}"}


def budget(*, email: str, limit: str) -> int:
    """Of this month, for the person; its id."""
    owner = User.objects.get(email=email)
    return Budget.objects.create(owner=owner, limit=Decimal(limit), window=Budget.Window.MONTH).pk


def team_key(*, email: str, value: str, state: str) -> str:
    """The label of a key of the team, granted to the person in place of their own."""
    person = User.objects.get(email=email)
    ApiKey.objects.filter(owner=person).delete()
    key = add_key(owner=None, label=f"Team {uuid.uuid4().hex[:6]}", value=KeyValue(value))
    grant_key(key=key, for_everyone=False, people=[person])
    ApiKey.objects.filter(pk=key.pk).update(state=state)
    return key.label


ACTIONS: dict[str, Callable[..., Any]] = {
    "panel": furnish,
    "lost_reply": lost_reply,
    "facts_of": facts_of,
    "budget": budget,
    "team_key": team_key,
}
