from accounts.models.api_key import ApiKey
from accounts.models.invitation import Invitation
from accounts.models.picture import Picture
from accounts.models.user import User

__all__ = ["ApiKey", "Invitation", "Picture", "User"]
