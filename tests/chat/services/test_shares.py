"""Making, updating and ending links."""

import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.services.audit import Action
from accounts.services.people import disable_person, enable_person
from chat import markdown
from chat.models import Conversation, LanguageModel, Share, Snapshot
from chat.services import shares
from chat.services.share_copies import continue_in_copy
from chat.services.share_opening import find, page_of
from chat.services.shares import Terms, create_share
from chat.services.snapshots import Choice, changes_between, draft_of, shown_in
from tests.chat.sharing import add_to, share, written
from tests.racing import race

KEY = "SG_5a0123456789abcd"


@pytest.fixture
def conversation(alice: User, llama: LanguageModel) -> Conversation:
    return written(alice, f"My key is {KEY}, write to alice@example.com", f"Keep `{KEY}` **safe**.", model=llama)


def texts(made: Share) -> str:
    snapshot = Snapshot.objects.get(share=made)
    return str([snapshot.title, snapshot.instruction, snapshot.messages])


def test_only_a_hash_of_the_address_is_stored(conversation: Conversation) -> None:
    made, path = share(conversation)
    token = path.split("/")[2]
    row = Share.objects.filter(pk=made.pk).values().get()
    assert len(token) == 43
    assert token not in str(row)
    assert row["token_hash"] == Share.hash_of(token)


def test_what_looks_private_is_masked_in_what_is_stored(conversation: Conversation) -> None:
    made, _path = share(conversation)
    assert KEY not in texts(made)
    assert "alice@example.com" not in texts(made)
    assert "<strong>safe</strong>" in texts(made)


def test_one_that_is_meant_to_be_seen_stays(conversation: Conversation) -> None:
    address = next(finding for finding in draft_of(conversation, Choice()).findings if finding.kind == "mail")
    made, _path = share(conversation, Choice(unmasked=frozenset({address.digest})))
    assert "alice@example.com" in texts(made)
    assert KEY not in texts(made)


def test_each_thing_is_pointed_out_once_with_how_often_it_stands_there(conversation: Conversation) -> None:
    findings = draft_of(conversation, Choice()).findings
    assert [(finding.value, finding.count) for finding in findings] == [(KEY, 3), ("alice@example.com", 2)]


def test_nothing_is_published_that_was_not_previewed(conversation: Conversation) -> None:
    seen = draft_of(conversation, Choice()).digest
    add_to(conversation, "written meanwhile")
    with pytest.raises(shares.NotAsPreviewed):
        create_share(id=uuid.uuid4(), conversation=conversation, choice=Choice(), terms=Terms(), seen=seen)
    assert not Share.objects.exists()


def test_the_same_form_twice_is_one_link(conversation: Conversation) -> None:
    made, _path = share(conversation)
    seen = draft_of(conversation, Choice()).digest
    with pytest.raises(shares.MadeAlready):
        create_share(id=made.pk, conversation=conversation, choice=Choice(), terms=Terms(), seen=seen)
    assert Share.objects.count() == 1


def test_an_update_shows_the_newer_state_under_the_same_address(conversation: Conversation) -> None:
    made, path = share(conversation)
    add_to(conversation, "And then?")
    draft = draft_of(conversation, Choice())
    changes = changes_between(made.snapshot, draft)
    assert [(change.kind, change.after) for change in changes] == [("added", "And then?")]
    shares.update_share(share=made, choice=Choice(), terms=Terms(audience="anyone"), seen=draft.digest)
    assert "And then?" in texts(made)
    found = find(path.split("/")[2])
    assert found == made
    assert found.published_at > made.published_at


def test_changes_are_named_for_what_they_are(conversation: Conversation) -> None:
    made, _path = share(conversation, Choice(title="Before"))
    answer = conversation.messages.get(role="assistant")
    answer.text = "Another answer"
    answer.save()
    first = Choice(title="After")
    assert [(c.kind, c.label) for c in changes_between(made.snapshot, draft_of(conversation, first))] == [
        ("changed", "Title"),
        ("changed", answer.label),
    ]
    shorter = Choice(title="Before", last_id=conversation.messages.get(role="user").pk)
    assert [c.kind for c in changes_between(made.snapshot, draft_of(conversation, shorter))] == ["removed"]


