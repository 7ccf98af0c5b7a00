"""The index of those whose answer was lost, which are some of those whose cost nobody knows."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0053_reply_cost_unknown")]

    operations = [RemoveIndexConcurrently("reply", "reply_unknown")]
