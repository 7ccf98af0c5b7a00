"""Usage as finance tools read it: the Cost and Usage dataset of FOCUS 1.4.

FOCUS is the FinOps Open Cost and Usage Specification, focus.finops.org; 1.4 was ratified on 4 June 2026. All columns
that it makes mandatory are there, the recommended ones that we know, and of the conditional ones those for sub
accounts, consumption and tags. What Parley alone knows is in columns that begin with x_, as the specification wants it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from chat.models import LanguageModel
from chat.services.usage import By, Figures, Period, figures
from chat.services.usage_report import key_names, names_of, start_of

VERSION = "1.4"
PROVIDER = "Segmind"
COLUMNS = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "HostProviderName",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
    "ServiceSubcategory",
    "SubAccountId",
    "SubAccountName",
    "Tags",
    "x_InputTokens",
    "x_OutputTokens",
    "x_FailedRequests",
    "x_UnknownCostRequests",
]
# What is the same in every row. A credit is a US dollar: Segmind publishes in dollars what it then bills in credits.
ALWAYS = {
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargeFrequency": "Usage-Based",
    "ConsumedUnit": "Requests",
    "HostProviderName": PROVIDER,
    "InvoiceIssuerName": PROVIDER,
    "PricingUnit": "Requests",
    "ServiceCategory": "AI and Machine Learning",
    "ServiceProviderName": PROVIDER,
    "ServiceSubcategory": "Generative AI",
}


def focus_rows(period: Period, *, only: dict[By, Any] | None = None) -> Iterator[list[str]]:
    """The rows below COLUMNS, one a day, person, model and key. A key is a billing account, a person a sub account."""
    parts = figures(period, by=(By.DAY, By.KEY, By.PERSON, By.MODEL), only=only)
    keys, people = key_names({part.of[1] for part in parts}), names_of(By.PERSON)({part.of[2] for part in parts})
    models = LanguageModel.objects.in_bulk({part.of[3] for part in parts})
    gone = LanguageModel(slug="removed")
    for part in parts:
        day, key, person, model_id = part.of
        model = models.get(model_id, gone)
        known = {
            "BillingAccountId": key or "removed",
            "BillingAccountName": keys.get(key, ""),
            "SubAccountId": person or "removed",
            "SubAccountName": people.get(person, ""),
            "ServiceName": model.label or model.slug,
            "ChargeDescription": f"Chat completions by {model.slug}",
            "Tags": json.dumps({"model": model.slug}),
        }
        row = ALWAYS | known | times_of(day) | amounts_of(part)
        yield [str(row.get(column, "")) for column in COLUMNS]


def times_of(day: date) -> dict[str, str]:
    month = start_of(By.MONTH, day)
    return {
        "BillingPeriodStart": midnight(month),
        "BillingPeriodEnd": midnight(start_of(By.MONTH, month + timedelta(days=31))),
        "ChargePeriodStart": midnight(day),
        "ChargePeriodEnd": midnight(day + timedelta(days=1)),
    }


def midnight(day: date) -> str:
    """When the day begins here, in UTC as FOCUS writes times."""
    begins = datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))
    return begins.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def amounts_of(part: Figures) -> dict[str, Any]:
    costs = dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), f"{part.spent:f}")
    return costs | {
        "ConsumedQuantity": part.replies,
        "PricingQuantity": part.replies,
        "x_InputTokens": part.read,
        "x_OutputTokens": part.written,
        "x_FailedRequests": part.failed,
        "x_UnknownCostRequests": part.unknown,
    }
