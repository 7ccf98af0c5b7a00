from chat.models.conversation import Conversation
from chat.models.language_model import LanguageModel
from chat.models.message import Message
from chat.models.preferences import Preferences
from chat.models.reply import Reply

__all__ = ["Conversation", "LanguageModel", "Message", "Preferences", "Reply"]
