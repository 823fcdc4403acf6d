"""The letters a booking owes, with all they say, frozen in the transaction that owes them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.booking import assemble, rules
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.booking.policy import terms_of
from bookingapp.booking.views import ShowView
from bookingapp.catalogue.models import Seat, SeatCategory, Showtime, TicketType
from bookingapp.db import ask
from bookingapp.email import outbox
from bookingapp.email.messages import (
    BookingConfirmation,
    CancelStep,
    PaidFacts,
    PaymentFailed,
    PaymentSuccess,
    SeatFacts,
    TaxLine,
    TicketFacts,
)
from bookingapp.papers.issue import number_of
from bookingapp.payments.models import Payment
from bookingapp.payments.words import failure
from bookingapp.ready import Driver, Ready
from bookingapp.settings import current
from bookingapp.tickets.models import TicketCode
from bookingapp.web.i18n import force_locale

# Long enough for a second try to make the letter needless.
AFTER_A_FAILURE = timedelta(minutes=2)
A_DAY = timedelta(days=1)
# Built once: most of a small read's time is the building of its statement.
_booking, _showing, _claim, _seat, _category, _type, _code = (
    table.__table__.c
    for table in (Booking, Showtime, BookingSeat, Seat, SeatCategory, TicketType, TicketCode)
)
_STILL = Ready(
    select(_booking.id).where(
        _booking.id == bindparam("booking"),
        _booking.state == BookingState.CONFIRMED,
        _booking.revision == bindparam("revision"),
    )
)
_KEPT = Ready(
    select(_booking.id).where(
        _booking.id == bindparam("booking"),
        _booking.state == BookingState.HELD,
        _booking.hold_expires_at > bindparam("now"),
    )
)
_SHOW = assemble.with_show(select(_showing.id, *assemble.SHOW)).where(
    _showing.id == bindparam("showtime")
)
_EVERY_SEAT: Any = (
    select(
        _seat.name, _category.name, _category.look, _type.name, _claim.price, _claim.tax_rate,
        _claim.tax, _claim.id, _claim.discount,
    )
    .join_from(BookingSeat.__table__, Seat.__table__, _seat.id == _claim.seat_id)
    .join(SeatCategory.__table__, _category.id == _seat.category_id)
    .outerjoin(TicketType.__table__, _type.id == _claim.ticket_type_id)
    .where(
        _claim.booking_id == bindparam("booking"),
        _claim.showtime_id == bindparam("showtime"),
    )
    .order_by(_seat.y, _seat.x)
)  # fmt: skip
_SEATS = _EVERY_SEAT.where(_claim.released_at.is_(None))
_LIVE_SECRET = select(_code.secret).where(
    _code.booking_id == bindparam("booking"), _code.revoked_at.is_(None)
)


def owe_confirmation(
    session: Session,
    booking: Booking,
    payment: Payment | None,
    secret: str,
    facts: TicketFacts | None = None,
) -> bool:
    """The ticket's mail; once per revision. False when it is owed already or has no address.

    `facts`: the ticket's, should they be at hand.
    """
    if not booking.email:
        return False
    return outbox.put(
        session,
        confirmation(booking, payment, facts or ticket_facts(session, booking, secret)),
        recipient=booking.email,
        locale=booking.locale,
        dedupe_key=f"booking_confirmation:{booking.number}:r{booking.revision}",
        booking_id=booking.id,
        payment_id=payment.id if payment else None,
    )


def owe_receipt(session: Session, booking: Booking, payment: Payment, facts: TicketFacts) -> bool:
    """The payment's own letter, where somebody wants it; the ticket's mail shows the same sums."""
    if not booking.email or not current().mail_payment_success:
        return False
    return outbox.put(
        session,
        PaymentSuccess(facts, paid_facts(payment)),
        recipient=booking.email,
        locale=booking.locale,
        dedupe_key=f"payment_success:{payment.gateway_payment_id}",
        booking_id=booking.id,
        payment_id=payment.id,
    )


def confirmation(
    booking: Booking, payment: Payment | None, ticket: TicketFacts
) -> BookingConfirmation:
    """The ticket as it is now, with the terms of cancelling that are still ahead."""
    own = terms_of(booking.cancel_terms)
    ahead = own.ahead(ticket.starts_at, clock.now())
    return BookingConfirmation(
        ticket,
        paid_facts(payment) if payment else None,
        tuple(CancelStep(until.at, until.percent) for until in ahead),
        0 if own.fee_back else ticket.fee,
    )


def owe_payment_failed(
    session: Session, booking: Booking, code: str, reason: str, now: datetime
) -> bool:
    """Say why no money came and until when the seats are kept: at most once a booking.

    Not when the hold ends before the letter is due, nor beyond the day's limit for an address.
    """
    due = now + AFTER_A_FAILURE
    until = booking.hold_expires_at
    if booking.state is not BookingState.HELD or until is None or until <= due:
        return False
    if not booking.email or _enough_today(session, booking.email, now):
        return False
    with force_locale(booking.locale):
        said = failure(code, reason)
        message = PaymentFailed(
            ticket_facts(session, booking, ""),
            reason=str(said.happened),
            retry_url=f"{current().url}/b/{booking.manage_token}/checkout",
            hold_until=until,
            to_try=str(said.to_try),
        )
    return outbox.put(
        session,
        message,
        recipient=booking.email,
        locale=booking.locale,
        dedupe_key=f"payment_failed:{booking.number}",
        booking_id=booking.id,
        due_at=due,
        expires_at=until,
    )


def _enough_today(session: Session, recipient: str, now: datetime) -> bool:
    owed = outbox.letters_today(session, recipient, "payment_failed", now - A_DAY)
    return owed >= current().limit_unpaid_letters


def paid_facts(payment: Payment) -> PaidFacts:
    """How a booking was paid."""
    return PaidFacts(
        amount=payment.amount,
        method=payment.method,
        reference=payment.gateway_payment_id,
        paid_at=payment.captured_at or payment.created_at,
    )


def live_secret(session: Session, booking_id: int) -> str:
    """The secret of the booking's code that is valid now; empty before it is confirmed."""
    secret: str | None = ask(session, _LIVE_SECRET, booking=booking_id).scalar_one_or_none()
    return secret or ""


