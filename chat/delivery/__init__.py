"""The process that takes a reply from queued to its end."""

from chat.delivery.process import deliver
from chat.delivery.rescue import rescue

__all__ = ["deliver", "rescue"]
