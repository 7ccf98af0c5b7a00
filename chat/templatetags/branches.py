"""What the actions on a message need."""

import uuid

from django import template

register = template.Library()


@register.simple_tag
def fresh_id() -> uuid.UUID:
    """An id for whatever a button of this page makes: pressed twice, it makes it once."""
    return uuid.uuid4()