def test_html_of_an_older_renderer_is_made_anew(conversation: Conversation) -> None:
    made, _path = share(conversation)
    snapshot = made.snapshot
    snapshot.messages[1]["html"] = "<script>alert(1)</script>"
    snapshot.html_version = markdown.VERSION - 1
    assert "<script>" not in str(shown_in(snapshot))


# --- The end ---------------------------------------------------------------------
def test_disabling_the_owner_ends_their_links_for_good(conversation: Conversation, alice: User) -> None:
    User.objects.create_superuser("root@example.com", "x" * 20, name="Root")
    made, path = share(conversation)
    disable_person(person=alice)
    enable_person(person=alice)
    assert find(path.split("/")[2]) is None
    assert not Snapshot.objects.filter(share=made).exists()


def test_an_owner_who_was_disabled_some_other_way_shares_nothing_meanwhile(
    conversation: Conversation, alice: User
) -> None:
    _made, path = share(conversation)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert find(path.split("/")[2]) is None


def test_the_team_forbids_links_for_anyone(conversation: Conversation) -> None:
    public, _path = share(conversation)
    inner, path = share(conversation, audience="members")
    shares.allow_anyone(allowed=False)
    with pytest.raises(shares.AnyoneForbidden):
        share(conversation)
    assert find(path.split("/")[2]) == inner
    shares.allow_anyone(allowed=True)
    public.refresh_from_db()
    assert public.revoked_at is not None
    last = AuditEntry.objects.filter(action=Action.SETTING_CHANGED).latest("number")
    assert last.after == {"links_for_anyone": True}


def test_making_changing_and_revoking_are_in_the_audit_log_without_secrets(conversation: Conversation) -> None:
    made, _path = share(conversation, passphrase="open sesame")
    shares.reissue(share=made)
    shares.revoke(share=made)
    entries = AuditEntry.objects.filter(thing=f"share {made.pk}").order_by("number")
    assert [entry.action for entry in entries] == ["share.created", "share.changed", "share.revoked"]
    assert "sesame" not in str(list(entries.values("before", "after")))


# --- Readers ---------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_exactly_five_see_a_link_with_five_views(alice: User) -> None:
    from django.test import Client

    _made, path = share(written(alice, "Who?"), views_limit=5)
    answers = race(*[lambda: Client().get(path).status_code for _ in range(20)])
    assert sorted(map(str, answers)) == ["200"] * 5 + ["404"] * 15
    assert Share.objects.get().views == 5


def test_a_copy_is_the_readers_own_and_takes_model_and_shown_instruction_alone(
    conversation: Conversation, alice_key: object, bob: User, llama: LanguageModel
) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(instruction="Be kind", temperature=0.3)
    conversation.refresh_from_db()
    for choice, instruction in ((Choice(), ""), (Choice(with_instruction=True), "Be kind")):
        made, _path = share(conversation, choice, may_continue=True)
        copy = continue_in_copy(share=made, reader=bob)
        assert (copy.owner, copy.model, copy.temperature, copy.api_key) == (bob, llama, None, None)
        assert copy.instruction == instruction
        assert "was shared on" in copy.copied_from
        messages = list(copy.messages.order_by("role"))
        assert [message.role for message in messages] == ["assistant", "user"]
        assert KEY not in messages[0].text
        assert messages[0].parent == messages[1]
        assert copy.active_leaf == messages[0]


def test_administrators_hear_of_a_report(conversation: Conversation, bob: User) -> None:
    User.objects.create_superuser("root@example.com", "x" * 20, name="Root")
    made, _path = share(conversation)
    shares.report(share=made, reporter=bob, reason="It is rude.")
    shares.mail_report(report_id=made.reports.get().pk)
    assert [(message.to, "It is rude." in message.body) for message in mail.outbox] == [(["root@example.com"], True)]


def test_a_page_of_fifty_messages_is_small(alice: User, llama: LanguageModel) -> None:
    paragraph = "An answer has a few sentences, a `word of code` and **an emphasis**, number {}-{}. " * 12
    conversation = written(alice, *(paragraph.replace("{}", str(n)) for n in range(50)), model=llama)
    made, _path = share(conversation)
    from chat.services.share_opening import Look

    page = page_of(made, Look("system", "en", False))
    assert page is not None
    assert len(page) < 40_000


def test_expiry_is_kept_to_the_second(conversation: Conversation) -> None:
    made, _path = share(conversation, expires_at=timezone.now() + timedelta(days=1))
    assert not made.is_over
    made.expires_at = timezone.now()
    assert made.is_over
