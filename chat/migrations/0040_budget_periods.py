"""The ledger moves the periods of the budgets, which begin and end by the calendar of each budget's time zone."""

from django.db import migrations

FORWARDS = """
    CREATE FUNCTION chat_period_start(budget_window text, zone text, at timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
        -- PostgreSQL: a week begins on Monday.
        SELECT CASE WHEN budget_window = 'total' THEN timestamptz '1970-01-01 00:00+00'
            ELSE date_trunc(budget_window, at AT TIME ZONE zone) AT TIME ZONE zone END
    $$;
    CREATE FUNCTION chat_period_end(budget_window text, zone text, at timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
        SELECT CASE WHEN budget_window <> 'total' THEN
            (date_trunc(budget_window, at AT TIME ZONE zone) + ('1 ' || budget_window)::interval) AT TIME ZONE zone END
    $$;
    -- Fails for a zone that PostgreSQL does not know: else one bad row would stop every sending.
    ALTER TABLE chat_budget ADD CONSTRAINT budget_time_zone_known
        CHECK (timezone(time_zone, timestamp '2000-01-01 00:00') IS NOT NULL);

    INSERT INTO chat_budgetperiod (budget_id, starts_at, reserved, spent)
        SELECT id, chat_period_start('total', 'UTC', now()), reserved, spent FROM chat_budget;
    UPDATE chat_hold hold SET period_id = period.id FROM chat_budgetperiod period
        WHERE period.budget_id = hold.budget_id;

    CREATE OR REPLACE FUNCTION chat_reply_reserve() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        binding bigint[];
    BEGIN
        INSERT INTO chat_ledgerentry (reply_id, kind, amount, created_at)
            VALUES (NEW.id, 'reserve', NEW.reserved, NEW.created_at);
        -- A budget's lock covers its periods. All take these locks in the order of the ids, and read the periods in a
        -- later statement, which sees what those before have done.
        SELECT array_agg(locked.id) INTO binding FROM (
            SELECT id FROM chat_budget WHERE NOT is_for_newcomers AND (
                num_nonnulls(owner_id, group_id, conversation_id, api_key_id) = 0
                OR owner_id = NEW.owner_id
                OR group_id IN (SELECT group_id FROM accounts_group_members WHERE user_id = NEW.owner_id)
                OR conversation_id = (SELECT conversation_id FROM chat_message WHERE id = NEW.message_id)
                OR api_key_id = NEW.api_key_id
            ) ORDER BY id FOR NO KEY UPDATE
        ) AS locked;
        IF binding IS NULL THEN
            RETURN NULL;
        END IF;
        INSERT INTO chat_budgetperiod (budget_id, starts_at)
            SELECT id, chat_period_start("window", time_zone, NEW.created_at) FROM chat_budget
            WHERE id = ANY (binding) ORDER BY id
            ON CONFLICT DO NOTHING;
        INSERT INTO chat_hold (reply_id, period_id, amount)
            SELECT NEW.id, period.id, NEW.reserved
            FROM chat_budget budget JOIN chat_budgetperiod period ON period.budget_id = budget.id
                AND period.starts_at = chat_period_start("window", time_zone, NEW.created_at)
            WHERE budget.id = ANY (binding);
        UPDATE chat_budgetperiod SET reserved = reserved + NEW.reserved
            WHERE id IN (SELECT period_id FROM chat_hold WHERE reply_id = NEW.id);
        IF EXISTS (SELECT FROM chat_hold hold JOIN chat_budgetperiod period ON period.id = hold.period_id
                   JOIN chat_budget budget ON budget.id = period.budget_id
                   WHERE hold.reply_id = NEW.id AND is_hard AND period.reserved + spent > "limit" + granted) THEN
            RAISE EXCEPTION 'reply % would pass a budget', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'budget_has_room';
        END IF;
        RETURN NULL;
    END $$;

    CREATE OR REPLACE FUNCTION chat_reply_close() RETURNS trigger LANGUAGE plpgsql AS $$
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
        PERFORM FROM chat_budget WHERE id IN (
            SELECT period.budget_id FROM chat_hold JOIN chat_budgetperiod period ON period.id = period_id
            WHERE reply_id = NEW.id
        ) ORDER BY id FOR NO KEY UPDATE;
        -- The periods in which it was reserved, whatever day it is by now.
        UPDATE chat_budgetperiod period SET reserved = period.reserved - hold.amount, spent = spent + cost
            FROM chat_hold hold WHERE hold.period_id = period.id AND reply_id = NEW.id;
        DELETE FROM chat_hold WHERE reply_id = NEW.id;
        RETURN NULL;
    END $$;
"""
# As migration 0006 has them.
BACKWARDS = """
    CREATE OR REPLACE FUNCTION chat_reply_reserve() RETURNS trigger LANGUAGE plpgsql AS $$
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
    CREATE OR REPLACE FUNCTION chat_reply_close() RETURNS trigger LANGUAGE plpgsql AS $$
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
        PERFORM FROM chat_budget WHERE id IN (SELECT budget_id FROM chat_hold WHERE reply_id = NEW.id)
            ORDER BY id FOR NO KEY UPDATE;
        UPDATE chat_budget SET reserved = chat_budget.reserved - chat_hold.amount, spent = spent + cost
            FROM chat_hold WHERE budget_id = chat_budget.id AND reply_id = NEW.id;
        DELETE FROM chat_hold WHERE reply_id = NEW.id;
        RETURN NULL;
    END $$;

    -- Only a hard limit in all of a person or of the team could be said before.
    CREATE TEMPORARY TABLE unsayable ON COMMIT DROP AS
        SELECT id FROM chat_budget
        WHERE "window" <> 'total' OR is_own OR is_for_newcomers OR NOT is_hard
            OR num_nonnulls(group_id, conversation_id, api_key_id) > 0;
    DELETE FROM chat_hold USING chat_budgetperiod period
        WHERE period.id = period_id AND period.budget_id IN (SELECT id FROM unsayable);
    DELETE FROM chat_budgetperiod WHERE budget_id IN (SELECT id FROM unsayable);
    DELETE FROM chat_budget WHERE id IN (SELECT id FROM unsayable);
    UPDATE chat_budget budget SET reserved = period.reserved, spent = period.spent, "limit" = "limit" + period.granted
        FROM chat_budgetperiod period WHERE period.budget_id = budget.id;
    UPDATE chat_hold hold SET budget_id = period.budget_id, period_id = NULL FROM chat_budgetperiod period
        WHERE period.id = period_id;
    DELETE FROM chat_budgetperiod;
    SET CONSTRAINTS ALL IMMEDIATE;

    ALTER TABLE chat_budget DROP CONSTRAINT budget_time_zone_known;
    DROP FUNCTION chat_period_end(text, text, timestamptz);
    DROP FUNCTION chat_period_start(text, text, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_group"), ("chat", "0039_budget_scopes")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
