"""Budgets for groups, conversations and keys too, for windows of time, and their periods."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import chat.models.budget


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_group"),
        ("chat", "0038_reply_created"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BudgetPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                (
                    "reserved",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=10,
                        default=Decimal("0"),
                        max_digits=20,
                        verbose_name="reserved",
                    ),
                ),
                (
                    "spent",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=10,
                        default=Decimal("0"),
                        max_digits=20,
                        verbose_name="spent",
                    ),
                ),
                (
                    "granted",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=10,
                        default=Decimal("0"),
                        max_digits=20,
                        verbose_name="granted",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="budget",
            name="budget_one_per_owner",
        ),
        migrations.RemoveConstraint(
            model_name="hold",
            name="hold_once_per_budget",
        ),
        migrations.AddField(
            model_name="budget",
            name="api_key",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="budgets",
                to="accounts.apikey",
                verbose_name="API key",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="conversation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="budgets",
                to="chat.conversation",
                verbose_name="conversation",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="group",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="budgets",
                to="accounts.group",
                verbose_name="group",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="is_for_newcomers",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Binds nobody by itself: who joins from now on gets a budget like it.",
                verbose_name="for newcomers",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="is_hard",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Refuses what would pass it. A soft limit only warns.",
                verbose_name="hard limit",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="is_own",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name="set by themselves"
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="time_zone",
            field=models.CharField(
                db_default="UTC",
                default=chat.models.budget.site_time_zone,
                help_text="Days, weeks (from Monday on) and months begin at midnight there.",
                max_length=64,
                verbose_name="time zone",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="window",
            field=models.CharField(
                choices=[("day", "a day"), ("week", "a week"), ("month", "a month"), ("total", "in all")],
                db_default="total",
                default="total",
                max_length=5,
                verbose_name="window",
            ),
        ),
        migrations.AlterField(
            model_name="budget",
            name="limit",
            field=models.DecimalField(
                decimal_places=10,
                max_digits=20,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="limit, in credits",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                fields=("owner", "group", "conversation", "api_key", "is_for_newcomers", "is_own", "window"),
                name="budget_one_per_scope_and_window",
                nulls_distinct=False,
                violation_error_message="There is such a budget for this window already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("api_key", None), ("conversation", None), ("group", None), ("owner", None)),
                    models.Q(
                        ("api_key", None),
                        ("conversation", None),
                        ("group", None),
                        ("is_for_newcomers", False),
                        ("owner__isnull", False),
                    ),
                    models.Q(
                        ("api_key", None),
                        ("conversation", None),
                        ("group__isnull", False),
                        ("is_for_newcomers", False),
                        ("owner", None),
                    ),
                    models.Q(
                        ("api_key", None),
                        ("conversation__isnull", False),
                        ("group", None),
                        ("is_for_newcomers", False),
                        ("owner", None),
                    ),
                    models.Q(
                        ("api_key__isnull", False),
                        ("conversation", None),
                        ("group", None),
                        ("is_for_newcomers", False),
                        ("owner", None),
                    ),
                    _connector="OR",
                ),
                name="budget_has_one_scope",
                violation_error_message="A budget is for one of these, or for none: then it is the whole team's.",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_own", False), ("owner__isnull", False), _connector="OR"),
                name="budget_own_has_an_owner",
            ),
        ),
        migrations.AddField(
            model_name="budgetperiod",
            name="budget",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="periods", to="chat.budget"
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="period",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="holds", to="chat.budgetperiod"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(fields=("reply", "period"), name="hold_once_per_period"),
        ),
        migrations.AlterField(
            model_name="hold",
            name="budget",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="holds", to="chat.budget"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=models.UniqueConstraint(fields=("budget", "starts_at"), name="budget_period_once"),
        ),
    ]
