"""Reads of accounts."""

from collections.abc import Sequence

from sqlalchemy import func, select

from bookingapp.accounts.models import User
from bookingapp.accounts.people import SignedIn, signed_in
from bookingapp.db import db


def by_email(email: str) -> User | None:
    """The account of an address, however it is typed."""
    return db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def by_session(key: str) -> SignedIn | None:
    """Who a session belongs to; None if they were signed out, disabled, or the key is not ours."""
    user_id, _, epoch = key.partition(":")
    if not (user_id.isdecimal() and epoch.isdecimal()):
        return None
    user = db.session.get(User, int(user_id))
    if user is None or user.disabled_at or user.session_epoch != int(epoch):
        return None
    return signed_in(user)


def password_hash(user_id: int) -> str:
    """What is stored of a person's password."""
    return db.session.scalars(select(User.password_hash).where(User.id == user_id)).one()


def everybody() -> Sequence[User]:
    """All accounts, by address."""
    return db.session.scalars(select(User).order_by(User.email)).all()
