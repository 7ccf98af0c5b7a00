"""Each page in a made-up language: no word stays but what people and models are called or have written."""

import re
from itertools import chain
from typing import Any
from zoneinfo import available_timezones

import pytest

from accounts.services import key_checks
from chat.models import LanguageModel
from tests.access_cast import Cast, gather
from tests.access_matrix import addresses
from tests.translation.disguise import speak_in_disguise
from tests.translation.literals import words_of_page


@pytest.fixture
def cast(db: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    async def nothing_heard(key: Any) -> key_checks.CheckResult:
        return key_checks.CheckResult(key_checks.Outcome.UNREACHABLE)

    monkeypatch.setattr(key_checks, "ask_once", nothing_heard)
    return gather()


# What the tests have written, called things by, or sent.
WRITTEN = {
    *(
        "hello",
        "What became of this?",
        "to be forgotten",
        "Mine",
        "Of {{topic}}",
        "topic",
        "red.png",
        "Design",
        "Laptop",
    ),
    *("nobody", "disabled", "owner", "member", "auditor", "administrator", "testserver", "Key", "A group"),
    *("{{double braces}}", "{{tone=friendly}}", "there-is-none", "Author", "more"),
}
# The same everywhere, but for keys, whose names are those printed on them.
EVERYWHERE = {"Parley", "Segmind", "English", "Deutsch", "UTC", "Ctrl", "Alt", "Shift", "Enter", "Esc", "CSV", "USD"}
FORMAL = re.compile(
    r"[\w.]+@[\w.]+|https?://\S+|[0-9a-f]{8}-[0-9a-f-]{27}|\b\d*[a-f\d]{16,}\b|\b[A-Z2-7]{32}\b|^[\w-]+="
)
LATIN = re.compile(r"[A-Za-z]{2,}")
FOREIGN_TABLES = {"Authenticators", "Procrastinate jobs", "Procrastinate"}
# Of the admin itself.
DJANGOS = {"alt=Search", "alt=True", "alt=False"}
# Other packages' tables, untranslated; the log, whose facts have the code's names; what machines read.
FOREIGN = re.compile(r"^/(admin/(procrastinate|mfa|account|auth|accounts/auditentry)/|metrics|healthz|readyz)")


def names() -> list[str]:
    """The longest first, so that none hides another."""
    models = LanguageModel.objects.values_list("label", "slug")
    zones = [zone.replace("_", " ") for zone in available_timezones()]
    return sorted({*WRITTEN, *EVERYWHERE, *FOREIGN_TABLES, *zones, *chain.from_iterable(models)}, key=len, reverse=True)


@pytest.mark.parametrize("person", ["nobody", "owner", "administrator"])
def test_no_word_is_past_gettext(cast: Cast, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = re.compile("|".join(re.escape(name) for name in names()))
    speak_in_disguise(monkeypatch)
    found: dict[str, str] = {}
    pages = 0
    # The panel as those see it who may do all in it, the rest as the owner of what there is to see.
    asked = [address for address in addresses() if address.startswith("/admin/") == (person == "administrator")]
    for address in asked:
        response = None if FOREIGN.match(address) else cast.ask(person, "GET", cast.address_of(address))
        if response and not response.streaming and response.headers.get("Content-Type", "").startswith("text/html"):
            pages += 1
            texts = set(words_of_page(response.content.decode())) - DJANGOS
            found |= {text: address for text in texts if LATIN.search(known.sub("", FORMAL.sub("", text)))}
    assert not found, "\n".join(f"{address}: {text}" for text, address in found.items())
    assert pages > 15
