"""A PostgreSQL of a test's own, which it may stop or kill, and look into from beside the site."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.rows import dict_row

from config import embedded_postgres
from config.processes import living_after

# A lost process forgets nothing that it has committed; only a lost machine would.
DATABASE_OPTIONS = {"fsync": "off", "full_page_writes": "off", "track_commit_timestamp": "on"}
GONE_SECONDS = 10.0


@dataclass
class OwnDatabase:
    """With its data in `folder`, where the programs of the site write their logs as well."""

    folder: Path
    connection: psycopg.Connection[dict[str, Any]] | None = field(default=None, init=False)

    def start_database(self) -> None:
        self.database = embedded_postgres.start(self.folder, **DATABASE_OPTIONS)

    def stop_database(self) -> None:
        """As an administrator does: connections are cut, what is committed stays."""
        embedded_postgres.stop(self.folder)
        if hasattr(self, "database"):
            self.database.wait()

    def kill_database(self) -> None:
        """All its processes at once, as when the machine's memory runs out."""
        family = [psutil.Process(self.database.pid), *psutil.Process(self.database.pid).children()]
        for process in family:
            process.kill()
        self.database.wait()
        assert not living_after(GONE_SECONDS, family)

    @property
    def database_url(self) -> str:
        return embedded_postgres.url(self.folder)

    def log_of(self, name: str) -> str:
        return "\n".join(file.read_text(errors="replace") for file in sorted(self.folder.glob(f"{name}-*.log")))

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What a query gives, in a transaction of its own. Once more on a new connection if the old one was cut."""
        try:
            return self._rows(sql, values)
        except psycopg.OperationalError:
            self._hang_up()
            return self._rows(sql, values)

    def _hang_up(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[dict[str, Any]]:
        if self.connection is None:
            self.connection = psycopg.connect(self.database_url, autocommit=True, row_factory=dict_row)
        cursor = self.connection.execute(sql.encode(), values or None)
        return cursor.fetchall() if cursor.description else []
