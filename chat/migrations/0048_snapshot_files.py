import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0047_reply_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="share",
            name="with_images",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="SnapshotFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("file", models.CharField(editable=False, max_length=100)),
                ("thumbnail", models.CharField(editable=False, max_length=100)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("bytes", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="chat.snapshot"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["file"], name="snapshot_file_file"),
                    models.Index(fields=["thumbnail"], name="snapshot_file_thumbnail"),
                ],
            },
        ),
    ]
