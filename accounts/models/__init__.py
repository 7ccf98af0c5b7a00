from accounts.models.api_key import ApiKey
from accounts.models.audit_entry import AuditEntry, AuditHead
from accounts.models.group import Group
from accounts.models.invitation import Invitation
from accounts.models.key_notice import KeyNotice
from accounts.models.picture import Picture
from accounts.models.user import User
from accounts.models.webhook import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "ApiKey",
    "AuditEntry",
    "AuditHead",
    "Group",
    "Invitation",
    "KeyNotice",
    "Picture",
    "User",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
]
