import pytest
from django.test import Client

from accounts.forms import SetupForm
from accounts.models import User
from accounts.services import setup as setup_service
from accounts.views import setup as setup_view
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
ADA = {"name": "Ada", "email": "Ada@Example.com", "password": PASSWORD}


def test_the_first_visitor_is_asked_for_an_account(client: Client) -> None:
    answer = client.get("/setup/")
    assert answer.status_code == 200
    page = answer.content.decode()
    for label in ["Name", "Email", "Password"]:
        assert f">{label}</label>" in page
    assert "Create account" in page
    assert "at least 15 characters" in page


def test_setting_up_makes_an_administrator_and_signs_them_in(client: Client) -> None:
    answer = client.post("/setup/", ADA)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    administrator = User.objects.get()
    assert (administrator.email, administrator.is_superuser) == ("ada@example.com", True)
    assert client.session["_auth_user_id"] == str(administrator.pk)


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_is_gone_for_ever_after(client: Client, alice: User, method: str) -> None:
    assert getattr(client, method)("/setup/", ADA).status_code == 404
    client.force_login(alice)
    assert getattr(client, method)("/setup/", ADA).status_code == 404
    assert list(User.objects.all()) == [alice]


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put("/setup/").status_code == 405


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("hunter2-hunter", "at least 15 characters"),
        ("Ada.Lovelace@example.co", "too similar to the email"),
        ("Augusta Ada Byron!", "too similar to the name"),
        ("", "required"),
    ],
)
def test_a_bad_password_is_told_beside_it_and_the_rest_is_kept(client: Client, password: str, message: str) -> None:
    person = {"name": "Augusta Ada Byron", "email": "ada.lovelace@example.com"}
    answer = client.post("/setup/", person | {"password": password})
    form: SetupForm = answer.context["form"]
    assert answer.status_code == 422
    assert message in str(form.errors["password"])
    page = answer.content.decode()
    assert 'value="Augusta Ada Byron"' in page
    assert 'value="ada.lovelace@example.com"' in page
    assert 'aria-describedby="id_password_helptext id_password_error"' in page
    assert 'id="id_password_error"' in page
    assert not password or password not in page
    assert not User.objects.exists()


def test_who_comes_second_at_the_same_moment_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    setup_service.create_first_administrator(name="Ada", email="ada@example.com", password=PASSWORD)
    # Looked before the other one's account was there.
    monkeypatch.setattr(setup_view, "is_set_up", lambda: False)
    answer = client.post("/setup/", {"name": "Bob", "email": "bob@example.com", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[0][0] == "/accounts/login/"
    assert "has just set this site up" in answer.content.decode()
    assert User.objects.get().name == "Ada"
    assert "_auth_user_id" not in client.session
