"""Every address of the site. Names that people and outside tests rely on stay put."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path


def nothing(request: HttpRequest, **ids: str) -> HttpResponse:
    raise Http404


urlpatterns = [
    path("", include("chat.urls")),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    # In place of the admin's own, which tells whoever is in the admin whether there is a thing of any type and id.
    path("admin/r/<path:content_type_id>/<path:object_id>/", nothing),
    path("admin/", admin.site.urls),
    path("", include("config.health")),
]
