"""Finding a text inside one conversation, also in what the page has not loaded."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection

from chat.models import Conversation
from chat.queries import PATH, WHOLE_PATH

LONGEST_TEXT = 200
WITH_TEXT = f"""{PATH}
    SELECT message.id FROM path JOIN chat_message message USING (id)
    WHERE strpos(lower(message.text), lower(%(text)s)) > 0 ORDER BY path.steps DESC
"""


@dataclass(frozen=True)
class Matches:
    """The messages of the active path that have a text in them, oldest first, and which of them one is at."""

    text: str
    ids: list[UUID]
    current: UUID | None

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def position(self) -> int:
        """From 1 on; 0 if there is none."""
        return self.ids.index(self.current) + 1 if self.current else 0

    @property
    def fields(self) -> str:
        """The query string of the message one is at."""
        return self._fields_of(self.current)

    @property
    def previous_fields(self) -> str:
        """Of the next older one; from the oldest on to the newest."""
        return self._fields_of(self.ids[self.position - 2] if self.current else None)

    @property
    def next_fields(self) -> str:
        """Of the next newer one; from the newest on to the oldest."""
        return self._fields_of(self.ids[self.position % self.count] if self.current else None)

    def _fields_of(self, message_id: UUID | None) -> str:
        return urlencode({"find": self.text} | ({"message": message_id} if message_id else {}))


def find(conversation: Conversation, text: str, *, at: UUID | None = None) -> Matches:
    """Where `text` stands, in whatever case; at the message `at` if it has it, else at the newest. One query."""
    text = text.replace("\0", "").strip()[:LONGEST_TEXT]
    ids: list[UUID] = []
    if text:
        with connection.cursor() as cursor:
            fields = {"leaf": conversation.active_leaf_id, "limit": WHOLE_PATH, "text": text}
            cursor.execute(WITH_TEXT, fields)
            ids = [row[0] for row in cursor.fetchall()]
    newest = ids[-1] if ids else None
    return Matches(text, ids, at if at in ids else newest)
