from django.urls import path
from django.views.generic import RedirectView

from accounts.views import departure, invitations, key_notices, keys, pictures, profile, security, setup, sign_in

urlpatterns = [
    path("setup/", setup.setup, name="setup"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("pictures/<uuid:picture_id>/", pictures.picture, name="picture"),
    path("settings/", profile.profile, name="settings"),
    path("settings/appearance/", profile.appearance, name="appearance"),
    path("settings/picture/", profile.picture, name="own_picture"),
    path("settings/picture/removal/", profile.remove_picture, name="own_picture_removal"),
    path("settings/departure/", departure.leave, name="departure"),
    path("settings/departure/cancellation/", departure.stay, name="departure_cancellation"),
    path("settings/keys/", keys.keys, name="keys"),
    path("settings/keys/<uuid:key_id>/", keys.change, name="key"),
    path("settings/keys/<uuid:key_id>/checks/", keys.check, name="key_checks"),
    path("settings/keys/<uuid:key_id>/default/", keys.make_default, name="key_default"),
    path("settings/keys/<uuid:key_id>/removal/", keys.remove, name="key_removal"),
    path("settings/notices/<int:notice_id>/dismissal/", key_notices.dismiss, name="key_notice_dismissal"),
    path("settings/security/", security.security, name="security"),
    path("settings/security/second-factor/", security.second_factor, name="second_factor"),
    path("settings/security/authenticator.svg", security.authenticator_picture, name="authenticator_picture"),
    # Before allauth's own, which they replace.
    path("accounts/login/", sign_in.sign_in, name="account_login"),
    path("accounts/signed-in/", sign_in.signed_in, name="signed_in"),
    path("accounts/2fa/", RedirectView.as_view(pattern_name="security"), name="mfa_index"),
]
