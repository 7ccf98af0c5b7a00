"""Everything that people, workers, time and Segmind may do to a message, in any order; the books must always be right.

What it found stands as plain tests in test_counter_examples.py.
"""

import asyncio
import itertools
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import hypothesis
import pytest
import time_machine
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from accounts.services import api_keys
from chat.delivery import queue, rescue, steps
from chat.models import Budget, Conversation, LanguageModel, Message, Reply
from chat.segmind import KeyValue
from chat.services.conversations import delete_conversation
from chat.services.messages import NoUsableKey, SentOtherText, send_message
from chat.services.queued_replies import AlreadySent, send_regardless, take_back
from chat.services.replies import NeedsConfirmation, StillRunning, stop_reply, try_again
from tests.chat.delivery import books
from tests.chat.delivery.accounting_segmind import AccountingSegmind, Outcome
from tests.chat.delivery.stepwise import Worker, step_by_step

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIMITS = st.sampled_from([None, Decimal(1), Decimal("0.01")])
# Within a lease, over it, over the time that a host is tried for, and near the hour that Segmind keeps a result.
SECONDS = st.sampled_from([1, 20, 20, 40, 40, 16 * 60, 51 * 60])
ANY = st.integers(0, 1000)


class Delivery(RuleBasedStateMachine):
    loop: ClassVar[asyncio.AbstractEventLoop]
    clock: ClassVar[time_machine.Traveller]
    people: ClassVar[list[User]]
    models: ClassVar[list[LanguageModel]]

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock.move_to(START)
        self.segmind = AccountingSegmind()
        self.workers: list[Worker] = []
        self.sent: dict[UUID, tuple[UUID, UUID, str]] = {}  # question: its client_id, conversation, text
        self.states: dict[UUID, str] = {}
        self.keys: dict[UUID, str] = {}
        self.confirmed: Counter[str] = Counter()
        self.numbers = itertools.count()

    # --- People ---------------------------------------------------------------
    @initialize(own=LIMITS, team=LIMITS)
    def agree_on_money(self, own: Decimal | None, team: Decimal | None) -> None:
        for person in self.people:
            self.add_key(person)
        for owner, limit in ((self.people[0], own), (None, team)):
            if limit is not None:
                Budget.objects.create(owner=owner, limit=limit)
        for number, model in itertools.product((0, 1), (0, 1)):
            self.send(person=number, model=model, into=0)

    def add_key(self, person: User) -> None:
        api_keys.add_key(owner=person, label="key", value=KeyValue(f"SG_{next(self.numbers):016x}"))

    @rule(person=ANY, model=ANY, into=ANY)
    def send(self, person: int, model: int, into: int) -> None:
        self.clock.shift(timedelta(milliseconds=1))
        owner = pick(self.people, person)
        conversations = list(Conversation.objects.filter(owner=owner).select_related("owner").order_by("updated_at"))
        conversation = pick([Conversation(owner=owner), *conversations], into)
        client_id, text = uuid.uuid4(), f"question {next(self.numbers)}."
        try:
            turn = send_message(
                conversation=conversation, client_id=client_id, text=text, model=pick(self.models, model)
            )
        except NoUsableKey:
            assert not owner.api_keys.exists()
            return
        self.sent[turn.question.pk] = (client_id, turn.question.conversation_id, text)

    @precondition(lambda self: self.sent)
    @rule(number=ANY, same=st.booleans())
    def send_again(self, number: int, same: bool) -> None:
        """The browser's second try, or one that has taken the same id for another text."""
        question, (client_id, conversation_id, text) = pick(list(self.sent.items()), number)
        conversation = Conversation.objects.select_related("owner").get(pk=conversation_id)
        again: dict[str, Any] = {"conversation": conversation, "client_id": client_id, "model": self.models[0]}
        if same:
            assert send_message(**again, text=text).question.pk == question
            return
        with pytest.raises((SentOtherText, NoUsableKey)):
            send_message(**again, text="other")

    @precondition(lambda self: self.has("failed", "unknown", "stopped"))
    @rule(number=ANY, confirmed=st.booleans(), model=st.none() | ANY)
    def try_again(self, number: int, confirmed: bool, model: int | None) -> None:
        answers = (
            Message.objects.filter(role="assistant")
            .order_by("created_at")
            .select_related("parent", "conversation__owner")
        )
        if not answers:
            return
        answer = pick(list(answers), number)
        latest = answer.replies.latest("created_at")
        chosen = None if model is None else pick(self.models, model)
        try:
            try_again(reply=latest, confirmed=confirmed, model=chosen)
        except StillRunning:
            assert latest.is_running or latest.state == "completed"
        except NeedsConfirmation:
            assert not confirmed
        except NoUsableKey:
            assert api_keys.key_for(answer.conversation.owner) is None
        else:
            assert latest.billed == "no" or confirmed
            assert answer.parent
            self.confirmed[answer.parent.text] += latest.billed != "no"

    @precondition(lambda self: self.has("queued"))
    @rule(number=ANY, kind=st.sampled_from(["take back", "send regardless", "send regardless"]))
    def decide_on_a_queued_one(self, number: int, kind: str) -> None:
        queued = list(Reply.objects.filter(state="queued").exclude(message=None).order_by("created_at"))
        if not queued:
            return
        reply = pick(queued, number)
        if kind == "send regardless":
            assert send_regardless(reply=reply)
            return
        question = Message.objects.get(children__replies=reply)
        try:
            assert take_back(reply=reply).text == question.text
        except AlreadySent:
            assert question.parent_id is None or question.children.exclude(replies__billed="no").exists()
        else:
            del self.sent[question.pk]

    # One rule for what would leave nothing to do if it came as often as the rest.
    @rule(kind=st.sampled_from(["stop", "stop", "delete", "key", "access", "nothing"]), number=ANY)
    def cross(self, kind: str, number: int) -> None:
        if kind == "stop":
            self.stop(number)
        elif kind == "delete":
            self.delete(number)
        elif kind == "key":
            self.change_key(pick(self.people, number))
        elif kind == "access":
            person = User.objects.get(pk=pick(self.people, number).pk)
            User.objects.filter(pk=person.pk).update(is_active=not person.is_active)

    def stop(self, number: int) -> None:
        if running := list(Reply.objects.running().exclude(message=None).order_by("created_at")):
            assert stop_reply(reply=pick(running, number))

    def delete(self, number: int) -> None:
        if conversations := list(Conversation.objects.order_by("created_at")):
            conversation = pick(conversations, number)
            self.sent = {pk: sent for pk, sent in self.sent.items() if sent[1] != conversation.pk}
            delete_conversation(conversation=conversation)

    def change_key(self, owner: User) -> None:
        """Remove the key if there is one, whatever it is doing; else add one."""
        if key := api_keys.key_for(owner):
            self.segmind.in_doubt |= set(Reply.objects.filter(api_key=key).values_list("pk", flat=True))
            api_keys.remove_key(key=key)
        else:
            self.add_key(owner)

    # --- Workers --------------------------------------------------------------
    @precondition(lambda self: self.has("queued"))
    @rule(limit=st.integers(2, 5))
    def claim(self, limit: int) -> None:
        may_go = books.may_go()
        assignments = steps.claim(limit=limit).assignments
        assert {work.reply_id for work in assignments} <= may_go
        self.start(assignments)

    @precondition(lambda self: self.workers)
    @rule()
    def look_after_others(self) -> None:
        rescue.end_lost_sendings()
        rescue.stop_unwanted()
        rescue.stop_forgotten()
        self.start(steps.take_over(limit=10))

    def start(self, assignments: list[steps.Assignment]) -> None:
        for work in sorted(assignments, key=lambda work: work.queued_at):
            self.keys[work.reply_id] = work.key.reveal()
            self.workers.append(Worker(work, self.segmind, self.loop))

    @precondition(lambda self: self.awake)
    @rule(number=ANY, outcome=st.sampled_from(Outcome), several=st.sampled_from([True, True, False]))
    def go_on(self, number: int, outcome: Outcome, several: bool) -> None:
        worker = pick(self.awake, number)
        worker.go_on(outcome)
        while several and not worker.is_done and worker.step not in ("POST", "GET"):
            worker.go_on()

    @precondition(lambda self: self.awake)
    @rule(number=ANY)
    def go_on_well(self, number: int) -> None:
        self.go_on(number, Outcome.ANSWERED, several=True)

    @precondition(lambda self: self.alive)
    @rule(number=ANY)
    def pause_or_wake(self, number: int) -> None:
        worker = pick(self.alive, number)
        worker.is_paused = not worker.is_paused

    @precondition(lambda self: self.alive)
    @rule(number=ANY)
    def kill(self, number: int) -> None:
        worker = pick(self.alive, number)
        self.doubt_what_is_lost([worker])
        worker.kill()

    @precondition(lambda self: self.awake)
    @rule(number=ANY, at_once=st.booleans())
    def leave(self, number: int, at_once: bool) -> None:
        """SIGTERM, or the end of the grace period after it."""
        worker = pick(self.awake, number)
        worker.leaving.set()
        if at_once and not worker.is_cancelled:
            self.doubt_what_is_lost([worker])
            worker.cancel()

    @rule(seconds=SECONDS)
    def wait(self, seconds: int) -> None:
        """Those who are awake say that they are alive; the others, if it was long, come too late."""
        self.clock.shift(timedelta(seconds=seconds))
        if self.awake:
            steps.renew({worker.work.reply_id: worker.work.fence for worker in self.awake})
        self.doubt_what_is_lost(self.asleep)
        if seconds > 50 * 60:
            self.segmind.in_doubt |= {worker.work.reply_id for worker in self.alive}
            self.segmind.in_doubt |= set(Reply.objects.exclude(request_id="").values_list("pk", flat=True))

    def doubt_what_is_lost(self, workers: list[Worker]) -> None:
        """Without a request id in the books, nobody but this worker can tell what became of its call."""
        lost = Reply.objects.filter(pk__in=[worker.work.reply_id for worker in workers], request_id="")
        self.segmind.in_doubt |= set(lost.values_list("pk", flat=True))

    def has(self, *states: str) -> bool:
        return any(state in states for state in self.states.values())

    @property
    def alive(self) -> list[Worker]:
        return [worker for worker in self.workers if not worker.is_done]

    @property
    def awake(self) -> list[Worker]:
        return [worker for worker in self.alive if not worker.is_paused]

    @property
    def asleep(self) -> list[Worker]:
        return [worker for worker in self.alive if worker.is_paused]

    # --- What must hold -------------------------------------------------------
    @invariant()
    def the_books_are_right(self) -> None:
        self.clock.shift(timedelta(milliseconds=1))  # no two things happen at the same instant
        replies = books.replies_in_the_books()
        books.check_money(replies)
        books.check_texts({pk: text for pk, (_, _, text) in self.sent.items()}, replies)
        books.check_calls(self.segmind, replies, self.keys)
        before, self.states = self.states, {reply["id"]: reply["state"] for reply in replies}
        ended = {pk: state for pk, state in before.items() if state in books.FINAL}
        assert {pk: self.states[pk] for pk in ended} == ended  # I9
        for question, number in self.segmind.accepted_per_question().items():
            assert number <= 1 + self.confirmed[question], question  # I2

    def teardown(self) -> None:
        try:
            self.come_to_rest()
            self.the_books_are_right()
            books.check_costs(self.segmind)
            books.check_that_deferred_rules_hold()
        finally:
            for worker in self.alive:
                worker.kill()
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def come_to_rest(self) -> None:
        """Half of the workers come to their end, the others never come back; then one good worker does all the rest."""
        User.objects.update(is_active=True)
        for worker in self.alive[::2]:
            worker.finish()
        self.doubt_what_is_lost(self.alive)
        for _ in range(60):
            self.clock.shift(queue.LEASE + timedelta(seconds=1))
            before = len(self.workers)
            self.look_after_others()
            self.claim(limit=100)
            for worker in self.workers[before:]:
                worker.finish()
            if len(self.workers) > before:
                continue
            if not Reply.objects.running().exists():
                return
            self.clock.shift(queue.HELD_FOR)  # what is held is given up for its person after a day
        raise AssertionError("there is no end to it")


def pick[Thing](things: list[Thing], number: int) -> Thing:
    return things[number % len(things)]


@pytest.fixture
def machine(alice: User, bob: User, llama: LanguageModel, haiku: LanguageModel) -> type[Delivery]:
    Delivery.people, Delivery.models = [alice, bob], [llama, haiku]
    return Delivery


def test_whatever_happens_in_whatever_order_the_books_are_right(machine):
    with step_by_step() as machine.loop, time_machine.travel(START, tick=False) as machine.clock:
        run_state_machine_as_test(
            machine, settings=hypothesis.settings(max_examples=20, stateful_step_count=50, deadline=None)
        )
