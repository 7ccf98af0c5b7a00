from accounts.models.api_key import ApiKey
from accounts.models.audit_entry import AuditEntry, AuditHead
from accounts.models.user import User

__all__ = ["ApiKey", "AuditEntry", "AuditHead", "User"]
