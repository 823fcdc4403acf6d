"""Tax laws, kept by the manager: what was sold under a law is never taxed by another afterwards."""

from datetime import date, time

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bookingapp import audit, clock
from bookingapp.booking.models import Booking
from bookingapp.catalogue import taxes
from bookingapp.catalogue.models import Theater
from bookingapp.catalogue.tax import Law, LawThere, LawUsed
from bookingapp.db import transaction
from bookingapp.errors import NotFound


def add_law(law: Law, actor_id: int) -> None:
    """A law from a day on: from tomorrow, or earlier while nothing was sold since.

    Raises LawUnclear, LawThere, LawUsed.
    """
    try:
        with transaction() as session:
            _check_unused(session, law.since)
            taxes.add(session, law)
            audit.note(
                session, "tax.add", ("tax_rule", law.since), actor_id=actor_id, after=_told(law)
            )
    except IntegrityError:  # another manager was quicker
        raise LawThere(since=law.since) from None


def remove_law(since: date, actor_id: int) -> None:
    """Take a law out that nothing was sold under; the one before goes on. Raises NotFound, LawUsed."""
    with transaction() as session:
        _check_unused(session, since)
        row = taxes.find(session, since)
        if row is None:
            raise NotFound
        taxes.remove(session, row)
        audit.note(session, "tax.remove", ("tax_rule", since), actor_id=actor_id)


def _check_unused(session: Session, since: date) -> None:
    """Seats held count as well: their price is made up already."""
    zone = session.scalar(select(Theater.time_zone).order_by(Theater.id).limit(1)) or "UTC"
    begins = clock.from_local(since, time(0), zone)
    used = select(Booking.id).where(Booking.created_at >= begins).limit(1)
    if begins <= clock.now() and session.scalar(used) is not None:
        raise LawUsed(since=since)


def _told(law: Law) -> dict[str, object]:
    bands = [[band.upto, band.rate] for band in law.bands]
    return {"since": law.since.isoformat(), "fee_rate": law.fee_rate, "bands": bands}
