import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0022_key_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("address", models.CharField(max_length=500, verbose_name="address")),
                ("ciphertext", models.BinaryField()),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("key.low_balance", "few credits left"),
                                ("key.exhausted", "no credits left"),
                                ("key.refused", "refused by Segmind"),
                                ("key.spend_limit", "spend limit reached"),
                            ],
                            max_length=20,
                        ),
                        verbose_name="what it hears of",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="An address that answers “410 Gone” is switched off by itself.",
                        verbose_name="on",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("key.low_balance", "few credits left"),
                            ("key.exhausted", "no credits left"),
                            ("key.refused", "refused by Segmind"),
                            ("key.spend_limit", "spend limit reached"),
                            ("test", "a test"),
                        ],
                        max_length=20,
                        verbose_name="about",
                    ),
                ),
                ("occasion", models.CharField(editable=False, max_length=100)),
                ("body", models.TextField(verbose_name="body")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("delivered", "delivered"), ("given-up", "given up")],
                        default="waiting",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("attempts_made", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "next_attempt_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="next attempt"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="accounts.webhook",
                        verbose_name="webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "ordering": ["-created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("under-way", "under way, or its worker was stopped"),
                            ("delivered", "delivered"),
                            ("answered", "answered with an error"),
                            ("redirected", "answered with another address, which is not followed"),
                            ("gone", "answered that it is gone: the webhook is switched off"),
                            ("timed-out", "no answer in time"),
                            ("unreachable", "could not be reached"),
                            ("unknown-host", "there is no machine of that name"),
                            ("forbidden", "internal address, not in WEBHOOK_NETWORKS"),
                            ("broken", "the connection broke, or the answer was no HTTP"),
                            ("sealed", "the signing secret can't be opened: remove the webhook and add it again"),
                            ("off", "the webhook is switched off"),
                        ],
                        default="under-way",
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status code")),
                ("milliseconds", models.PositiveIntegerField(null=True, verbose_name="took, in milliseconds")),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="accounts.webhookdelivery",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
                "ordering": ["at", "pk"],
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["next_attempt_at"], name="webhook_delivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["-created_at", "id"], name="webhook_delivery_newest"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("webhook", "occasion"), name="webhook_delivery_once_per_occasion"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "delivered", "given-up"])),
                name="webhook_delivery_state_is_known",
            ),
        ),
    ]
