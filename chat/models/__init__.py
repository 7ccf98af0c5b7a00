from chat.models.attachment import Attachment, StrayFile
from chat.models.budget import Budget, BudgetPeriod, Hold
from chat.models.budget_adjustment import BudgetAdjustment
from chat.models.budget_request import BudgetRequest
from chat.models.budget_warning import BudgetWarning
from chat.models.circuit import Circuit
from chat.models.conversation import Conversation
from chat.models.database_identity import DatabaseIdentity
from chat.models.draft import Draft
from chat.models.language_model import LanguageModel
from chat.models.ledger_entry import LedgerEntry
from chat.models.message import Message
from chat.models.preset import Preset
from chat.models.prompt import Prompt
from chat.models.reply import Reply, UnknownReply
from chat.models.reply_closing import ReplyClosing
from chat.models.search_entry import SearchEntry, SearchWord
from chat.models.share import Share, ShareReport, ShareView, SharingPolicy, Snapshot, SnapshotFile
from chat.models.usage_day import RolledDay, UsageDay

__all__ = [
    "Attachment",
    "Budget",
    "BudgetAdjustment",
    "BudgetPeriod",
    "BudgetRequest",
    "BudgetWarning",
    "Circuit",
    "Conversation",
    "DatabaseIdentity",
    "Draft",
    "Hold",
    "LanguageModel",
    "LedgerEntry",
    "Message",
    "Preset",
    "Prompt",
    "Reply",
    "ReplyClosing",
    "RolledDay",
    "SearchEntry",
    "SearchWord",
    "Share",
    "ShareReport",
    "ShareView",
    "SharingPolicy",
    "Snapshot",
    "SnapshotFile",
    "StrayFile",
    "UnknownReply",
    "UsageDay",
]
