"""Days that are over are summed up once; a reply that changes afterwards takes its day out again."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The days before and after as well: the trigger need not know whose midnights bound them.
FORWARDS = """
    CREATE FUNCTION chat_reply_unroll() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(7240001);
        DELETE FROM chat_rolledday WHERE day BETWEEN NEW.created_at::date - 1 AND NEW.created_at::date + 1;
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM chat_rolledday WHERE day BETWEEN OLD.created_at::date - 1 AND OLD.created_at::date + 1;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER chat_reply_unroll_inserted AFTER INSERT ON chat_reply
        FOR EACH ROW WHEN (NEW.created_at < now() - interval '12 hours') EXECUTE FUNCTION chat_reply_unroll();
    CREATE TRIGGER chat_reply_unroll_updated AFTER UPDATE OF state, billed, cost, created_at, finished_at,
            input_tokens, output_tokens ON chat_reply
        FOR EACH ROW WHEN (LEAST(OLD.created_at, NEW.created_at) < now() - interval '12 hours')
        EXECUTE FUNCTION chat_reply_unroll();
"""
BACKWARDS = """
    DROP TRIGGER chat_reply_unroll_updated ON chat_reply;
    DROP TRIGGER chat_reply_unroll_inserted ON chat_reply;
    DROP FUNCTION chat_reply_unroll();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_group"),
        ("chat", "0036_shares"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RolledDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("time_zone", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("conversation", models.UUIDField(null=True)),
                ("replies", models.PositiveIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("unknown", models.PositiveIntegerField()),
                ("read", models.PositiveBigIntegerField()),
                ("written", models.PositiveBigIntegerField()),
                ("spent", models.DecimalField(decimal_places=10, max_digits=20)),
                ("waits", django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField())),
                (
                    "api_key",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="accounts.apikey"
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="chat.languagemodel"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "usage",
                "verbose_name_plural": "usage",
                "indexes": [models.Index(fields=["day"], name="usage_day")],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
