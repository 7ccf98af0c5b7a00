"""The ledger follows the replies by itself, in the same transaction, whoever writes them."""

from django.db import migrations

FORWARDS = """
    CREATE FUNCTION chat_reply_reserve() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chat_ledgerentry (reply_id, kind, amount, created_at)
            VALUES (NEW.id, 'reserve', NEW.reserved, NEW.created_at);
        INSERT INTO chat_hold (reply_id, budget_id, amount)
            SELECT NEW.id, budget.id, NEW.reserved FROM chat_budget budget
            WHERE owner_id = NEW.owner_id OR owner_id IS NULL ORDER BY budget.id FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        UPDATE chat_budget SET reserved = reserved + NEW.reserved
            WHERE id IN (SELECT budget_id FROM chat_hold WHERE reply_id = NEW.id);
        IF EXISTS (SELECT FROM chat_budget JOIN chat_hold ON budget_id = chat_budget.id
                   WHERE reply_id = NEW.id AND chat_budget.reserved + spent > "limit") THEN
            RAISE EXCEPTION 'reply % would pass a budget', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'budget_has_room';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_reply_reserve AFTER INSERT ON chat_reply
        FOR EACH ROW WHEN (NEW.state = 'queued') EXECUTE FUNCTION chat_reply_reserve();

    CREATE FUNCTION chat_reply_close() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        cost numeric := CASE WHEN NEW.billed = 'yes' THEN NEW.cost ELSE 0 END;
    BEGIN
        INSERT INTO chat_ledgerentry (reply_id, kind, amount, created_at)
            SELECT NEW.id, closing.kind, closing.amount, now()
            FROM (VALUES ('settle', NEW.cost, NEW.billed = 'yes'), ('release', NEW.reserved, NEW.billed = 'no'))
                AS closing (kind, amount, applies)
            WHERE closing.applies
            ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        -- In the order in which all lock them: an UPDATE of several rows has none.
        PERFORM FROM chat_budget WHERE id IN (SELECT budget_id FROM chat_hold WHERE reply_id = NEW.id)
            ORDER BY id FOR NO KEY UPDATE;
        UPDATE chat_budget SET reserved = chat_budget.reserved - chat_hold.amount, spent = spent + cost
            FROM chat_hold WHERE budget_id = chat_budget.id AND reply_id = NEW.id;
        DELETE FROM chat_hold WHERE reply_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_reply_close AFTER UPDATE OF state, billed, cost ON chat_reply
        FOR EACH ROW WHEN (
            NEW.billed = 'yes' AND NEW.cost IS NOT NULL
            OR NEW.billed = 'no' AND NEW.state IN ('failed', 'stopped', 'unknown')
        ) EXECUTE FUNCTION chat_reply_close();

    CREATE FUNCTION chat_ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'ledger entry % stays as it is', OLD.id USING ERRCODE = 'check_violation';
    END $$;
    CREATE TRIGGER chat_ledger_append_only BEFORE UPDATE OR DELETE ON chat_ledgerentry
        FOR EACH ROW EXECUTE FUNCTION chat_ledger_append_only();

    -- What was there before the ledger.
    INSERT INTO chat_ledgerentry (reply_id, kind, amount, created_at)
        SELECT id, 'reserve', reserved, created_at FROM chat_reply
        UNION ALL
        SELECT id, 'settle', cost, finished_at FROM chat_reply WHERE billed = 'yes' AND cost IS NOT NULL
        UNION ALL
        SELECT id, 'release', reserved, finished_at FROM chat_reply
            WHERE billed = 'no' AND state IN ('failed', 'stopped', 'unknown');
"""
BACKWARDS = """
    DROP TRIGGER chat_ledger_append_only ON chat_ledgerentry;
    DROP FUNCTION chat_ledger_append_only();
    DROP TRIGGER chat_reply_close ON chat_reply;
    DROP FUNCTION chat_reply_close();
    DROP TRIGGER chat_reply_reserve ON chat_reply;
    DROP FUNCTION chat_reply_reserve();
    DELETE FROM chat_ledgerentry;
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_ledger")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
