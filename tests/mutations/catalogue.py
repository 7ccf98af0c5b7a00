"""The bugs that are planted: text of the code, what stands there instead, and the quick tests that must notice."""

from dataclasses import dataclass
from pathlib import Path

QUEUE = "chat/delivery/queue.py"
STEPS = "chat/delivery/steps.py"
PROCESS = "chat/delivery/process.py"
ACCOUNTING = "chat/migrations/0006_accounting.py"
TESTS = "tests/chat/delivery"


class NoLongerThere(Exception):
    """The text to be replaced is not in the file exactly once, so the mutation has to be written anew."""


@dataclass(frozen=True)
class Edit:
    path: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Change the file in `folder`. Raises NoLongerThere."""
        file = folder / self.path
        text = file.read_text()
        if text.count(self.old) != 1:
            raise NoLongerThere(f"{self.path} has it {text.count(self.old)} times: {self.old!r}")
        file.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True)
class Mutation:
    """`tests` are arguments for pytest; at least one of them has to fail."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


def mutation(name: str, *edits: tuple[str, str, str], tests: str) -> Mutation:
    return Mutation(name, tuple(Edit(*edit) for edit in edits), tuple(tests.split()))


MUTATIONS = [
    mutation(
        "blind retry on: what may have been billed is sent again",
        (
            PROCESS,
            "store(steps.fail, work, error, to=State.UNKNOWN)",
            "(store(steps.fail, work, error, to=State.UNKNOWN) if work.tries else store(steps.hand_back, work, error))",
        ),
        tests=f"{TESTS}/test_outcomes.py",
    ),
    mutation(
        "unique index off: two live replies for one message",
        (ACCOUNTING, 'FORWARDS = """', 'FORWARDS = """\n    DROP INDEX reply_one_live_per_message;'),
        tests="tests/chat/test_reply_rules.py",
    ),
    mutation(
        "unique index off: a message may be sent twice",
        (
            ACCOUNTING,
            'FORWARDS = """',
            'FORWARDS = """\n    ALTER TABLE chat_message DROP CONSTRAINT message_sent_once;',
        ),
        tests="tests/chat/services/test_messages.py",
    ),
    mutation(
        "commit after the POST: the claim is written once the answer is there",
        (QUEUE, "UPDATE chat_reply reply SET state = 'submitting'", "UPDATE chat_reply reply SET state = 'queued'"),
        (
            PROCESS,
            '        fail_point("answered")\n',
            "        await store(steps.note_sent, work)\n",
        ),
        (
            STEPS,
            '\nRENEW = """',
            "\ndef note_sent(work: Assignment) -> None:\n"
            "    Reply.objects.filter(pk=work.reply_id, fence=work.fence).update(state=State.SUBMITTING)\n"
            '\n\nRENEW = """',
        ),
        tests=f"{TESTS}/test_races.py",
    ),
    mutation(
        "client retries on: a call whose answer was lost is sent again by the client",
        (
            "chat/segmind/client.py",
            "                response = await self._send(key, method, path, content)\n",
            "                try:\n"
            "                    response = await self._send(key, method, path, content)\n"
            "                except httpx.HTTPError:\n"
            "                    response = await self._send(key, method, path, content)\n",
        ),
        tests=f"{TESTS}/test_outcomes.py",
    ),
    mutation(
        "the trigger that keeps final states is off",
        ("chat/migrations/0003_final_states_stay.py", "WHEN (OLD.state IN", "WHEN (false AND OLD.state IN"),
        tests="tests/chat/test_reply_rules.py",
    ),
    mutation(
        "the fence is not checked at the end of a reply",
        (
            STEPS,
            "    mine = Reply.objects.filter(pk=work.reply_id, fence=work.fence)\n    changes |=",
            "    mine = Reply.objects.filter(pk=work.reply_id)\n    changes |=",
        ),
        (STEPS, "WHERE id = %(reply_id)s AND fence = %(fence)s AND state", "WHERE id = %(reply_id)s AND state"),
        tests=f"{TESTS}/test_races.py",
    ),
    mutation(
        "rescue takes the living for dead",
        ("chat/delivery/rescue.py", "lease_until__lt=timezone.now()", "lease_until__gt=timezone.now()"),
        tests=f"{TESTS}/test_v2.py",
    ),
    mutation(
        "leases never expire: nobody takes over",
        (STEPS, "at_segmind, lease_until__lte=timezone.now()", "at_segmind, lease_until=None"),
        tests=f"{TESTS}/test_v2.py",
    ),
    mutation(
        "a cost that is not known counts as zero",
        (ACCOUNTING, "('settle', NEW.cost, NEW.billed", "('settle', COALESCE(NEW.cost, 0), NEW.billed"),
        (ACCOUNTING, "= 'yes' THEN NEW.cost ELSE 0", "= 'yes' THEN COALESCE(NEW.cost, 0) ELSE 0"),
        (ACCOUNTING, "NEW.billed = 'yes' AND NEW.cost IS NOT NULL\n", "NEW.billed = 'yes'\n"),
        tests=f"{TESTS}/test_ledger.py",
    ),
    mutation(
        "what may have been billed is released",
        (ACCOUNTING, "('release', NEW.reserved, NEW.billed = 'no')", "('release', NEW.reserved, NEW.billed <> 'yes')"),
        (ACCOUNTING, "OR NEW.billed = 'no' AND NEW.state IN", "OR NEW.billed <> 'yes' AND NEW.state IN"),
        tests=f"{TESTS}/test_ledger.py",
    ),
    mutation(
        "the hold stays when the reply is settled",
        (ACCOUNTING, "        DELETE FROM chat_hold WHERE reply_id = NEW.id;\n", ""),
        tests=f"{TESTS}/test_ledger.py",
    ),
    mutation(
        "the ledger can be changed",
        (
            ACCOUNTING,
            "FOR EACH ROW EXECUTE FUNCTION chat_ledger_a",
            "FOR EACH ROW WHEN (false) EXECUTE FUNCTION chat_ledger_a",
        ),
        tests=f"{TESTS}/test_ledger.py -k changed",
    ),
    mutation(
        "a budget is read without a lock",
        ("chat/services/budgets.py", "    .select_for_update(no_key=True)\n", ""),
        tests=f"{TESTS}/test_ledger.py -k instant",
    ),
    mutation(
        "a sending takes nothing of the key's minute",
        (QUEUE, "paced_until = GREATEST(paced_until, %(now)s) + taken", "paced_until = paced_until + 0 * taken"),
        tests=f"{TESTS}/test_pacing.py",
    ),
    mutation(
        "first come, first served: a flood holds up the others",
        (QUEUE, "ORDER BY turn, served_at NULLS FIRST, created_at", "ORDER BY created_at"),
        tests=f"{TESTS}/test_pacing.py",
    ),
    mutation(
        "a 429 is a failure",
        (
            PROCESS,
            "    if error.status == 429:\n        await store(steps.hold_back, work, error, until=reset_of(error))\n",
            "    if error.status == 429:\n        await store(steps.fail, work, error)\n",
        ),
        tests=f"{TESTS}/test_outcomes.py",
    ),
    mutation(
        "the circuit never opens",
        ("chat/delivery/circuit.py", "FAILURES_TO_OPEN = 3", "FAILURES_TO_OPEN = 3000"),
        tests=f"{TESTS}/test_circuit.py",
    ),
    mutation(
        "a queued reply is not told to the workers",
        ("chat/migrations/0007_reply_queue.py", "NOTIFY parley_queue;", "NULL;"),
        tests=f"{TESTS}/test_dispatcher.py -k notification_wakes",
    ),
    mutation(
        "what is stopped and answered is asked for again and again",
        (STEPS, ".update(lease_until=None, **facts)", ".update(**facts)"),
        tests=f"{TESTS}/test_counter_examples.py",
    ),
]
