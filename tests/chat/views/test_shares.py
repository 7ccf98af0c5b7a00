"""Making links, and living with them, on the owner's pages."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, LanguageModel, Share, ShareReport
from tests.chat.sharing import add_to, share, written

HTMX = {"HX-Request": "true"}


@pytest.fixture
def conversation(alice: User, llama: LanguageModel) -> Conversation:
    return written(alice, "Who? alice@example.com", "Me.", model=llama)


@pytest.fixture
def owner(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def fields_of(page: str) -> dict[str, Any]:
    """What a browser would send of the form as it is."""
    form = page.partition('class="share-form"')[2].partition("</form>")[0]
    data: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if found.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        if found.get("name") and found["name"] != "csrfmiddlewaretoken":
            data.setdefault(found["name"], []).append(found.get("value", "on" if " checked" in tag else ""))
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        data[name] = re.findall(r'value="([^"]*)" selected', options)[:1]
    return data


def form_at(client: Client, path: str) -> dict[str, Any]:
    return fields_of(client.get(path).content.decode())


def link_on(page: str) -> str:
    found = re.search(r'value="http://testserver(/s/[\w-]+/)"', page)
    assert found
    return found[1]


def test_a_link_is_for_members_and_thirty_days_unless_chosen_otherwise(
    owner: Client, conversation: Conversation
) -> None:
    path = f"/c/{conversation.pk}/share/"
    response = owner.post(path, form_at(owner, path))
    made = Share.objects.get()
    assert response.status_code == 200
    assert made.audience == "members"
    assert made.expires_at is not None
    assert timedelta(days=29) < made.expires_at - timezone.now() <= timedelta(days=30)
    assert Share.hash_of(link_on(response.content.decode()).split("/")[2]) == made.token_hash


def test_its_address_is_on_no_later_page(owner: Client, conversation: Conversation) -> None:
    path = f"/c/{conversation.pk}/share/"
    link = link_on(owner.post(path, form_at(owner, path)).content.decode())
    for page in ("/settings/shares/", path, f"/settings/shares/{Share.objects.get().pk}/"):
        assert link not in owner.get(page).content.decode()


def test_the_preview_points_out_and_masks(owner: Client, conversation: Conversation) -> None:
    path = f"/c/{conversation.pk}/share/"
    data = form_at(owner, path)
    shown = owner.post(f"{path}preview/", data, headers=HTMX).content.decode()
    assert "[mail address masked]" in shown
    unmasked = owner.post(f"{path}preview/", data | {"mask": []}, headers=HTMX).content.decode()
    assert "[mail address masked]" not in unmasked
    again = owner.post(f"{path}preview/", data | {"mask": [], "mask_all": "on"}, headers=HTMX).content.decode()
    assert "[mail address masked]" in again


def test_what_has_changed_since_the_preview_is_shown_first(owner: Client, conversation: Conversation) -> None:
    path = f"/c/{conversation.pk}/share/"
    data = form_at(owner, path)
    add_to(conversation, "written meanwhile")
    refused = owner.post(path, data)
    assert refused.status_code == 422
    assert not Share.objects.exists()
    assert owner.post(path, fields_of(refused.content.decode())).status_code == 200


MISTAKES = [
    ({"audience": "named"}, "Write who may open it."),
    ({"audience": "named", "people": "nobody@example.com"}, "Nobody here has this address: nobody@example.com"),
    ({"until": "date"}, "Choose a date."),
    ({"until": "date", "date": "2001-01-01"}, "Choose a day that is not over."),
    ({"passphrase": "short"}, "at least 8 characters"),
    ({"views_limit": "0"}, "greater than or equal to 1"),
    ({"audience": "everyone"}, "Select a valid choice"),
]


@pytest.mark.parametrize(("typed", "words"), MISTAKES)
def test_a_mistake_is_named_and_nothing_typed_is_lost(
    owner: Client, conversation: Conversation, typed: dict[str, str], words: str
) -> None:
    path = f"/c/{conversation.pk}/share/"
    response = owner.post(path, form_at(owner, path) | {"title": "My own title"} | typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert 'value="My own title"' in page
    assert not Share.objects.exists()


def test_named_people_and_all_other_choices_are_kept(owner: Client, conversation: Conversation, bob: User) -> None:
    path = f"/c/{conversation.pk}/share/"
    chosen = {"audience": "named", "people": "BOB@example.com", "until": "never", "views_limit": "3"}
    chosen |= {"may_continue": "on", "passphrase": "open sesame", "with_names": "on", "title": "T"}
    data = form_at(owner, path) | chosen
    seen = re.search(r'name="seen" value="(\w+)"', owner.post(f"{path}preview/", data, headers=HTMX).content.decode())
    assert seen
    assert owner.post(path, data | {"seen": seen[1]}).status_code == 200
    made = Share.objects.get()
    assert list(made.people.all()) == [bob]
    assert (made.expires_at, made.views_limit, made.may_continue, made.with_names) == (None, 3, True, True)
    assert made.passphrase


def test_an_update_shows_what_changes_and_keeps_all_else(owner: Client, conversation: Conversation) -> None:
    made, _path = share(conversation, passphrase="open sesame", views_limit=9)
    add_to(conversation, "One more question")
    page = owner.get(f"/settings/shares/{made.pk}/").content.decode()
    assert "<ins>One more question</ins>" in page
    assert owner.post(f"/settings/shares/{made.pk}/", fields_of(page)).status_code == 302
    after = Share.objects.get()
    kept = ("token_hash", "passphrase", "views_limit", "expires_at", "audience")
    assert [getattr(after, name) for name in kept] == [getattr(made, name) for name in kept]
    assert "One more question" in str(after.snapshot.messages)


def test_a_new_address_takes_the_place_of_the_old(owner: Client, conversation: Conversation) -> None:
    made, old = share(conversation)
    new = link_on(owner.post(f"/settings/shares/{made.pk}/address/").content.decode())
    assert [owner.get(path).status_code for path in (old, new)] == [404, 200]


def test_all_links_are_in_one_place_with_who_saw_them(
    owner: Client, conversation: Conversation, bob: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    _made, path = share(conversation, audience="members", views_limit=4)
    share(conversation)
    reader = Client()
    reader.force_login(bob)
    reader.get(path)
    with django_assert_max_num_queries(12):
        page = owner.get("/settings/shares/").content.decode()
    assert "1 of 4 views" in page
    assert "Bob (" in page
    assert page.count("share-card__facts") == 2


def test_revoking_one_and_all(owner: Client, conversation: Conversation, charlie: User) -> None:
    (first, _), (_second, _), (others, _) = share(conversation), share(conversation), share(written(charlie, "Mine"))
    owner.post(f"/settings/shares/{first.pk}/revocation/")
    assert Share.objects.filter(revoked_at=None).count() == 2
    owner.post("/settings/shares/revocation/")
    assert list(Share.objects.filter(revoked_at=None)) == [others]


def test_administrators_read_what_was_reported_and_nothing_else(conversation: Conversation, bob: User) -> None:
    root = User.objects.create_superuser("root@example.com", "x" * 20, name="Root")
    made, _path = share(conversation)
    client = Client()
    client.force_login(root)
    address = f"/settings/shares/{made.pk}/snapshot/"
    assert client.get(address).status_code == 404
    ShareReport.objects.create(share=made, reporter=bob, reason="?")
    assert b"Who?" in client.get(address).content
    made.refresh_from_db()
    assert made.views == 0


def test_a_member_continues_in_a_copy_and_goes_on(conversation: Conversation, bob: User, llama: LanguageModel) -> None:
    _made, path = share(conversation, may_continue=True)
    client = Client()
    assert client.get(f"{path}copy/").headers["Location"] == f"/accounts/login/?next={path}copy/"
    client.force_login(bob)
    response = client.post(f"{path}copy/")
    page = client.get(response.headers["Location"]).content.decode()
    assert "Continued from a conversation that was shared on" in page
    assert 'data-state="completed"' in page
    assert Conversation.objects.get(owner=bob).messages.count() == 2


def test_the_last_reader_may_continue_and_nobody_gets_in_by_it(conversation: Conversation, bob: User) -> None:
    _made, path = share(conversation, may_continue=True, views_limit=1)
    client = Client()
    client.force_login(bob)
    assert client.post(f"{path}copy/").headers["Location"] == path
    page = client.get(path).content.decode()
    ticket = re.search(r'href="copy/(\?ticket=[^"]+)"', page)
    assert ticket
    assert client.post(f"{path}copy/").status_code == 404
    assert client.post(f"{path}copy/{ticket[1]}").headers["Location"].startswith("/c/")


def test_a_reader_reports(conversation: Conversation, bob: User) -> None:
    made, path = share(conversation)
    client = Client()
    client.force_login(bob)
    assert client.post(f"{path}report/", {"reason": ""}).status_code == 422
    client.post(f"{path}report/", {"reason": "It is rude."})
    assert [(report.reporter, report.reason) for report in made.reports.all()] == [(bob, "It is rude.")]
