"""People who sign in. A guest is no user."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from bookingapp.db import Base, Instant, states


class Role(StrEnum):
    """Each staff role sees what the ones before it see; the owner also says who may do what."""

    CUSTOMER = "customer"
    USHER = "usher"
    BOX_OFFICE = "box_office"
    MANAGER = "manager"
    OWNER = "owner"


class User(Base):
    """`session_epoch` + 1 signs this person out everywhere. Passwords are argon2 hashes."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[Role] = mapped_column(states(Role, "role"), default=Role.CUSTOMER)
    password_hash: Mapped[str] = mapped_column(String(200))
    verified_at: Mapped[datetime | None] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    session_epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)


# One account an address, however it is typed.
Index("uq_user_email_lower", func.lower(User.email), unique=True)
