"""The flags and the permissions go: the role says it all. In a migration of its own, because the rows are filled by then."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_role")]

    operations = [
        migrations.RemoveField(model_name="user", name="groups"),
        migrations.RemoveField(model_name="user", name="user_permissions"),
        migrations.RemoveField(model_name="user", name="is_staff"),
        migrations.RemoveField(model_name="user", name="is_superuser"),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["member", "administrator", "auditor"])), name="user_role_is_known"
            ),
        ),
    ]
