from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0008_circuit"),
    ]

    operations = [
        migrations.CreateModel(
            name="DatabaseIdentity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table_oid", models.BigIntegerField()),
                ("timeline", models.BigIntegerField()),
            ],
        ),
    ]
