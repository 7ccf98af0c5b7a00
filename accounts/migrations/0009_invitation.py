import uuid

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_role_alone")]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254, verbose_name="email")),
                (
                    "role",
                    models.CharField(
                        choices=[("member", "Member"), ("administrator", "Administrator"), ("auditor", "Auditor")],
                        default="member",
                        max_length=13,
                        verbose_name="role",
                    ),
                ),
                (
                    "budget_limit",
                    models.DecimalField(
                        blank=True, decimal_places=10, max_digits=20, null=True, verbose_name="budget, in credits"
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="invited")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("mailed_at", models.DateTimeField(null=True, verbose_name="mailed")),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="accepted")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked")),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
                (
                    "person",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitation",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "ordering": ["-created_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        name="invitation_unanswered_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None), _connector="OR"),
                        name="invitation_accepted_or_revoked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("budget_limit", None), ("budget_limit__gte", 0), _connector="OR"),
                        name="invitation_budget_not_negative",
                    ),
                ],
            },
        ),
    ]
