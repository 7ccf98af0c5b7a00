from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and keys")

    def ready(self) -> None:
        from accounts import receivers  # noqa: F401 - importing connects them
        from accounts.checks import check_keyring  # the settings are ready only now

        register(check_keyring, Tags.security)
