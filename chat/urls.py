from django.urls import path

from chat.views import (
    budgets,
    conversations,
    export,
    fresh_starts,
    messages,
    prompts,
    replies,
    shelves,
    unknown_replies,
    usage,
)
from chat.views.shelves import PRESETS, PROMPTS

urlpatterns = [
    path("", conversations.new, name="home"),
    path("c/", conversations.index, name="conversations"),
    path("c/<uuid:conversation_id>/", conversations.show, name="conversation"),
    path("c/<uuid:conversation_id>/deletion/", conversations.delete, name="conversation_delete"),
    path("c/<uuid:conversation_id>/messages/", messages.create, name="messages"),
    path("prompts/", prompts.choices, name="prompt_choices"),
    path("prompts/<uuid:thing_id>/", prompts.use, name="prompt_use"),
    path("c/<uuid:conversation_id>/fresh-start/", fresh_starts.create, name="fresh_start"),
    path(
        "c/<uuid:conversation_id>/fresh-start/<uuid:message_id>/removal/",
        fresh_starts.undo,
        name="fresh_start_removal",
    ),
    path("settings/usage/", usage.usage, name="usage"),
    path("settings/usage/limit/", budgets.own_limit, name="own_limit"),
    path("budgets/notice/", budgets.notice, name="budget_notice"),
    path("budgets/<int:budget_id>/requests/", budgets.ask, name="ask_for_more"),
    path("settings/export/", export.create, name="export"),
    path("replies/<uuid:reply_id>/wait/", replies.wait, name="reply_wait"),
    path("replies/<uuid:reply_id>/retries/", replies.retry, name="reply_retry"),
    path("replies/<uuid:reply_id>/cancellation/", replies.stop, name="reply_stop"),
    path("replies/<uuid:reply_id>/abandonment/", unknown_replies.give_up, name="reply_give_up"),
    path("replies/<uuid:reply_id>/search/", unknown_replies.look, name="reply_look"),
    path("replies/<uuid:reply_id>/balance/", unknown_replies.balance, name="reply_balance"),
]

for shelf in (PROMPTS, PRESETS):
    folder, given = f"settings/{shelf.name}/", {"shelf": shelf}
    urlpatterns += [
        path(folder, shelves.index, given, name=shelf.name),
        path(f"{folder}<uuid:thing_id>/", shelves.change, given, name=f"{shelf.name}_change"),
        path(f"{folder}<uuid:thing_id>/removal/", shelves.remove, given, name=f"{shelf.name}_remove"),
        path(f"{folder}<uuid:thing_id>/moves/", shelves.move, given, name=f"{shelf.name}_move"),
        path(f"{folder}<uuid:thing_id>/promotion/", shelves.promote, given, name=f"{shelf.name}_promote"),
        path(f"{folder}<uuid:thing_id>/copies/", shelves.copy, given, name=f"{shelf.name}_copy"),
    ]
