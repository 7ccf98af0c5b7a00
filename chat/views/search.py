"""Search in all of a person's conversations: a page, and a few lines in the side bar."""

from datetime import datetime, time, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest
from chat.forms import SearchForm
from chat.search.hits import Filters, Found, Group, TookTooLong, search
from chat.search.query import SearchText
from chat.search.results import shown

CONVERSATIONS_A_PAGE = 10
QUICK_CONVERSATIONS = 8
MESSAGES_EACH = 3
# Of one conversation that was asked for by itself.
MESSAGES_OF_ONE = 50


@require_safe
@vary_on_headers("HX-Request")
def index(request: SignedInRequest) -> HttpResponse:
    """The page of results, or with htmx the results alone. 422 if a field makes no sense, 503 if it took too long."""
    form = SearchForm(request.GET)
    template = "chat/search.html#results" if request.htmx else "chat/search.html"
    if not form.is_valid():
        return render(request, template, {"form": form}, status=422)
    try:
        return render(request, template, {"form": form} | results(request, form))
    except TookTooLong:
        return render(request, template, {"form": form, "took_too_long": True}, status=503)


@require_safe
def quick(request: SignedInRequest) -> HttpResponse:
    """The best few, for the side bar while somebody types."""
    form = SearchForm({"q": request.GET.get("q", "")})
    if not form.is_valid():
        return render(request, "chat/_search_quick.html", {"form": form}, status=422)
    try:
        found = found_by(request, form)
    except TookTooLong:
        return render(request, "chat/_search_quick.html", {"form": form, "took_too_long": True}, status=503)
    text = SearchText.parse(form.cleaned_data["q"])
    hits = shown(request.user, found.groups[:QUICK_CONVERSATIONS], found, text, messages=1)
    return render(request, "chat/_search_quick.html", {"form": form, "text": text, "found": found, "hits": hits})


def results(request: SignedInRequest, form: SearchForm) -> dict[str, Any]:
    """What the page shows of what was found. Raises TookTooLong."""
    text = SearchText.parse(form.cleaned_data["q"])
    found = found_by(request, form)
    page: Page[Group] = Paginator(found.groups, CONVERSATIONS_A_PAGE).get_page(request.GET.get("page"))
    each = MESSAGES_OF_ONE if form.cleaned_data["conversation"] else MESSAGES_EACH
    hits = shown(request.user, list(page), found, text, messages=each)
    fields = request.GET.copy()
    fields.pop("page", None)
    older = fields.copy()
    if found.oldest:
        older["before"] = found.oldest.isoformat()
    return {"text": text, "found": found, "hits": hits, "page": page, "fields": fields, "older": older.urlencode()}


def found_by(request: SignedInRequest, form: SearchForm) -> Found:
    """Raises TookTooLong."""
    cleaned = form.cleaned_data
    until, before = cleaned["until"], cleaned["before"]
    ends = [end for end in (until and midnight(until + timedelta(days=1)), before) if end]
    filters = Filters(
        conversation_id=cleaned["conversation"],
        model=cleaned["model"],
        since=cleaned["since"] and midnight(cleaned["since"]),
        before=min(ends, default=None),
        has_image=cleaned["has_image"],
    )
    return search(request.user, SearchText.parse(cleaned["q"]), filters)


def midnight(day: datetime) -> datetime:
    """The beginning of a day where the person is."""
    return timezone.make_aware(datetime.combine(day, time()))
