"""Whatever people do to a conversation in whatever order, its tree stays one, and nothing is lost but by deletion."""

import uuid
from itertools import pairwise
from typing import ClassVar
from uuid import UUID

import hypothesis
import pytest
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import User
from chat import tree
from chat.models import Conversation, LanguageModel, Message, Reply
from chat.queries import path_to
from chat.services import branches
from chat.services.comparisons import ask_several, settle
from chat.services.messages import send_message
from tests.chat.branching import complete

ANY = st.integers(0, 1000)


class Talk(RuleBasedStateMachine):
    person: ClassVar[User]
    models: ClassVar[list[LanguageModel]]

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.conversation_id = uuid.uuid4()
        self.texts: dict[UUID, str] = {}
        # What other tabs still show: the conversation as it was once.
        self.tabs: list[Conversation] = [Conversation(pk=self.conversation_id, owner=self.person)]
        # What was sent, to be sent again by a tab that did not hear the answer.
        self.sent: dict[UUID, str] = {}

    # --- What people do -------------------------------------------------------
    @rule(tab=ANY, number=ANY)
    def send(self, tab: int, number: int) -> None:
        text, client_id = f"text {number}", uuid.uuid4()
        turn = send_message(conversation=self.tab(tab), client_id=client_id, text=text, model=self.models[0])
        self.sent[client_id] = text
        self.note(turn.question, turn.answer)

    @rule(number=ANY)
    def compare(self, number: int) -> None:
        tab, text, client_id = self.tab(-1), f"several {number}", uuid.uuid4()
        if not tab.is_new:
            tab = Conversation.objects.select_related("owner").get(pk=tab.pk)
        turn = ask_several(conversation=tab, client_id=client_id, text=text, models=self.models)
        self.sent[client_id] = text
        assert turn.answer.comparison
        self.note(turn.question, *turn.answer.comparison)

    @precondition(lambda self: self.sent)
    @rule(number=ANY)
    def send_again(self, number: int) -> None:
        """The answer to a POST got lost: nothing more comes of the second one."""
        client_id = pick(list(self.sent), number)
        if Message.objects.filter(client_id=client_id).exists():
            send_message(
                conversation=self.tab(-1), client_id=client_id, text=self.sent[client_id], model=self.models[0]
            )

    @precondition(lambda self: self.texts)
    @rule(number=ANY)
    def edit(self, number: int) -> None:
        message = pick(self.messages(role="user"), number)
        turn = branches.edit_message(message=message, client_id=uuid.uuid4(), text="edited", model=self.models[1])
        assert turn.question.parent_id == message.parent_id
        self.note(turn.question, turn.answer)

    @precondition(lambda self: self.texts)
    @rule(number=ANY)
    def try_again(self, number: int) -> None:
        answer = pick(self.messages(role="assistant"), number)
        try:
            self.note(branches.new_version(answer=answer, client_id=uuid.uuid4()))
        except branches.NotFinished:
            assert answer.replies.latest("created_at").state != "completed"

    @precondition(lambda self: self.texts)
    @rule(number=ANY)
    def choose(self, number: int) -> None:
        message = pick(self.messages(), number)
        branches.choose_version(message=message)
        assert message.pk in [each.pk for each in path_to(self.leaf_id())]

    @precondition(lambda self: self.texts)
    @rule(number=ANY)
    def look_elsewhere_and_come_back(self, number: int) -> None:
        """Where the path was left, it is found again."""
        message, before = pick(self.messages(), number), self.leaf_id()
        branches.choose_version(message=message)
        fork = next(
            (one for one, other in zip(path_to(before), path_to(self.leaf_id()), strict=False) if one != other), None
        )
        if fork:
            branches.choose_version(message=fork)
            assert self.leaf_id() == before

    @precondition(lambda self: self.texts)
    @rule(number=ANY)
    def delete(self, number: int) -> None:
        message = pick(self.messages(), number)
        going = tree.below(message.pk)
        try:
            branches.delete_branch(message=message)
        except branches.OnlyAnswer:
            assert Message.objects.filter(parent=message.parent_id).count() == 1
        else:
            self.texts = {pk: text for pk, text in self.texts.items() if pk not in going}

    @precondition(lambda self: self.texts)
    @rule()
    def settle(self) -> None:
        settle(conversation=Conversation.objects.select_related("owner").get(pk=self.conversation_id))

    @rule(number=ANY)
    def hear_an_answer(self, number: int) -> None:
        if running := list(
            Reply.objects.running().filter(state="queued").select_related("message").order_by("created_at")
        ):
            answer = pick(running, number).message
            assert answer
            complete(answer)
            self.texts[answer.pk] = answer.text

    @rule(number=ANY)
    def open_a_tab(self, number: int) -> None:
        self.tabs += Conversation.objects.select_related("owner").filter(pk=self.conversation_id)
        self.tabs = self.tabs[-3:]

    # --- What must hold -------------------------------------------------------
    @invariant()
    def the_tree_is_well_formed(self) -> None:
        rows = {message.pk: message for message in self.messages()}
        assert {pk: message.text for pk, message in rows.items()} == self.texts
        for message in rows.values():
            parent = rows.get(message.parent_id) if message.parent_id else None
            assert message.parent_id is None or parent
            assert message.is_from_user if parent is None else message.role != parent.role
        for message in rows.values():
            if message.is_from_user:
                assert any(other.parent_id == message.pk for other in rows.values())

    @invariant()
    def the_path_ends_in_an_answer_of_its_own_conversation(self) -> None:
        path = path_to(self.leaf_id())
        assert {message.conversation_id for message in path} <= {self.conversation_id}
        assert not path or (path[0].is_from_user and not path[-1].is_from_user and path[0].parent_id is None)
        assert all(child.parent_id == parent.pk for parent, child in pairwise(path))
        assert path or not self.texts
        assert not Message.objects.filter(parent=self.leaf_id()).exclude(parent=None).exists()

    @invariant()
    def each_answer_was_asked_for_once(self) -> None:
        answers = [message for message in self.messages() if not message.is_from_user]
        replies = list(Reply.objects.filter(message__isnull=False).values_list("message_id", flat=True))
        assert sorted(replies) == sorted(answer.pk for answer in answers)
        assert not Reply.objects.running().filter(message=None).exists()

    # --- Hands ----------------------------------------------------------------
    def tab(self, number: int) -> Conversation:
        return self.tabs[number % len(self.tabs)]

    def messages(self, **facts: str) -> list[Message]:
        return list(Message.objects.filter(**facts).select_related("model").order_by("created_at", "pk"))

    def leaf_id(self) -> UUID | None:
        return Conversation.objects.filter(pk=self.conversation_id).values_list("active_leaf", flat=True).first()

    def note(self, *messages: Message) -> None:
        self.texts |= {message.pk: message.text for message in messages}
        if self.tabs[0].is_new:
            self.tabs = list(Conversation.objects.select_related("owner").filter(pk=self.conversation_id))

    def teardown(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)


def pick[Thing](things: list[Thing], number: int) -> Thing:
    return things[number % len(things)]


@pytest.fixture
def machine(alice: User, alice_key: object, llama: LanguageModel, haiku: LanguageModel) -> type[Talk]:
    Talk.person, Talk.models = alice, [llama, haiku]
    return Talk


def test_whatever_is_done_in_whatever_order_the_tree_is_well_formed(machine):
    settings = hypothesis.settings(max_examples=12, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(machine, settings=settings)
