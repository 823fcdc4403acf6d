"""Who is signed in, as pages see them: plain values, frozen."""

from dataclasses import dataclass

from bookingapp.accounts.models import User


@dataclass(frozen=True)
class SignedIn:
    """What Flask-Login keeps for a request. The browser's session holds `get_id()` only."""

    id: int
    email: str
    name: str
    role: str
    epoch: int
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """The id with the epoch: an older epoch is a session that was signed out from elsewhere."""
        return f"{self.id}:{self.epoch}"


def signed_in(user: User) -> SignedIn:
    """The values of a row."""
    return SignedIn(
        id=user.id,
        email=user.email,
        name=user.name or user.email,
        role=user.role.value,
        epoch=user.session_epoch,
    )
