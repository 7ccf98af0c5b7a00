from django.db import models


class DatabaseIdentity(models.Model):
    """One row: which database this was when a worker last looked. A restored backup is another one."""

    table_oid = models.BigIntegerField()  # a dump that is read in again makes new tables
    timeline = models.BigIntegerField()  # a physical backup that is started goes on in a new timeline

    def __str__(self) -> str:
        return f"{self.table_oid} {self.timeline}"
