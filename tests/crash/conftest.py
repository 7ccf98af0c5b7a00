"""One site for all tests of this folder; each test gets it whole and empty, with people who are new to it."""

import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.browser import backstage
from tests.crash.cast import Cast
from tests.crash.history import forget_everything, prepare_history
from tests.crash.invariants import assert_invariants
from tests.crash.person import Person
from tests.crash.points import FailPoints

PEOPLE_AT_ONCE = 20


@pytest.fixture(scope="session")
def running_cast() -> Iterator[Cast]:
    with tempfile.TemporaryDirectory(prefix="parley-crash-") as folder:
        cast = Cast(Path(folder))
        try:
            cast.start()
            prepare_history(cast)
            yield cast
        finally:
            cast.stop()


@pytest.fixture(scope="session")
def all_points(running_cast: Cast) -> FailPoints:
    return FailPoints(running_cast.points_folder)


@pytest.fixture(scope="session")
def newcomers(running_cast: Cast) -> Iterator[backstage.Person]:
    """People with an account, a session and a key. Made many at a time: what makes them outlives no lost database."""

    def arrive() -> Iterator[backstage.Person]:
        while True:
            stage = backstage.Backstage(running_cast)
            arrived = [stage.new_person(name) for _ in range(PEOPLE_AT_ONCE // 2) for name in ("Alice", "Bob")]
            stage.close()
            yield from arrived

    return arrive()


@pytest.fixture
def cast(running_cast: Cast, all_points: FailPoints) -> Cast:
    """One web, one worker, the database and the sandbox: running, and empty but for people, keys and models."""
    running_cast.make_ready()
    forget_everything(running_cast)
    running_cast.sandbox.reset()
    all_points.clear()
    return running_cast


@pytest.fixture
def points(cast: Cast, all_points: FailPoints) -> FailPoints:
    return all_points


@pytest.fixture
def alice(cast: Cast, newcomers: Iterator[backstage.Person]) -> Iterator[Person]:
    person = Person(next(newcomers), cast.url)
    yield person
    person.leave()


@pytest.fixture
def bob(cast: Cast, newcomers: Iterator[backstage.Person]) -> Iterator[Person]:
    person = Person(next(newcomers), cast.url)
    yield person
    person.leave()


@pytest.fixture(autouse=True)
def invariants(
    request: pytest.FixtureRequest, cast: Cast, points: FailPoints, alice: Person, bob: Person
) -> Iterator[None]:
    """After each test: what was asked of a fail point has happened, and I1 to I10 hold."""
    failed_before = request.session.testsfailed
    yield
    if request.session.testsfailed > failed_before:
        cast.kill_workers()  # one of them may be halted
        return
    assert not points.not_fired
    cast.make_ready()
    assert_invariants(cast, points, [alice, bob])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back on all fail points comes last."""
    items.sort(key=lambda item: item.name == "test_every_fail_point_has_fired")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the programs have printed below a failure."""
    report = yield
    cast = getattr(item, "funcargs", {}).get("running_cast")
    if report.failed and cast:
        report.sections += [(name, cast.log_of(name)[-6000:]) for name in ("web", "worker")]
    return report
