from django.urls import path

from chat.views import (
    conversations,
    drafts,
    export,
    fresh_starts,
    messages,
    organising,
    palette,
    prompts,
    queued_replies,
    replies,
    shelves,
    sidebar,
    unknown_replies,
    usage,
)
from chat.views.shelves import PRESETS, PROMPTS

urlpatterns = [
    path("", conversations.new, name="home"),
    path("c/", conversations.index, name="conversations"),
    path("c/<uuid:conversation_id>/", conversations.show, name="conversation"),
    path("c/<uuid:conversation_id>/title/", organising.rename, name="conversation_title"),
    path("c/<uuid:conversation_id>/pin/", organising.pin, name="conversation_pin"),
    path("c/<uuid:conversation_id>/pin/removal/", organising.unpin, name="conversation_unpin"),
    path("c/<uuid:conversation_id>/archive/", organising.archive, name="conversation_archive"),
    path("c/<uuid:conversation_id>/archive/removal/", organising.unarchive, name="conversation_unarchive"),
    path("c/<uuid:conversation_id>/trash/", organising.trash, name="conversation_trash"),
    path("c/<uuid:conversation_id>/messages/", messages.create, name="messages"),
    path("archive/", organising.archived, name="archive"),
    path("trash/", organising.trashed, name="trash"),
    path("trash/emptying/", organising.empty, name="trash_emptying"),
    path("trash/<uuid:conversation_id>/restoration/", organising.restore, name="conversation_restore"),
    path("trash/<uuid:conversation_id>/deletion/", organising.delete, name="conversation_delete"),
    path("sidebar/", sidebar.look, name="sidebar"),
    path("sidebar/wait/", sidebar.wait, name="sidebar_wait"),
    path("palette/", palette.palette, name="palette"),
    path("shortcuts/", palette.shortcuts, name="shortcuts"),
    path("settings/shortcuts/", palette.preference, name="shortcuts_preference"),
    path("c/<uuid:conversation_id>/draft/", drafts.save, name="draft"),
    path("prompts/", prompts.choices, name="prompt_choices"),
    path("prompts/<uuid:thing_id>/", prompts.use, name="prompt_use"),
    path("c/<uuid:conversation_id>/fresh-start/", fresh_starts.create, name="fresh_start"),
    path(
        "c/<uuid:conversation_id>/fresh-start/<uuid:message_id>/removal/",
        fresh_starts.undo,
        name="fresh_start_removal",
    ),
    path("settings/usage/", usage.usage, name="usage"),
    path("settings/export/", export.create, name="export"),
    path("replies/<uuid:reply_id>/wait/", replies.wait, name="reply_wait"),
    path("replies/<uuid:reply_id>/retries/", replies.retry, name="reply_retry"),
    path("replies/<uuid:reply_id>/cancellation/", replies.stop, name="reply_stop"),
    path("replies/<uuid:reply_id>/withdrawal/", queued_replies.withdraw, name="reply_withdraw"),
    path("replies/<uuid:reply_id>/release/", queued_replies.release, name="reply_release"),
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
