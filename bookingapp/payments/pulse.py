"""Does the gateway answer? Read from its row, remembered for a second; steps that write it down."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bookingapp.db import is_sqlite, read, table
from bookingapp.payments.breaker import EVERY, UP, Health, after_fault
from bookingapp.payments.line import GatewayError
from bookingapp.payments.models import GatewayHealth

REMEMBERED = timedelta(seconds=1)
_row = table(GatewayHealth).c
_READ = select(
    _row.failures, _row.fault_at, _row.down_since, _row.next_probe_at, _row.said
).where(_row.name == bindparam("name"))  # fmt: skip
_LOCKED = (
    select(GatewayHealth)
    .where(GatewayHealth.name == bindparam("name"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def health(name: str) -> Health:
    """As it stands in the row, in the request's session."""
    row = read(_READ, name=name).first()
    return Health(*row) if row else UP


def fault(session: Session, name: str, error: GatewayError, now: datetime) -> Health:
    """A call went wrong."""
    row = _locked(session, name)
    return _store(row, after_fault(_health(row), error, now))


def works(session: Session, name: str) -> Health:
    """A call was answered."""
    return _store(_locked(session, name), UP)


def take_probe(session: Session, name: str, now: datetime) -> bool:
    """Whether the caller is the one who asks now; the next turn is a wait away."""
    row = _locked(session, name)
    if not _health(row).may_probe(now):
        return False
    row.next_probe_at = now + EVERY
    return True


def _locked(session: Session, name: str) -> GatewayHealth:
    adding = sqlite.insert if is_sqlite(session) else postgresql.insert
    new = adding(GatewayHealth).values(name=name, failures=0, said="")
    session.connection().execute(new.on_conflict_do_nothing(index_elements=["name"]))
    return session.scalars(_LOCKED, {"name": name}).one()


def _health(row: GatewayHealth) -> Health:
    return Health(row.failures, row.fault_at, row.down_since, row.next_probe_at, row.said)


def _store(row: GatewayHealth, now_is: Health) -> Health:
    row.failures, row.fault_at, row.said = now_is.failures, now_is.fault_at, now_is.said[:200]
    row.down_since, row.next_probe_at = now_is.down_since, now_is.next_probe_at
    return now_is
