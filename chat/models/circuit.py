from django.db import models


class Circuit(models.Model):
    """A host that can't be reached at present, known to all workers. While there is a row, replies wait for it."""

    host = models.CharField(primary_key=True, max_length=300)
    failures = models.PositiveIntegerField(default=1)  # in a row
    since = models.DateTimeField(auto_now_add=True)
    # When one reply may go out to see whether the host is back; NULL until there were enough failures to hold back.
    next_try_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.host
