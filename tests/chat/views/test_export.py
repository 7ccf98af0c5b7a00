"""The download of one's own data."""

import io
import zipfile

from asgiref.sync import async_to_sync

from accounts.models import AuditEntry


async def whole(response) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


def test_it_is_a_file_to_keep_with_one_s_own_in_it(client, alice, conversation):
    client.force_login(alice)
    answer = client.post("/settings/export/", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"].startswith('attachment; filename="parley-')
    assert "no-store" in answer["Cache-Control"]
    data = async_to_sync(whole)(answer)
    assert len(data) == int(answer["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sum(str(conversation.pk) in name for name in archive.namelist()) == 2


def test_somebody_else_gets_their_own(client, bob, conversation):
    client.force_login(bob)
    data = async_to_sync(whole)(client.post("/settings/export/"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["README.md", "profile.json", "drafts.json"]


def test_only_by_post_and_signed_in(client, alice):
    assert client.post("/settings/export/").status_code == 302
    client.force_login(alice)
    assert client.get("/settings/export/").status_code == 405


def test_it_is_recorded(client, alice):
    client.force_login(alice)
    async_to_sync(whole)(client.post("/settings/export/"))
    entry = AuditEntry.objects.get(action="data.exported")
    assert (entry.actor_id, entry.subject_id) == (alice.pk, alice.pk)
