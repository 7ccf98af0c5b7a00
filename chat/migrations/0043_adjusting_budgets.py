"""An adjustment moves the limit of its period, and stays as it was made."""

from django.db import migrations

FORWARDS = """
    CREATE FUNCTION chat_budget_adjust() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM chat_budget WHERE id = (SELECT budget_id FROM chat_budgetperiod WHERE id = NEW.period_id)
            FOR NO KEY UPDATE;
        UPDATE chat_budgetperiod SET granted = granted + NEW.amount WHERE id = NEW.period_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_budget_adjust AFTER INSERT ON chat_budgetadjustment
        FOR EACH ROW EXECUTE FUNCTION chat_budget_adjust();

    -- But the budget may be removed, and the account of who made it.
    CREATE FUNCTION chat_adjustment_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF (NEW.id, NEW.amount, NEW.reason, NEW.created_at) = (OLD.id, OLD.amount, OLD.reason, OLD.created_at)
                AND (NEW.period_id IS NULL OR NEW.period_id IS NOT DISTINCT FROM OLD.period_id)
                AND (NEW.by_id IS NULL OR NEW.by_id IS NOT DISTINCT FROM OLD.by_id)
            THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'budget adjustment % stays as it is', OLD.id USING ERRCODE = 'check_violation';
    END $$;
    CREATE TRIGGER chat_adjustment_append_only BEFORE UPDATE OR DELETE ON chat_budgetadjustment
        FOR EACH ROW EXECUTE FUNCTION chat_adjustment_append_only();
"""
BACKWARDS = """
    DROP TRIGGER chat_adjustment_append_only ON chat_budgetadjustment;
    DROP FUNCTION chat_adjustment_append_only();
    DROP TRIGGER chat_budget_adjust ON chat_budgetadjustment;
    DROP FUNCTION chat_budget_adjust();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0042_budget_adjustments")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
