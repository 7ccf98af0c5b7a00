"""The download of one's own data."""

import io
import zipfile

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from accounts.models import AuditEntry
from chat.models import Conversation


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
        assert sum(str(conversation.pk) in name for name in archive.namelist()) == 3


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


# --- One conversation ---------------------------------------------------------
@pytest.mark.parametrize(
    ("ending", "content_type"), [("md", "text/markdown"), ("json", "application/json"), ("html", "text/html")]
)
def test_one_conversation_is_a_file_to_keep(client, alice, conversation, ending, content_type):
    client.force_login(alice)
    answer = client.get(f"{conversation.get_absolute_url()}export.{ending}")
    assert (answer.status_code, answer["Content-Type"]) == (200, f"{content_type}; charset=utf-8")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Disposition"].endswith(f'-hello.{ending}"')
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert (answer["X-Content-Type-Options"], "no-store" in answer["Cache-Control"]) == ("nosniff", True)
    assert b"hello" in async_to_sync(whole)(answer)


def test_the_page_of_forms_leads_to_each(client, alice, conversation):
    client.force_login(alice)
    page = client.get(f"{conversation.get_absolute_url()}export/").content.decode()
    for way in ("export.md", "export.json", "export.html", "print/"):
        assert f'href="{conversation.get_absolute_url()}{way}"' in page


@pytest.mark.parametrize("way", ["export/", "export.md", "export.json", "export.html", "print/"])
def test_somebody_elses_conversation_is_not_there(client, charlie, conversation, way):
    client.force_login(charlie)
    assert client.get(f"{conversation.get_absolute_url()}{way}").status_code == 404


def test_the_page_to_print_has_the_whole_path_in_as_many_queries_however_long(
    client, alice, llama, django_assert_num_queries
):
    client.force_login(alice)
    for length in (1, 120):
        made = Conversation.objects.create(owner=alice, title="Long", updated_at=timezone.now(), model=llama)
        for number in range(length):
            made.active_leaf = made.messages.create(
                parent=made.active_leaf, role="assistant", text=f"Answer {number}.", model=llama
            )
        made.save()
        with django_assert_num_queries(5):
            page = client.get(f"{made.get_absolute_url()}print/").content.decode()
        assert page.count("<article") == length
        assert f"Answer {length - 1}." in page
