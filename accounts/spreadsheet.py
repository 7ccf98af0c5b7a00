"""CSV that a spreadsheet opens as text and nothing else."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What spreadsheets take for a formula, also behind spaces seen or unseen, and in wide East Asian forms.
FORMULA = re.compile(r"[\s\ufeff\u200b-\u200f\u2060]*[=+\-@＝＋－＠]|[\t\r\n]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def csv_text(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A header and rows as RFC 4180 has it. Cells that could be formulas get an apostrophe in front."""
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow([cell(content) for content in header])
    writer.writerows([cell(content) for content in row] for row in rows)
    return page.getvalue()


def cell(content: object) -> str:
    if content is None:
        return ""
    text = CONTROLS.sub("\ufffd", str(content))
    return f"'{text}" if FORMULA.match(text) or text.startswith("\ufffd") else text
