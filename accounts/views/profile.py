from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms import ProfileForm
from accounts.models import User
from accounts.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    # A copy of its own: a refused name must not show up in the rest of the page.
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=person)
    if not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form}, status=422 if form.is_bound else 200)
    form.save()
    messages.success(request, _("Saved."))
    return redirect("settings")
