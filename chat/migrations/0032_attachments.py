import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0031_search_entries_of_old"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StrayFile",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name="message",
            name="attachment_count",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("kind", models.CharField(choices=[("image", "image"), ("text", "text file")], max_length=5)),
                ("name", models.CharField(max_length=100)),
                ("alt", models.CharField(blank=True, max_length=500, verbose_name="description")),
                ("digest", models.CharField(max_length=64)),
                ("bytes", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("file", models.CharField(blank=True, editable=False, max_length=100)),
                ("thumbnail", models.CharField(blank=True, editable=False, max_length=100)),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                ("text", models.TextField(blank=True)),
                ("characters", models.PositiveIntegerField(default=0)),
                ("lines", models.PositiveIntegerField(default=0)),
                (
                    "conversation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="chat.conversation",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="chat.message",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("message", None)), fields=["created_at"], name="attachment_unsent"
                    ),
                    models.Index(
                        condition=models.Q(("file", ""), _negated=True), fields=["file"], name="attachment_file"
                    ),
                    models.Index(
                        condition=models.Q(("thumbnail", ""), _negated=True),
                        fields=["thumbnail"],
                        name="attachment_thumbnail",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "image"),
                                ("text", ""),
                                models.Q(("file", ""), _negated=True),
                                models.Q(("thumbnail", ""), _negated=True),
                            ),
                            models.Q(("file", ""), ("kind", "text"), ("thumbnail", "")),
                            _connector="OR",
                        ),
                        name="attachment_is_a_file_or_a_text",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("message", None), ("conversation__isnull", False), _connector="OR"),
                        name="attachment_sent_in_a_conversation",
                    ),
                ],
            },
        ),
    ]
