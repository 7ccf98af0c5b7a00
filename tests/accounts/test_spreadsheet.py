import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.spreadsheet import cell, csv_text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", " =1", "＝1", "\x1f=1", "\ufeff=1"]
)
def test_what_could_be_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert cell(text)[0] == "'"


def test_everything_else_is_as_it_was() -> None:
    assert [cell(content) for content in ["a=b", "", None, 7, "1-2", "naïve"]] == ["a=b", "", "", "7", "1-2", "naïve"]


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)))
def test_a_spreadsheet_reads_back_as_many_cells_and_none_of_them_a_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(["a", "b"], rows), newline="")))
    assert [len(row) for row in read] == [2] * (len(rows) + 1)
    for row, written in zip(read[1:], rows, strict=True):
        for content, text in zip(row, written, strict=True):
            assert not content.lstrip().startswith(("=", "+", "-", "@", "\t", "\0"))
            assert content.removeprefix("'").replace("\ufffd", "") in text.removeprefix("'") or "\ufffd" in content
