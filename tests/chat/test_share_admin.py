"""Links in the admin panel: administrators see and revoke, and decide what the team may share."""

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from chat.models import Share, ShareReport, SharingPolicy
from chat.services.share_opening import find
from tests.chat.sharing import share, written
from tests.signing_in import sign_in


@pytest.fixture
def administrator(client: Client, db: None) -> Client:
    sign_in(client, User.objects.create_superuser("root@example.com", "x" * 20, name="Root"))
    return client


def test_administrators_see_links_and_reports_but_no_text_and_revoke(administrator: Client, alice: User) -> None:
    made, _path = share(written(alice, "Nobody else's business"))
    ShareReport.objects.create(share=made, reporter=alice, reason="Rude")
    lists = [administrator.get(f"/admin/chat/{kind}/").content.decode() for kind in ("share", "sharereport")]
    assert all("Alice" in page for page in lists)
    assert "Rude" in lists[1]
    assert not any("business" in page for page in lists)
    administrator.post("/admin/chat/share/", {"action": "revoke", "_selected_action": [str(made.pk)]})
    made.refresh_from_db()
    assert made.revoked_at is not None
    assert AuditEntry.objects.filter(action="share.revoked", subject=alice).exists()


def test_forbidding_links_for_anyone_is_one_tick_and_recorded(administrator: Client, alice: User) -> None:
    made, path = share(written(alice, "Hello"))
    assert "Rules on sharing" in administrator.get("/admin/chat/sharingpolicy/").content.decode()
    administrator.post("/admin/chat/sharingpolicy/1/change/", {})
    assert find(path.split("/")[2]) is None
    assert Share.objects.get(pk=made.pk).revoked_at is not None
    assert AuditEntry.objects.filter(action="setting.changed").exists()


def test_the_rule_is_looked_at_when_a_link_is_opened_too(alice: User) -> None:
    _made, path = share(written(alice, "Hello"))
    SharingPolicy.objects.create(anyone_allowed=False)
    assert find(path.split("/")[2]) is None
