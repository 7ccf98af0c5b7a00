from django.urls import path

from accounts.views import departure, invitations, keys, pictures, profile, setup, sign_in

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
    path("settings/keys/<uuid:key_id>/checks/", keys.check, name="key_checks"),
    path("settings/keys/<uuid:key_id>/removal/", keys.remove, name="key_removal"),
    # Before allauth's own, which it replaces.
    path("accounts/login/", sign_in.sign_in, name="account_login"),
]
