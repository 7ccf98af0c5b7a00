import uuid

from django.db import models
from django.urls import reverse


class Picture(models.Model):
    """A person's picture: a small square WebP. Another picture is another row, so no address changes its content."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webp = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("picture", args=[self.pk])
