"""What the site's own tables forget: every state that a reply and a budget have ever had, with the commit's own time.

Triggers of the tests write it down, in the transaction that made the change, so no sample can miss one. In a schema of
its own: a backup that is put back takes the site's tables back in time, not this.
"""

from typing import Any

from tests.crash.cast import Cast

PREPARE = """
    CREATE SCHEMA crash;
    CREATE TABLE crash.reply (
        number bigserial, reply uuid, message uuid, owner bigint, before text, after text, at timestamptz
    );
    CREATE FUNCTION crash.note_reply() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO crash.reply (reply, message, owner, before, after, at) VALUES (
            NEW.id, NEW.message_id, NEW.owner_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state ELSE '' END, NEW.state,
            clock_timestamp()
        );
        RETURN NULL;
    END $$;
    CREATE TRIGGER crash_note_reply AFTER INSERT OR UPDATE OF state ON chat_reply
        FOR EACH ROW EXECUTE FUNCTION crash.note_reply();
    CREATE TABLE crash.budget (number bigserial, budget text, budget_limit numeric, reserved numeric, spent numeric);
    CREATE FUNCTION crash.note_budget() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO crash.budget (budget, budget_limit, reserved, spent)
            SELECT id::text, "limit" + NEW.granted, NEW.reserved, NEW.spent FROM chat_budget WHERE id = NEW.budget_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER crash_note_budget AFTER INSERT OR UPDATE ON chat_budgetperiod
        FOR EACH ROW EXECUTE FUNCTION crash.note_budget();
"""
FORGET = """
    DO $$ DECLARE tables text; BEGIN
        SET LOCAL lock_timeout = '10s';
        -- As a worker takes them that defers a periodic job, which would else wait in a circle with this.
        LOCK TABLE procrastinate_periodic_defers, procrastinate_jobs;
        SELECT string_agg(schemaname || '.' || quote_ident(tablename), ', ') INTO tables FROM pg_tables
            WHERE schemaname = 'crash' OR tablename = 'procrastinate_jobs'
            OR (tablename LIKE 'chat\\_%' AND tablename NOT IN ('chat_languagemodel', 'chat_databaseidentity'));
        EXECUTE 'TRUNCATE ' || tables || ' CASCADE';
    END $$
"""


def prepare_history(cast: Cast) -> None:
    cast.rows(PREPARE)


def forget_everything(cast: Cast) -> None:
    """Empty every table of conversations, and the queue's; people, keys and models stay."""
    cast.rows(FORGET)


def reply_history(cast: Cast) -> list[dict[str, Any]]:
    """Each step of each reply, in order: reply, before ("" for its making), after, and `committed` in epoch seconds."""
    return cast.rows(
        "SELECT reply, before, after, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float AS committed"
        " FROM crash.reply ORDER BY number"
    )
