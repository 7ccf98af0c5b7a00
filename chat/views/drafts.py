"""What is typed and not sent yet."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from chat import access
from chat.forms import DraftForm
from chat.services.drafts import save_draft


@require_POST
def save(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """Keep the text of the message box. Without a script this is how a page is looked at again with its text."""
    conversation = access.conversation_to_write_in(request.user, conversation_id)
    form = DraftForm(request.POST)
    if form.is_valid():
        save_draft(conversation=conversation, **form.cleaned_data)
    if not request.htmx:
        return redirect("home" if conversation.is_new else conversation)
    return HttpResponse(status=204 if form.is_valid() else 422)
