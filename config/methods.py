"""What may be done at an address: read it, or send a form to it."""

from django.http import HttpRequest, HttpResponseNotAllowed
from django.utils.deprecation import MiddlewareMixin

METHODS = ("GET", "HEAD", "OPTIONS", "POST")


class KnownMethodsMiddleware(MiddlewareMixin):
    """405 for every other method: Django's own forms take a PUT for a POST, and the admin a DELETE for a GET."""

    def process_request(self, request: HttpRequest) -> HttpResponseNotAllowed | None:
        return None if request.method in METHODS else HttpResponseNotAllowed(METHODS)
