import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_group"),
        ("chat", "0035_conversation_copied_from"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "audience",
                    models.CharField(
                        choices=[("anyone", "Anyone with the link"), ("members", "Members"), ("named", "Named people")],
                        max_length=7,
                        verbose_name="who may open it",
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True, verbose_name="until")),
                ("passphrase", models.CharField(blank=True, editable=False, max_length=255)),
                ("views_limit", models.PositiveIntegerField(null=True, verbose_name="number of views")),
                ("may_continue", models.BooleanField(default=False)),
                ("first_id", models.UUIDField(editable=False, null=True)),
                ("last_id", models.UUIDField(editable=False, null=True)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("with_instruction", models.BooleanField(default=False)),
                ("with_names", models.BooleanField(default=False)),
                ("unmasked", models.JSONField(default=list)),
                ("public_title", models.CharField(blank=True, max_length=100)),
                ("public_summary", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("views", models.PositiveIntegerField(default=0, verbose_name="views")),
                ("last_seen_at", models.DateTimeField(null=True, verbose_name="last seen")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked")),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="chat.conversation"
                    ),
                ),
                ("groups", models.ManyToManyField(related_name="+", to="accounts.group", verbose_name="groups")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "people",
                    models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="named people"),
                ),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
            },
        ),
        migrations.CreateModel(
            name="ShareReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField(max_length=2000, verbose_name="what is wrong with it")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="reported")),
                (
                    "reporter",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reported by",
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="chat.share",
                        verbose_name="link",
                    ),
                ),
            ],
            options={
                "verbose_name": "report about a link",
                "verbose_name_plural": "reports about links",
            },
        ),
        migrations.CreateModel(
            name="ShareView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="seen_by", to="chat.share"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SharingPolicy",
            fields=[
                ("id", models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "anyone_allowed",
                    models.BooleanField(
                        default=True,
                        help_text="Off: members can share with each other only, and the links for anyone that exist are revoked.",
                        verbose_name="links for anyone",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule on sharing",
                "verbose_name_plural": "rules on sharing",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="sharing_policy_is_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "share",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="snapshot",
                        serialize=False,
                        to="chat.share",
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("instruction", models.TextField(blank=True)),
                ("messages", models.JSONField()),
                ("html_version", models.PositiveSmallIntegerField()),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="chat.languagemodel",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="share",
            index=models.Index(fields=["owner", "-created_at"], name="share_owner_newest"),
        ),
        migrations.AddConstraint(
            model_name="share",
            constraint=models.CheckConstraint(
                condition=models.Q(("views_limit", None), ("views__lte", models.F("views_limit")), _connector="OR"),
                name="share_views_within_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharereport",
            constraint=models.UniqueConstraint(fields=("share", "reporter"), name="share_reported_once_by_each"),
        ),
        migrations.AddConstraint(
            model_name="shareview",
            constraint=models.UniqueConstraint(fields=("share", "person"), name="share_view_once_per_person"),
        ),
    ]
