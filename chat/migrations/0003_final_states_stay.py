"""Nothing leaves a final state, not even by a mistake in the code."""

from django.db import migrations

FORWARDS = """
    CREATE FUNCTION chat_reply_final_states_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'reply % is %, which is final, and cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END $$;
    CREATE TRIGGER chat_reply_final_states_stay BEFORE UPDATE OF state ON chat_reply
        FOR EACH ROW WHEN (OLD.state IN ('completed', 'failed', 'stopped') AND NEW.state IS DISTINCT FROM OLD.state)
        EXECUTE FUNCTION chat_reply_final_states_stay();
"""
BACKWARDS = """
    DROP TRIGGER chat_reply_final_states_stay ON chat_reply;
    DROP FUNCTION chat_reply_final_states_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_reply_news")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
