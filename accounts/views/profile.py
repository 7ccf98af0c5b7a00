"""The settings page: who one is here, how it looks, and the ways to everything else of one's own."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import AppearanceForm, PictureForm, ProfileForm
from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.services import pictures
from accounts.services.decoding import NotAPicture, TooManyPixels

YEAR_SECONDS = 365 * 24 * 60 * 60


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    # A copy of its own: a refused name must not show up in the rest of the page.
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=person)
    if not form.is_valid():
        return page(request, form=form, picture_form=PictureForm(), status=422 if form.is_bound else 200)
    # No more than that: who was disabled meanwhile must not be enabled by it.
    person.save(update_fields=list(form.fields))
    # The page that says so is in the new language already.
    with translation.override(person.language or settings.LANGUAGE_CODE):
        messages.success(request, _("Saved."))
    response = redirect("settings")
    # For the pages before signing in, as the switch in the browser does.
    response.set_cookie("theme", person.appearance, max_age=YEAR_SECONDS, samesite="Lax")
    return response


@require_POST
def appearance(request: SignedInRequest) -> HttpResponse:
    """What the switch in the side bar sends; the browser has changed its colours already."""
    form = AppearanceForm(request.POST, instance=request.user)
    if not form.is_valid():
        return HttpResponse(status=422)
    request.user.save(update_fields=["appearance"])
    return HttpResponse(status=204) if request.htmx else redirect("settings")


@require_POST
def picture(request: SignedInRequest) -> HttpResponse:
    """A new picture."""
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            pictures.set_picture(person=request.user, file=form.cleaned_data["picture"].file)
            messages.success(request, _("Saved."))
            return redirect("settings")
        except NotAPicture:
            form.add_error("picture", _("This is no JPEG, PNG or WebP picture that can be read. Choose another one."))
        except TooManyPixels:
            form.add_error("picture", _("This picture has more than 25 million pixels. Choose a smaller one."))
    return page(request, form=ProfileForm(instance=request.user), picture_form=form, status=422)


@require_POST
def remove_picture(request: SignedInRequest) -> HttpResponse:
    pictures.remove_picture(person=request.user)
    messages.success(request, _("Your picture is removed."))
    return redirect("settings")


def page(request: SignedInRequest, *, form: ProfileForm, picture_form: PictureForm, status: int) -> HttpResponse:
    context = {"form": form, "picture_form": picture_form, "deletion_days": settings.ACCOUNT_DELETION_DAYS}
    return render(request, "accounts/profile.html", context, status=status)
