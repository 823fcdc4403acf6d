"""A booking's address corrected: what is owed goes there, and the old address is told."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bookingapp import audit, clock
from bookingapp.accounts.models import User
from bookingapp.audit import AuditEntry
from bookingapp.booking import hold, rules
from bookingapp.booking.models import Booking, BookingState
from bookingapp.booking.service import sending
from bookingapp.catalogue.models import Screen, SeatPlan, Showtime, Theater
from bookingapp.db import transaction
from bookingapp.email import copies, outbox, suppressions
from bookingapp.email.messages import EmailChanged
from bookingapp.email.models import Delivery, OutboxMessage
from bookingapp.email.rowlock import locked
from bookingapp.email.rules import GONE, SameAddress
from bookingapp.errors import NotFound

ACTION = "booking.address"
CORRECTIONS_A_DAY = 3


def correct_own_address(token: str, email: str) -> None:
    """The customer's own correction of a paid booking; the ticket goes there at once.

    Raises NotFound, NotConfirmed, SameAddress, CannotReach, TooManyCorrections.
    """
    with transaction() as session:
        booking = hold.lock(session, token)
        if booking is None:
            raise NotFound
        if booking.state is not BookingState.CONFIRMED:
            raise rules.NotConfirmed
        if copies.same(booking.email, email):
            raise SameAddress(address=email)
        if suppressions.find(session, email, sending.KIND):
            raise rules.CannotReach(email=email)
        rules.check_holds(_today(session, booking), CORRECTIONS_A_DAY, rules.TooManyCorrections)
        _correct(session, booking, email, None)


def correct_address(mail: str, email: str, *, actor_id: int | None = None) -> str | None:
    """Staff's correction, begun from a mail of the booking; the public id of the mail in its place.

    None: it is owed there already. Raises NotFound, BeingSent, Pruned, SameAddress,
    AddressSuppressed.
    """
    with transaction() as session:
        whose = select(OutboxMessage.booking_id).where(OutboxMessage.public_id == mail)
        # the booking first, as everywhere: two deeds must not wait for each other
        booking = session.get(Booking, session.scalar(whose) or 0, with_for_update=True)
        if booking is None:
            raise NotFound
        row = locked(session, mail)
        made = copies.elsewhere(session, row, email)
        if not copies.same(booking.email, email):
            _correct(session, booking, email, actor_id)
        return made


def _correct(session: Session, booking: Booking, email: str, actor_id: int | None) -> None:
    old, booking.email = booking.email, email
    audit.note(
        session, ACTION, ("booking", booking.id), actor_id=actor_id,
        before={"email": old}, after={"email": email},
    )  # fmt: skip
    session.flush()
    may_tell = _reaches(session, booking, old)
    copies.follow(session, booking.id, old, email)
    if booking.state is BookingState.CONFIRMED:
        sending.owe_ticket(session, booking)
    if may_tell:
        _tell(session, booking, old, clock.now())


def _today(session: Session, booking: Booking) -> int:
    """Corrections by the customer within the last day."""
    since = clock.now() - timedelta(days=1)
    return _corrections(session, booking, AuditEntry.at > since, AuditEntry.actor_id.is_(None))


def _corrections(session: Session, booking: Booking, *which: object) -> int:
    mine = AuditEntry.row_type == "booking", AuditEntry.row_id == str(booking.id)
    counted = select(func.count(AuditEntry.id)).where(*mine, AuditEntry.action == ACTION, *which)  # type: ignore[arg-type]
    return session.scalar(counted) or 0


def _reaches(session: Session, booking: Booking, old: str) -> bool:
    """Whether somebody is known to read mail there: it arrived as far as we know, or was verified."""
    if not old or suppressions.find(session, old):
        return False
    letters = session.execute(
        select(OutboxMessage.state, OutboxMessage.delivery).where(
            OutboxMessage.booking_id == booking.id,
            func.lower(OutboxMessage.recipient) == old.lower(),
        )
    ).all()
    if any(letter.delivery is Delivery.BOUNCED for letter in letters):
        return False
    if any(letter.state in GONE for letter in letters):
        return True
    verified = func.lower(User.email) == old.lower(), User.verified_at.is_not(None)
    return session.scalar(select(User.id).where(*verified)) is not None


def _tell(session: Session, booking: Booking, old: str, now: datetime) -> None:
    house = session.execute(
        select(Theater.name, Theater.address, Theater.phone, Theater.time_zone)
        .join(Screen, Screen.theater_id == Theater.id)
        .join(SeatPlan, SeatPlan.screen_id == Screen.id)
        .join(Showtime, Showtime.seat_plan_id == SeatPlan.id)
        .where(Showtime.id == booking.showtime_id)
    ).one()
    outbox.put(
        session,
        EmailChanged(
            theater=house.name, address=house.address, phone=house.phone, number=booking.number,
            new_hint=rules.hint(booking.email), changed_at=now, zone=house.time_zone,
        ),
        recipient=old,
        locale=booking.locale,
        dedupe_key=f"email_changed:{booking.number}:{_corrections(session, booking)}",
        booking_id=booking.id,
    )  # fmt: skip
