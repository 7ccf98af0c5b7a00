"""One key goes through all of the running site, with DEBUG logging, and is found nowhere afterwards."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from config.run import BASE_DIR
from tests.canary import CANARY, contents, disguises, dump, finds
from tests.databases import database_of_a_site
from tests.factories import PASSWORD
from tests.sandbox.running import RunningSandbox, wait_until
from tests.stack import Stack

HTMX = {"HX-Request": "true"}
# Each of them is told, stored and logged in another way.
FAULTS = ("unauthorized", "credits", "server-error", "bad-gateway", "malformed", "drop", "fail")
# Last, since it slows the key down.
RATE = "sandbox:rate=1"
RUNNING = "SELECT count(*) FROM chat_reply WHERE state IN ('queued', 'submitting', 'processing')"


@pytest.fixture
def site(postgres: str, new_var_dir: Path) -> Iterator[Stack]:
    variables = {
        "DATABASE_URL": database_of_a_site(postgres, "parley_canary"),
        # Mails are printed among the rest.
        "LOG_LEVEL": "DEBUG",
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    stack = Stack(new_var_dir, variables)
    stack.start()
    yield stack
    stack.stop()


@dataclass
class Visitor:
    """A browser that keeps all it is shown."""

    http: httpx.Client
    seen: list[str] = field(default_factory=list)
    webhook_secret: str = ""

    def get(self, path: str) -> str:
        return self._keep(self.http.get(path))

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> str:
        token = self.http.cookies.get("csrftoken", "")
        return self._keep(self.http.post(path, data={"csrfmiddlewaretoken": token, **fields}, headers=headers))

    def _keep(self, answer: httpx.Response) -> str:
        self.seen.append(f"{answer.url} {answer.headers} {answer.text}")
        return answer.text


def go_everywhere(visitor: Visitor, sandbox: RunningSandbox, stack: Stack) -> None:
    visitor.get("/setup/")
    visitor.post("/setup/", name="Ada", email="ada@example.com", password=PASSWORD)
    visitor.post("/settings/keys/", label=CANARY, value=CANARY)
    visitor.post("/settings/keys/", label="", value=CANARY, headers=HTMX)
    page = visitor.post("/settings/keys/", label="Mine", value=CANARY, is_default="on", headers=HTMX)
    assert "25.00 credits" in page
    key_id = re.findall(r'id="key-([0-9a-f-]{36})"', page)[0]  # the newest stands first
    for path in (f"{key_id}/checks/", f"{key_id}/default/"):
        visitor.post(f"/settings/keys/{path}", headers=HTMX)
    visitor.post(f"/settings/keys/{key_id}/", label="Mine", value=CANARY, rate="1000", warn_below="20")
    visitor.post(f"/settings/keys/{key_id}/", label="Mine", value=f"{CANARY} twice", rate="1000")
    visitor.post("/admin/accounts/apikey/add/", label="Team", value=CANARY, rate="50", for_everyone="on")
    visitor.post("/admin/accounts/apikey/add/", label="Team again", value=CANARY, rate="50")
    for model in ("llama-v3-8b-instruct", "claude-3-haiku"):
        for words in ("Hello", *(f"sandbox:{fault}" for fault in FAULTS)):
            ask(visitor, stack, words, model=model)
            if "unauthorized" in words:
                # A key that was refused works again after a check.
                visitor.post(f"/settings/keys/{key_id}/checks/", headers=HTMX)
    conversation = ask(visitor, stack, RATE, model="llama-v3-8b-instruct")
    sandbox.set_account(CANARY, credits="1")
    visitor.post(f"/settings/keys/{key_id}/checks/")
    visitor.webhook_secret = add_webhook(visitor, sandbox)
    mail_warnings = "from accounts.services.key_notices import tell_of_keys as tell; tell()"
    manage(stack, "shell", "-v", "0", "-c", mail_warnings)
    for arguments in (["add"], [], ["drop", "k1"]):
        manage(stack, "rotate_keyring", *arguments)
    for path in ("/", conversation, "/settings/keys/", f"/settings/keys/{key_id}/", "/settings/"):
        visitor.get(path)
    for path in ("", f"{key_id}/change/", f"{key_id}/delete/", f"{key_id}/history/"):
        visitor.get(f"/admin/accounts/apikey/{path}")
    visitor.get("/settings/keys/?value=" + CANARY[:4])


def add_webhook(visitor: Visitor, sandbox: RunningSandbox) -> str:
    """Its secret, which is shown this once: that page is not kept. A test was signed with it."""
    address = f"{sandbox.base_url}/nothing-here"
    path = "/admin/accounts/webhook/add/"
    page = visitor.post(path, name="Chat", address=address, kinds="key.refused", is_active="on")
    secret = re.findall(r"whsec_[\w+/=]+", page)[0]
    visitor.seen.pop()
    listed = visitor.get("/admin/accounts/webhook/")
    webhook_id = re.findall(r"/admin/accounts/webhook/([0-9a-f-]{36})/", listed)[0]
    visitor.post("/admin/accounts/webhook/", action="send_test", _selected_action=webhook_id)
    wait_until(lambda: "answered with an error" in visitor.get("/admin/accounts/webhookdelivery/"), seconds=60)
    return str(secret).removeprefix("whsec_")


def ask(visitor: Visitor, stack: Stack, words: str, *, model: str) -> str:
    """The path of a new conversation, once there is its answer."""
    path = f"/c/{uuid4()}/"
    page = visitor.post(f"{path}messages/", headers=HTMX, client_id=uuid4(), text=words, model=model)
    assert "data-state=" in page, page
    with psycopg.connect(stack.variables["DATABASE_URL"], autocommit=True) as database:
        wait_until(lambda: database.execute(RUNNING).fetchall() == [(0,)], seconds=60)
    return path


def manage(stack: Stack, *arguments: str) -> None:
    environment = stack.environment | {"SANDBOX_URL": stack.sandbox_url, "HTTPS": "off"}
    command = [sys.executable, "manage.py", *arguments]
    with (stack.var_dir / "manage.log").open("ab") as output:
        subprocess.run(command, cwd=BASE_DIR, env=environment, stdout=output, stderr=output, check=True)


def left_behind(stack: Stack, visitor: Visitor) -> dict[str, str]:
    """All that could hold it, by name. The static files and the secrets' own files are not the key's business."""
    with psycopg.connect(stack.variables["DATABASE_URL"]) as database:
        found = {"database": dump(database.cursor()), "pages": "\n".join(visitor.seen)}
    files = {
        name: text for name, text in contents(stack.var_dir).items() if not name.startswith(("static/", "postgres/"))
    }
    # Mails are printed into both logs, in lines that may be cut anywhere.
    mails = (files["manage.log"] + files["output.log"]).replace("=\n", "")
    return found | files | {"mails": mails}


def test_the_search_finds_a_planted_leak() -> None:
    for form in disguises(CANARY):
        assert finds(f"before {form} after")
        assert finds(f"before {form.upper()} after")
    assert not finds("SG_0123456789abcdef and all the rest")


def test_a_key_that_went_everywhere_is_found_nowhere(site: Stack) -> None:
    sandbox = RunningSandbox(site.sandbox_url, site.process)
    with httpx.Client(base_url=site.url, follow_redirects=True, timeout=60) as http:
        visitor = Visitor(http)
        go_everywhere(visitor, sandbox, site)
    account = sandbox.account(CANARY)
    sandbox.control.close()
    site.stop()
    found = left_behind(site, visitor)
    # It was really used, and each kind of artefact was really there.
    assert account["billed"] >= 4
    assert "ada@example.com" in found["database"]
    assert "has 1.00 credits left" in found["mails"]
    assert "[debug" in found["output.log"]
    assert "sandbox:unauthorized" in found["database"]
    for value in (CANARY, visitor.webhook_secret):
        assert {name: finds(text, value) for name, text in found.items() if finds(text, value)} == {}
    for name, text in found.items():
        assert finds(f"{text}{CANARY[::-1]}"), name
