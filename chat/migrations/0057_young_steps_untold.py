from django.db import migrations

# A browser looks at a reply 0.3 s after its page was made, and only then hears of steps on the way (chat/live.py). Those
# before would wake it for nothing. A tenth of a second is left for clocks that differ.
STEP = "NEW.state IN ('submitting', 'processing') AND NEW.created_at > now() - interval '0.2 s'"
TELL = """
    CREATE OR REPLACE TRIGGER chat_reply_tell AFTER UPDATE OF state ON chat_reply
        FOR EACH ROW WHEN ({}) EXECUTE FUNCTION chat_reply_tell();
"""
CHANGED = "OLD.state IS DISTINCT FROM NEW.state"


class Migration(migrations.Migration):
    dependencies = [("chat", "0056_preset_gone_model")]

    operations = [migrations.RunSQL(TELL.format(f"{CHANGED} AND NOT ({STEP})"), TELL.format(CHANGED))]
