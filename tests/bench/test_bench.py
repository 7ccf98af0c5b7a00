"""That `make bench` measures, on a small scale; what it measures here says nothing."""

import asyncio
import json

import pytest

from tests.bench import __main__ as bench
from tests.bench.browser import Browser, TurnFailed
from tests.stack import Stack

OPTIONS = "--users 2 --seconds 0.1 --in-flight 4 --json"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.mktemp("bench") / "numbers.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.bench.in_flight.HELD_SECONDS", 0.2)
        assert bench.main([*OPTIONS.split(), str(file)]) == 0
    return json.loads(file.read_text())


def test_turns_are_measured(measured):
    assert [(row["version"], row["users"], row["failed"]) for row in measured["rows"]] == [("v1", 2, 0), ("v2", 2, 0)]
    for row in measured["rows"]:
        assert row["turns"] >= 2
        assert 0 < row["added"]["median"] <= row["added"]["p95"] <= row["added"]["p99"]
        assert all(spent > 0 for part, spent in row["cpu"].items() if part != "database")
        assert row["memory"].keys() == {"web", "worker", "database"}


def test_replies_in_flight_are_measured(measured):
    found = [(held["version"], held["replies"], held["failed"]) for held in measured["in_flight"]]
    assert found == [("v1", 4, 0), ("v2", 4, 0)]
    for held in measured["in_flight"]:
        assert 0 < held["last_stored"] < held["last_shown"]
        assert held["memory"]["worker"] > measured["memory_at_rest"]["worker"] / 2


def test_turn_that_fails_is_no_turn(parley_server: Stack):
    stranger = Browser(port=parley_server.port, session="none", model="llama-v3-8b-instruct", words="Hello")

    async def try_to_talk() -> None:
        with pytest.raises(TurnFailed, match="status"):
            await stranger.turn()
        await stranger.leave()

    asyncio.run(try_to_talk())
