"""The only road from an id in a URL to a thing of accounts, always through a person."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from accounts.models import ApiKey, User


def api_key_for(user: User, key_id: UUID) -> ApiKey:
    """Raises Http404 alike for a key that is not there and for one of somebody else."""
    return get_object_or_404(ApiKey.objects.visible_to(user), pk=key_id)
