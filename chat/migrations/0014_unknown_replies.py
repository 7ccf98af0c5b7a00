"""The administrators' view of the ledger: replies whose answer was lost."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("chat", "0013_given_up_replies")]

    operations = [
        migrations.CreateModel(
            name="UnknownReply",
            fields=[],
            options={
                "verbose_name": "unknown reply",
                "verbose_name_plural": "unknown replies",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("chat.reply",),
        ),
    ]
