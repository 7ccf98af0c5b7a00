from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and keys")

    def ready(self) -> None:
        from accounts import receivers  # noqa: F401 - it connects them; the models are ready only now
        from accounts.checks import check_keyring, check_sign_up  # the settings are ready only now

        register(check_keyring, Tags.security)
        register(check_sign_up, Tags.security)
