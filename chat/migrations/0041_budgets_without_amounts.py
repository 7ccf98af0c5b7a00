"""What is reserved and spent stands in the periods, since the migration before."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0040_budget_periods")]

    operations = [
        migrations.RemoveField(model_name="budget", name="reserved"),
        migrations.RemoveField(model_name="budget", name="spent"),
        migrations.RemoveField(model_name="hold", name="budget"),
        migrations.AlterField(
            model_name="hold",
            name="period",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="holds", to="chat.budgetperiod"
            ),
        ),
    ]
