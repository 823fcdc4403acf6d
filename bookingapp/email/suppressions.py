"""Addresses that get no more mail: nobody lives there, or somebody asked for it. Never deleted, lifted.

A mail to such an address stays visible: it ends as `suppressed`, on the failed list.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp.db import is_sqlite
from bookingapp.email.models import Scope, Suppression
from bookingapp.ready import Driver, Ready

# Kinds a person may stop without losing a ticket.
REMINDERS = frozenset({"showtime_reminder", "announcement"})


@dataclass(frozen=True)
class Suppressed:
    """Why an address gets no mail, and since when."""

    address: str
    scope: Scope
    reason: str
    since: datetime


def add(
    session: Session,
    address: str,
    scope: Scope,
    reason: str,
    now: datetime,
    *,
    message_id: int | None = None,
) -> bool:
    """From now on nothing of this scope goes there. False: it was so already."""
    adding = sqlite.insert if is_sqlite(session) else postgresql.insert
    made = (
        adding(Suppression)
        .values(
            address=_plain(address),
            scope=scope,
            reason=reason,
            created_at=now,
            message_id=message_id,
        )
        .on_conflict_do_nothing()
        .returning(Suppression.id)
    )
    return session.connection().execute(made).first() is not None


def lift(session: Session, address: str, now: datetime) -> int:
    """The address may be written to again. How many suppressions ended."""
    ending = update(Suppression).where(
        Suppression.address == _plain(address), Suppression.lifted_at.is_(None)
    )
    return session.connection().execute(ending.values(lifted_at=now)).rowcount


_FOUND = (
    select(Suppression.address, Suppression.scope, Suppression.reason, Suppression.created_at)
    .where(Suppression.address == bindparam("address"), Suppression.lifted_at.is_(None))
    .order_by(Suppression.scope)
)


def find(session: Session, address: str, kind: str = "") -> Suppressed | None:
    """What keeps mail of this kind (any, if not said) from an address; None when nothing does."""
    for row in session.connection().execute(_FOUND, {"address": _plain(address)}):
        if _keeps(row.scope, kind):
            return Suppressed(*row)
    return None


_WHY = Ready(_FOUND.with_only_columns(Suppression.scope, Suppression.reason))


def why_not(driver: Driver, address: str, kind: str) -> str | None:
    """As `find`, for every mail that is about to go: the reason alone."""
    rows = _WHY.rows(driver, address=_plain(address))
    return next((str(reason) for scope, reason in rows if _keeps(scope, kind)), None)


def _keeps(scope: str, kind: str) -> bool:
    return scope == Scope.ALL or not kind or kind in REMINDERS


def _plain(address: str) -> str:
    return address.strip().lower()