@dataclass(frozen=True)
class Said:
    """What letters and papers say of a booking, read in this transaction: the showing, the seats."""

    show: ShowView
    seats: Sequence[Any]


def read(session: Session, booking: Booking, *, released: bool = False) -> Said:
    """`released`: seats it no longer has are among them."""
    seats = _EVERY_SEAT if released else _SEATS
    rows = ask(session, seats, booking=booking.id, showtime=booking.showtime_id).all()
    return Said(_show(session, booking.showtime_id), rows)


def ticket_facts(
    session: Session,
    booking: Booking,
    secret: str,
    *,
    released: bool = False,
    only: Collection[int] = (),
) -> TicketFacts:
    """All a ticket says. `secret` is the code's; empty for a booking that has none yet.

    `released`: seats it no longer has are named too; `only`: these (booking_seat ids) alone. The sums
    are those of the seats named; the fee belongs to all of them together.
    """
    invoice = number_of(session, booking.id) if booking.sold else ""
    said = read(session, booking, released=released)
    return facts_of(booking, said, secret, invoice=invoice, only=only)


def facts_of(
    booking: Booking, said: Said, secret: str, *, invoice: str, only: Collection[int] = ()
) -> TicketFacts:
    """As `ticket_facts`, of what was read before."""
    show, every = said.show, said.seats
    lines = [line for line in every if line.id in only] or every
    fee, fee_tax = (booking.fee, booking.fee_tax) if len(lines) == len(every) else (0, 0)
    return TicketFacts(
        number=booking.number,
        movie=show.movie,
        theater=show.theater,
        address=show.address,
        phone=show.theater_phone,
        screen=show.screen,
        starts_at=show.starts_at,
        doors_at=show.doors_at,
        zone=show.zone,
        seats=tuple(SeatFacts(n, c, look, t or "", p) for n, c, look, t, p, *_ in lines),
        # not the booking's own total: that tells what was sold, of which a part may be cancelled
        total=sum(line.price for line in lines) + fee,
        fee=fee,
        tax_lines=_taxes(lines, fee_tax, booking.fee_rate),
        currency=booking.currency,
        customer_name=booking.name,
        ticket_url=assemble.ticket_url(secret) if secret else "",
        manage_url=f"{current().url}/b/{booking.manage_token}",
        entry_note=show.entry_note,
        revision=booking.revision,
        duration_minutes=show.duration_minutes,
        certificate=show.certificate,
        invoice=invoice,
    )


def _show(session: Session, showtime_id: int) -> ShowView:
    """The showing, read in this transaction."""
    row = ask(session, _SHOW, showtime=showtime_id).one()
    return assemble.show(row)


def _taxes(lines: Sequence[Row[Any]], fee_tax: int, fee_rate: int) -> tuple[TaxLine, ...]:
    parts = [(line.tax_rate, line.tax) for line in lines]
    parts.append((fee_rate, fee_tax))
    return tuple(TaxLine(rate, tax) for rate, tax in rules.tax_by_rate(parts))


def confirmation_is_true(driver: Driver, booking_id: int | None, payload: dict[str, Any]) -> bool:
    """For the mail room, at send time: still confirmed, and nothing changed since."""
    return _STILL.finds(driver, booking=booking_id, revision=payload["ticket"]["revision"])


def payment_failed_is_true(
    driver: Driver, booking_id: int | None, _payload: dict[str, Any]
) -> bool:
    """For the mail room, at send time: the seats are still kept and not paid."""
    return _KEPT.finds(driver, booking=booking_id, now=clock.now())
