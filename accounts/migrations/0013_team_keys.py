from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_api_key_default"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="for_everyone",
            field=models.BooleanField(db_default=False, default=False, verbose_name="for everyone"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="granted_people",
            field=models.ManyToManyField(
                blank=True, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="for these people"
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="is_paused",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Nothing new is sent with it until it is resumed.",
                verbose_name="paused",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=Q(owner=None) | Q(for_everyone=False, is_paused=False),
                name="api_key_only_the_teams_is_granted",
            ),
        ),
    ]
