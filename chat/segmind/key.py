"""An API key that does not show itself."""

import hmac
import re
from typing import NoReturn

# As many characters of a key in a row are taken for a piece of it, and masked.
PIECE_CHARACTERS = 8
MASKED = "[key]"
# A header can't carry anything else, and httpx would name the value in its complaint.
SENDABLE = re.compile(r"[\x21-\x7e]{1,512}")


class KeyValue:
    """A Segmind API key, hidden from repr, str, format, pickle, copies and JSON.

    Segmind: `SG_` and 16 hex characters; older keys may differ, so any text is taken.
    """

    __slots__ = ("_pieces", "_value")

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError("an API key is a text")
        self._value = value
        size = min(PIECE_CHARACTERS, len(value))
        self._pieces = [value[start : start + size].lower() for start in range(len(value) - size + 1)] if size else []

    def reveal(self) -> str:
        """The key itself: for the vault that seals it and the header that carries it."""
        return self._value

    @property
    def is_sendable(self) -> bool:
        return SENDABLE.fullmatch(self._value) is not None

    def mask(self, text: str) -> str:
        """`text` without the key, and without any PIECE_CHARACTERS of it in a row, in upper or lower case."""
        lowered = text.lower()
        for piece in self._pieces:
            if piece in lowered:
                return self._masked(text)
        return text

    def _masked(self, text: str) -> str:
        starts = "|".join(re.escape(piece) for piece in self._pieces)
        rest = len(self._pieces[0]) - 1
        return re.sub(f"(?:(?={starts}).)+.{{{rest}}}", MASKED, text, flags=re.IGNORECASE | re.DOTALL)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeyValue):
            return NotImplemented
        mine, theirs = (key._value.encode("utf-8", "surrogatepass") for key in (self, other))
        return hmac.compare_digest(mine, theirs)

    # Neither a member of a set nor a key of a dict: a hash would be one more thing derived from the value.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "KeyValue(hidden)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("an API key is neither pickled nor copied")
