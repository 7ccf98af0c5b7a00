from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0007_reply_queue"),
    ]

    operations = [
        migrations.CreateModel(
            name="Circuit",
            fields=[
                ("host", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField(default=1)),
                ("since", models.DateTimeField(auto_now_add=True)),
                ("next_try_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
