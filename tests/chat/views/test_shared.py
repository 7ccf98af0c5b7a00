"""A link, as its readers meet it."""


import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, LanguageModel
from tests.chat.sharing import share, written

HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def conversation(alice: User, llama: LanguageModel) -> Conversation:
    return written(alice, "What is a link?", "It **links** things.", model=llama)


def test_anyone_with_the_link_reads_it_and_gets_no_cookie(conversation: Conversation, client: Client) -> None:
    made, path = share(conversation)
    response = client.get(path)
    page = response.content.decode()
    assert response.status_code == 200
    assert "What is a link?" in page
    assert "<strong>links</strong>" in page
    assert not response.cookies
    assert response["Referrer-Policy"] == "no-referrer"
    made.refresh_from_db()
    assert made.views == 1


@pytest.mark.parametrize("audience", ["members", "named"])
def test_nobody_is_led_to_sign_in(conversation: Conversation, client: Client, bob: User, audience: str) -> None:
    _made, path = share(conversation, audience=audience, people=(bob,))
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"
    client.force_login(bob)
    assert client.get(path).status_code == 200
