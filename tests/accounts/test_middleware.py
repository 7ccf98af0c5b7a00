import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_without_a_login_a_page_leads_to_sign_in_and_back(client: Client, alice: User) -> None:
    answer = client.get("/settings/keys/?a=b")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/settings/keys/%3Fa%3Db")


def test_htmx_is_told_where_to_go_and_back_to_the_page_it_is_in(client: Client, alice: User) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/"}
    answer = client.get("/settings/keys/", headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/accounts/login/?next=/settings/")
    assert answer.content == b""


def test_htmx_on_another_site_comes_back_to_the_start(client: Client, alice: User) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/settings/"}
    assert client.get("/settings/", headers=headers)["HX-Redirect"] == "/accounts/login/?next=/"


@pytest.mark.parametrize(
    ("referer", "back"),
    [("http://testserver/settings/", "/settings/"), ("https://elsewhere.example/settings/", "/"), ("", "/")],
)
def test_after_a_post_one_comes_back_to_its_page(client: Client, alice: User, referer: str, back: str) -> None:
    answer = client.post("/settings/keys/", headers={"Referer": referer})
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={back}")


@pytest.mark.parametrize(("headers", "header"), [({}, "Location"), ({"HX-Request": "true"}, "HX-Redirect")])
def test_while_there_is_no_account_all_lead_to_the_set_up(client: Client, headers: dict[str, str], header: str) -> None:
    assert client.get("/settings/", headers=headers)[header] == "/setup/"


def test_who_is_signed_in_passes(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/settings/").status_code == 200


def test_it_works_the_same_in_an_async_server(async_client: AsyncClient, alice: User) -> None:
    # From here, not from an async test: the sync parts then share this thread, and its database connection.
    get = async_to_sync(async_client.get)
    assert get("/settings/", headers={"HX-Request": "true"})["HX-Redirect"] == "/accounts/login/?next=/"
    async_client.force_login(alice)
    assert get("/settings/").status_code == 200
