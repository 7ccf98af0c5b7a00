from django.urls import path

from accounts.views import keys, profile, setup, sign_in

urlpatterns = [
    path("setup/", setup.setup, name="setup"),
    path("settings/", profile.profile, name="settings"),
    path("settings/keys/", keys.keys, name="keys"),
    path("settings/keys/<uuid:key_id>/", keys.change, name="key"),
    path("settings/keys/<uuid:key_id>/checks/", keys.check, name="key_checks"),
    path("settings/keys/<uuid:key_id>/default/", keys.make_default, name="key_default"),
    path("settings/keys/<uuid:key_id>/removal/", keys.remove, name="key_removal"),
    # Before allauth's own, which it replaces.
    path("accounts/login/", sign_in.sign_in, name="account_login"),
]
