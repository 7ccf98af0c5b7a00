"""That nothing was left out: every fail point of the code is used here, and has done what was asked of it."""

import ast
from pathlib import Path

import pytest

from config.run import BASE_DIR
from tests.crash.points import FailPoints

HERE = Path(__file__).parent


def points_in_the_code() -> set[str]:
    """The names that the code hands to fail_point()."""
    calls = [
        node
        for folder in ("accounts", "chat", "config")
        for file in (BASE_DIR / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fail_point"
    ]
    return {ast.literal_eval(call.args[0]) for call in calls}


def test_every_fail_point_of_the_code_is_used_by_a_test():
    words = {
        node.value
        for file in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant)
    }
    assert points_in_the_code() <= words


def test_every_fail_point_has_fired(request: pytest.FixtureRequest, all_points: FailPoints):
    """Comes last. Says nothing when only a part of the suite was chosen."""
    if not whole_suite_ran(request.session):
        pytest.skip("only a part of the crash tests was chosen")
    assert points_in_the_code() == all_points.fired


def whole_suite_ran(session: pytest.Session) -> bool:
    ran = {Path(item.path).name for item in session.items if Path(item.path).parent == HERE}
    options = session.config.option
    was_chosen = options.keyword or options.markexpr or any("::" in argument for argument in session.config.args)
    return ran == {file.name for file in HERE.glob("test_*.py")} and not was_chosen
