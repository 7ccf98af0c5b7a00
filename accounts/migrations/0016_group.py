import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_rate_told_at"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("site.set_up", "site set up"),
                    ("setting.changed", "setting changed"),
                    ("sign_in", "signed in"),
                    ("sign_in.failed", "sign-in failed"),
                    ("sign_in.throttled", "sign-in refused after too many attempts"),
                    ("sign_in.again", "signed in again"),
                    ("sign_out", "signed out"),
                    ("session.ended", "session ended from elsewhere"),
                    ("password.changed", "password changed"),
                    ("password.reset_asked", "password reset asked for"),
                    ("password.reset", "password reset"),
                    ("email.added", "email address added"),
                    ("email.verified", "email address verified"),
                    ("email.changed", "email address changed"),
                    ("email.removed", "email address removed"),
                    ("identity.connected", "outside account connected"),
                    ("identity.disconnected", "outside account disconnected"),
                    ("factor.added", "second factor added"),
                    ("factor.removed", "second factor removed"),
                    ("factor.failed", "second factor failed"),
                    ("recovery_codes.made", "recovery codes made"),
                    ("recovery_code.used", "recovery code used"),
                    ("invitation.sent", "invitation sent"),
                    ("invitation.resent", "invitation sent again"),
                    ("invitation.revoked", "invitation revoked"),
                    ("invitation.accepted", "invitation accepted"),
                    ("person.added", "person added"),
                    ("person.changed", "person changed"),
                    ("person.disabled", "person disabled"),
                    ("person.enabled", "person enabled"),
                    ("person.deletion_asked", "deletion of a person asked for"),
                    ("person.deletion_undone", "deletion of a person undone"),
                    ("person.deleted", "person deleted"),
                    ("role.changed", "role changed"),
                    ("group.added", "group added"),
                    ("group.changed", "group changed"),
                    ("group.removed", "group removed"),
                    ("key.added", "key added"),
                    ("key.changed", "key changed"),
                    ("key.replaced", "key replaced"),
                    ("key.removed", "key removed"),
                    ("key.refused", "key refused by Segmind"),
                    ("key.granted", "key granted"),
                    ("key.withdrawn", "key withdrawn"),
                    ("keyring.rotated", "keyring rotated"),
                    ("budget.set", "budget set"),
                    ("budget.removed", "budget removed"),
                    ("model.added", "language model added"),
                    ("model.changed", "language model changed"),
                    ("model.removed", "language model removed"),
                    ("share.created", "share created"),
                    ("share.changed", "share changed"),
                    ("share.revoked", "share revoked"),
                    ("data.exported", "data exported"),
                    ("audit.exported", "audit log exported"),
                ],
                max_length=40,
                verbose_name="action",
            ),
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                (
                    "members",
                    models.ManyToManyField(
                        blank=True, related_name="groups", to=settings.AUTH_USER_MODEL, verbose_name="members"
                    ),
                ),
            ],
            options={
                "verbose_name": "group",
                "verbose_name_plural": "groups",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="group_name_once",
                        violation_error_message="There is a group of this name already.",
                    )
                ],
            },
        ),
    ]
