import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from chat.models import LanguageModel
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def test_changes_of_the_catalogue_are_in_the_audit_log(client: Client, llama: LanguageModel) -> None:
    root = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    client.force_login(root)
    page = f"/admin/chat/languagemodel/{llama.pk}/change/"
    fields = client.get(page).context["adminform"].form.initial
    form = {name: value for name, value in fields.items() if value is not None and value is not False}
    client.post(page, form | {"label": "Another llama", "context_tokens": 7})
    client.post(page, form | {"label": "Another llama", "context_tokens": 7})
    client.post(f"/admin/chat/languagemodel/{llama.pk}/delete/", {"post": "yes"})
    changed, removed = AuditEntry.objects.exclude(action="sign_in").order_by("number")
    assert (changed.action, changed.actor, changed.thing) == ("model.changed", root, f"languagemodel {llama.pk}")
    assert changed.before == {"label": llama.label, "context_tokens": llama.context_tokens}
    assert changed.after == {"label": "Another llama", "context_tokens": 7}
    assert (removed.action, removed.before["slug"], removed.after) == ("model.removed", llama.slug, {})
