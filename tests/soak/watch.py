"""What is looked at all the time: the budgets, ten times a second, and every step of every reply."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

SECONDS_BETWEEN_SAMPLES = 0.1
# A trigger writes the steps down in the transaction that takes them, so none is missed.
KEEP_STEPS = """
    CREATE SCHEMA soak;
    CREATE TABLE soak.step (number bigserial, reply uuid, before text, after text);
    CREATE FUNCTION soak.note_step() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO soak.step (reply, before, after) VALUES (NEW.id, OLD.state, NEW.state);
        RETURN NULL;
    END $$;
    CREATE TRIGGER soak_note_step AFTER UPDATE OF state ON chat_reply
        FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION soak.note_step();
"""
OVERDRAWN = """
    SELECT budget.id, "limit", reserved, spent
    FROM chat_budget budget JOIN chat_budgetperiod period ON period.budget_id = budget.id
    WHERE reserved + spent > "limit" + granted OR reserved < 0 OR spent < 0
"""


@dataclass
class BudgetWatch:
    """`overdrawn`: every sample of a budget that was beyond its limit."""

    database_url: str
    samples: int = 0
    overdrawn: list[dict[str, Any]] = field(default_factory=list)

    async def keep_looking(self) -> None:
        """For ever; while the database is away there is nothing to see."""
        while True:
            with suppress(psycopg.OperationalError):
                await self.look_until_cut()
            await asyncio.sleep(SECONDS_BETWEEN_SAMPLES)

    async def look_until_cut(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self.database_url, autocommit=True, row_factory=dict_row)
        async with connection:
            while True:
                self.overdrawn += await (await connection.execute(OVERDRAWN)).fetchall()
                self.samples += 1
                await asyncio.sleep(SECONDS_BETWEEN_SAMPLES)
