import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import get_language

from accounts.forms import ProfileForm
from accounts.models import User

pytestmark = pytest.mark.django_db
FIELDS = {"name": "Alice B.", "time_zone": "", "language": "", "appearance": "system"}


def test_the_page_shows_oneself_and_the_ways_on(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/settings/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="Alice"' in page
    assert "alice@example.com" in page
    for address in ["/settings/keys/", "/settings/security/"]:
        assert f'href="{address}"' in page
    assert 'action="/accounts/logout/"' in page


def test_a_name_can_be_changed_and_no_address_and_no_role(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/settings/", {**FIELDS, "email": "x@example.com", "role": "administrator"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    alice.refresh_from_db()
    assert (alice.name, alice.email, alice.role) == ("Alice B.", "alice@example.com", "member")


def test_an_empty_name_is_refused_beside_the_box(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/settings/", {"name": " "})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.name == "Alice"


def test_other_methods_are_refused(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.delete("/settings/").status_code == 405


def test_time_zone_language_and_appearance_take_effect(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post("/settings/", {**FIELDS, "time_zone": "Asia/Tokyo", "language": "en", "appearance": "dark"})
    page = client.get("/settings/")
    assert (timezone.get_current_timezone_name(), get_language()) == ("Asia/Tokyo", "en")
    assert '<html lang="en" data-theme="dark">' in page.content.decode()
    del client.cookies["sessionid"]
    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Mars/Base"), ("language", "xx"), ("appearance", "pink")])
def test_what_is_not_offered_is_refused(client: Client, alice: User, field: str, value: str) -> None:
    client.force_login(alice)
    assert client.post("/settings/", {**FIELDS, field: value}).status_code == 422
    alice.refresh_from_db()
    assert (alice.time_zone, alice.language, alice.appearance) == ("", "", "system")


def test_saving_the_profile_does_not_undo_what_an_administrator_did_meanwhile(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(alice)

    def valid_and_then_disabled(form: ProfileForm) -> bool:
        User.objects.filter(pk=alice.pk).update(is_active=False)
        return not form.errors

    monkeypatch.setattr(ProfileForm, "is_valid", valid_and_then_disabled)
    client.post("/settings/", FIELDS)
    alice.refresh_from_db()
    assert (alice.name, alice.is_active) == ("Alice B.", False)


def test_the_switch_keeps_the_appearance_with_the_account(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/settings/appearance/", {"appearance": "dark"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    client.cookies["theme"] = "light"
    assert 'data-theme="dark"' in client.get("/settings/").content.decode()
    assert client.post("/settings/appearance/", {"appearance": "pink"}).status_code == 422
    assert client.get("/settings/appearance/").status_code == 405
