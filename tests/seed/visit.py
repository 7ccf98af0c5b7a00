"""Every page of the admin panel that only shows something, and what opening it takes."""

import time
from dataclasses import dataclass

from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from chat.models.reply import COST_UNKNOWN
from tests.signing_in import sign_in


@dataclass(frozen=True)
class Look:
    status: int
    seconds: float
    queries: int
    text: str


def administrator_client() -> Client:
    client = Client()
    sign_in(client, User.objects.administrators()[0])
    return client


def addresses() -> list[str]:
    """The front page, the dashboards, and of each model its list, its form and the page of its first and last row."""
    found = [reverse("admin:index"), reverse("admin:chat_usageday_balances"), reverse("admin:chat_languagemodel_check")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        if model._meta.model_name != "usageday":
            rows = model._default_manager.order_by("pk")
            if model._meta.model_name == "unknownreply":
                rows = rows.filter(COST_UNKNOWN)
            found += [reverse(f"{name}_change", args=[row.pk]) for row in (rows.first(), rows.last()) if row]
    year = "first=2025-12-01&last=2026-11-21&unit=month&by="
    return [*found, *(f"{reverse('admin:chat_usageday_changelist')}?{year}{by}" for by in ("person", "key"))]


def opened(client: Client, address: str) -> Look:
    begun = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    return Look(answer.status_code, time.perf_counter() - begun, len(queries), answer.content.decode())
