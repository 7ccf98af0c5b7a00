import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0043_adjusting_budgets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BudgetWarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("threshold", models.PositiveSmallIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="warnings", to="chat.budgetperiod"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("period", "threshold"), name="budget_warning_once")],
            },
        ),
        migrations.CreateModel(
            name="ReplyClosing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "cost",
                    models.DecimalField(
                        decimal_places=10,
                        max_digits=20,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="cost, in credits",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "reply",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="closing", to="chat.reply"
                    ),
                ),
            ],
            options={
                "verbose_name": "closing of an unknown reply",
                "verbose_name_plural": "closings of unknown replies",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="closing_has_a_reason"
                    )
                ],
            },
        ),
    ]
