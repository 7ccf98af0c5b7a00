"""An answer that came without a cost, and was not billed, gives its reservation back once an administrator says so."""

from django.db import migrations

TRIGGER = """
    DROP TRIGGER chat_reply_close ON chat_reply;
    CREATE TRIGGER chat_reply_close AFTER UPDATE OF state, billed, cost ON chat_reply
        FOR EACH ROW WHEN (
            NEW.billed = 'yes' AND NEW.cost IS NOT NULL
            OR NEW.billed = 'no' AND NEW.state IN ({})
        ) EXECUTE FUNCTION chat_reply_close();
"""
FORWARDS = TRIGGER.format("'completed', 'failed', 'stopped', 'unknown'")
# As migration 0006 has it.
BACKWARDS = TRIGGER.format("'failed', 'stopped', 'unknown'")


class Migration(migrations.Migration):
    dependencies = [("chat", "0054_no_reply_unknown")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
