"""A key that is unlike any other, and the search for it in whatever it may have leaked into."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

# The stand-in for Segmind takes keys of this shape.
CANARY = "SG_5ac0ffee1dea5bad"
PIECE_CHARACTERS = 8


def disguises(value: str) -> set[str]:
    """How it could hide: reversed, in hex, URL-encoded, in base64 at any of its offsets, and every piece of it."""
    raw = value.encode()
    encoded = {base64.b64encode(b"x" * pad + raw)[4 if pad else 0 : -4].decode() for pad in range(3)}
    pieces = {value[start : start + PIECE_CHARACTERS] for start in range(len(value) - PIECE_CHARACTERS + 1)}
    urls = {quote_from_bytes(raw, safe=""), "".join(f"%{byte:02x}" for byte in raw)}
    return {form.lower() for form in {value[::-1], raw.hex(), *encoded, *urls, *pieces}}


def finds(text: str, value: str = CANARY) -> set[str]:
    """The disguises that are in the text, in whatever case."""
    lowered = text.lower()
    return {form for form in disguises(value) if form in lowered}


def dump(cursor: Any) -> str:
    """Every row of every table, binary columns as their bytes and in hex. `cursor` is one of psycopg or Django."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = []
    for (table,) in cursor.fetchall():
        cursor.execute(f'SELECT "{table}"::text, * FROM "{table}"')
        rows += [str([bytes(cell) if isinstance(cell, memoryview) else cell for cell in row]) for row in cursor]
    return "\n".join(rows)


def contents(folder: Path) -> dict[str, str]:
    """The text of every file below a folder, by name."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_text(errors="replace") for file in files}
