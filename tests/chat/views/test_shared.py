"""A link, as its readers meet it."""

import gzip

import pytest
from django.test import Client

from accounts.models import Group, User
from chat.models import Conversation, LanguageModel, ShareView
from chat.services.share_guesses import guesses
from chat.services.snapshots import Choice
from tests.chat.sharing import add_to, share, written

FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def nobody_has_guessed() -> None:
    guesses.forget()


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
    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert "connect-src" not in response["Content-Security-Policy"]
    made.refresh_from_db()
    assert made.views == 1


def test_the_page_is_sent_compressed_to_who_takes_it(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation)
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == client.get(path).content


def test_a_look_at_the_headers_is_no_view(conversation: Conversation, client: Client) -> None:
    made, path = share(conversation)
    assert client.head(path).status_code == 200
    made.refresh_from_db()
    assert made.views == 0


@pytest.mark.parametrize("audience", ["members", "named"])
def test_nobody_is_led_to_sign_in_where_that_is_asked_for(
    conversation: Conversation, client: Client, audience: str
) -> None:
    _made, path = share(conversation, audience=audience)
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"


def test_a_member_reads_what_is_for_members_and_is_named_to_the_owner(
    conversation: Conversation, client: Client, bob: User
) -> None:
    made, path = share(conversation, audience="members")
    client.force_login(bob)
    assert client.get(path).status_code == client.get(path).status_code == 200
    assert [view.person for view in ShareView.objects.filter(share=made)] == [bob]


def test_only_those_named_and_the_owner_read_what_is_for_named_people(
    conversation: Conversation, client: Client, alice: User, bob: User, charlie: User
) -> None:
    group = Group.objects.create(name="Editors")
    for terms in ({"people": (bob,)}, {"groups": (group,)}):
        group.members.set([bob])
        _made, path = share(conversation, audience="named", **terms)
        for person, status in ((alice, 200), (bob, 200), (charlie, 404)):
            client.force_login(person)
            assert client.get(path).status_code == status
    group.members.clear()
    client.force_login(bob)
    assert client.get(path).status_code == 404


def test_who_opens_a_public_link_is_not_noted(conversation: Conversation, client: Client, bob: User) -> None:
    made, path = share(conversation)
    client.force_login(bob)
    client.get(path)
    assert not ShareView.objects.filter(share=made).exists()


def test_a_page_costs_one_query_and_its_text_is_read_once(
    conversation: Conversation, client: Client, django_assert_num_queries: object
) -> None:
    _made, path = share(conversation)
    client.get(path)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert b"What is a link?" in client.get(path).content


# --- What isn't shown ------------------------------------------------------------
def test_nothing_but_the_shared_part_is_in_the_page(conversation: Conversation, client: Client, alice: User) -> None:
    first = conversation.messages.get(role="user")
    other = conversation.messages.create(role="assistant", parent=first, text="another branch")
    Conversation.objects.filter(pk=conversation.pk).update(instruction="secret instruction")
    conversation.refresh_from_db()
    made, path = share(conversation)
    add_to(conversation, "asked later")
    page = client.get(path).content.decode()
    hidden = ["another branch", "asked later", "secret instruction", "Alice", alice.email, str(conversation.pk)]
    hidden += [str(message.pk) for message in conversation.messages.all()] + [str(other.pk), str(made.pk)]
    assert [word for word in hidden if word in page] == []


def test_a_range_does_not_tell_by_its_title_what_came_before(conversation: Conversation, client: Client) -> None:
    later = add_to(conversation, "And a knot?")
    _made, path = share(conversation, Choice(first_id=later.pk))
    page = client.get(path).content.decode()
    assert "<h1>And a knot?</h1>" in page
    assert "What is a link?" not in page


def test_what_is_chosen_is_shown(alice: User, llama: LanguageModel, client: Client) -> None:
    conversation = written(alice, "Who?", "Me.", model=llama, instruction="Be brief.")
    _made, path = share(conversation, Choice(with_instruction=True, with_names=True, title="Names"))
    page = client.get(path).content.decode()
    assert all(word in page for word in ("Be brief.", 'aria-label="Alice"', "<h1>Names</h1>"))


def test_a_long_one_has_contents(alice: User, client: Client) -> None:
    conversation = written(alice, *(f"Question or answer {number}" for number in range(12)))
    _made, path = share(conversation)
    page = client.get(path).content.decode()
    assert '<a href="#m3">Question or answer 2</a>' in page
    assert page.count('href="#m') == 6


# --- Robots ---------------------------------------------------------------------
ROBOTS = ["Slackbot-LinkExpanding 1.0", "Twitterbot/1.0", "facebookexternalhit/1.1", "WhatsApp/2.23", "Discordbot/2.0"]
ROBOTS += [
    "TelegramBot (like TwitterBot)",
    "LinkedInBot/1.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1)",
    "SkypeUriPreview",
]


@pytest.mark.parametrize("robot", ROBOTS)
def test_robots_see_a_generic_title_and_no_text(conversation: Conversation, client: Client, robot: str) -> None:
    made, path = share(conversation)
    page = client.get(path, headers={"User-Agent": robot}).content.decode()
    assert "Shared conversation" in page
    assert "link?" not in page
    assert "links" not in page
    made.refresh_from_db()
    assert made.views == 0


def test_robots_see_what_the_owner_wrote_for_them(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation, public_title="On links", public_summary="Short & public")
    page = client.get(path, headers={"User-Agent": "Slackbot"}).content.decode()
    assert '<meta property="og:title" content="On links">' in page
    assert "Short &amp; public" in page
    assert "What is a link?" not in page


def test_whoever_reads_the_head_of_the_page_alone_learns_nothing(conversation: Conversation, client: Client) -> None:
    _made, path = share(conversation)
    head = (
        client.get(path, headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"}).content.decode().partition("</head>")[0]
    )
    assert "link?" not in head
    assert "<title>Shared conversation · Parley</title>" in head
