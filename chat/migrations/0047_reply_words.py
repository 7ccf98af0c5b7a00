from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0046_reply_unknown"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="reply",
            name="billed",
            field=models.CharField(
                choices=[("no", "not billed"), ("yes", "billed"), ("unknown", "may have been billed")],
                default="no",
                max_length=7,
                verbose_name="billed",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="cost",
            field=models.DecimalField(decimal_places=10, max_digits=20, null=True, verbose_name="cost, in credits"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="failure_detail",
            field=models.TextField(blank=True, verbose_name="details of the failure"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="finished"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="given_up_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="given up by",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replies",
                to="chat.languagemodel",
                verbose_name="model",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replies",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="remaining_credits",
            field=models.DecimalField(decimal_places=10, max_digits=20, null=True, verbose_name="credits left"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="request_id",
            field=models.CharField(blank=True, max_length=200, verbose_name="request at Segmind"),
        ),
        migrations.AlterField(
            model_name="reply",
            name="reserved",
            field=models.DecimalField(
                db_default=Decimal("0"), decimal_places=10, default=Decimal("0"), max_digits=20, verbose_name="reserved"
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "queued"),
                    ("submitting", "submitting"),
                    ("processing", "processing"),
                    ("completed", "completed"),
                    ("failed", "failed"),
                    ("unknown", "unknown"),
                    ("stopped", "stopped"),
                ],
                default="queued",
                max_length=12,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="reply",
            name="submit_started_at",
            field=models.DateTimeField(null=True, verbose_name="sent"),
        ),
    ]
