"""The planted bugs keep up with the code; that they are noticed is what `make mutations` shows."""

import pytest

from tests.mutations.__main__ import PARTS, TREE, copy_tree
from tests.mutations.catalogue import MUTATIONS, Edit, NoLongerThere


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_can_still_be_planted_and_its_tests_exist(mutation, tmp_path):
    for path in {edit.path for edit in mutation.edits}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text((TREE / path).read_text())
    for edit in mutation.edits:
        edit.apply(tmp_path)
        compile((tmp_path / edit.path).read_text(), edit.path, "exec")
    assert all((TREE / path).exists() for path in mutation.tests if path.startswith("tests/"))


def test_text_that_is_gone_is_told(tmp_path):
    (tmp_path / "code.py").write_text("one")
    with pytest.raises(NoLongerThere, match="0 times: 'two'"):
        Edit("code.py", "two", "three").apply(tmp_path)


def test_the_copy_has_all_that_the_tests_need(tmp_path):
    copy_tree(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(PARTS)
