from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Conversations and models")

    def ready(self) -> None:
        from chat import receivers  # noqa: F401 - it connects them; the models are ready only now
