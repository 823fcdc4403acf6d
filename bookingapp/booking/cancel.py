"""The step that takes seats back: claims, tickets, code, money and letters, all or nothing.

The customer's page, the office and a showing that is called off come this way. The caller holds the
booking's lock (`lock`), has decided what goes back (`cancel_rules.Back`), and commits.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from bookingapp import audit
from bookingapp.booking import billing, letters, move_letters, refund_letters
from bookingapp.booking import cancel_rules as rules
from bookingapp.booking.cancel_rules import Back, Cause, Left
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.catalogue.models import Seat
from bookingapp.email import outbox
from bookingapp.errors import NotFound
from bookingapp.payments import refunds
from bookingapp.payments.given import Given, given
from bookingapp.payments.models import Payment, Refund
from bookingapp.tickets import issue, withdraw

# Unsent mails with the old code are of no use.
WITH_THE_OLD_CODE = ("booking_confirmation", "showtime_reminder", "showtime_moved")


@dataclass(frozen=True)
class Cancelled:
    """What was done: the seats by name, what goes back, what is kept of it, whether all is gone."""

    seats: tuple[str, ...]
    back: int
    kept: int
    whole: bool
    refund: Refund | None


def lock(session: Session, booking_id: int) -> Booking:
    """A booking, locked until the transaction ends; always the newest state. Raises NotFound."""
    booking = session.get(Booking, booking_id, with_for_update=True, populate_existing=True)
    if booking is None:
        raise NotFound
    return booking


def live_seats(session: Session, booking: Booking) -> list[BookingSeat]:
    """The claims it still has, by place."""
    return list(
        session.scalars(
            select(BookingSeat)
            .join(Seat, Seat.id == BookingSeat.seat_id)
            .where(BookingSeat.booking_id == booking.id, BookingSeat.released_at.is_(None))
            .order_by(Seat.y, Seat.x)
        )
    )


def every_seat(session: Session, booking: Booking) -> list[BookingSeat]:
    """All that its invoice names, by place: the cancelled too, and after a move each seat once."""
    later = aliased(BookingSeat)
    carried = select(later.id).where(later.carried_from_id == BookingSeat.id).exists()
    found = session.scalars(
        select(BookingSeat)
        .join(Seat, Seat.id == BookingSeat.seat_id)
        .where(BookingSeat.booking_id == booking.id, ~carried)
        .order_by(Seat.y, Seat.x)
    )
    return list(found)


def money_left(session: Session, booking: Booking, claims: Sequence[BookingSeat]) -> Left:
    """What was paid for these seats and the fee, less what is back or owed already."""
    payment = payment_of(session, booking)
    if payment is None:
        return Left({claim.id: 0 for claim in claims}, 0, 0)
    back: Given = given(session, payment)
    parts = _of_todays_claims(session, booking, back.seats)
    seats = {claim.id: max(claim.price - parts[claim.id], 0) for claim in claims}
    return Left(seats, max(booking.fee - back.for_no_seat, 0), payment.amount - back.total)


def everything(session: Session, booking: Booking) -> Back:
    """All that comes back when every seat it still has is cancelled."""
    left = money_left(session, booking, live_seats(session, booking))
    return rules.everything(left, left.seats)


def _of_todays_claims(
    session: Session, booking: Booking, parts: Mapping[int, int]
) -> defaultdict[int, int]:
    """What went back of a seat before its showing was moved went back of the seat it has now."""
    carried = select(BookingSeat.carried_from_id, BookingSeat.id).where(
        BookingSeat.booking_id == booking.id, BookingSeat.carried_from_id.is_not(None)
    )
    follows = dict(session.execute(carried).all()) if parts else {}
    today: defaultdict[int, int] = defaultdict(int)
    for claim, amount in parts.items():
        last = claim
        while last in follows:
            last = follows[last]
        today[last] += amount
    return today


def cancel(
    session: Session,
    booking: Booking,
    seats: Collection[int],
    back: Back,
    now: datetime,
    *,
    cause: Cause,
    words: str = "",
    asked_by: int | None = None,
) -> Cancelled:
    """Cancel some or all seats (booking_seat ids) of a confirmed booking and owe what follows.

    `words`: why, in a person's own words, for the letter and the books. Raises AlreadyCancelled,
    NotToCancel, NoSeatsToCancel, SeatsChanged, BackTooHigh; then nothing was done.
    """
    check_confirmed(booking)
    claims = live_seats(session, booking)
    left = money_left(session, booking, claims)
    rules.check_seats(left.seats, seats)
    rules.check_back(left, seats, back, booking.currency)
    done = _Deed(session, booking, [c for c in claims if c.id in set(seats)], back, now)
    return done.do(left, cause, words.strip(), asked_by)


def cancel_all(
    session: Session,
    booking: Booking,
    now: datetime,
    *,
    cause: Cause,
    words: str = "",
    asked_by: int | None = None,
) -> Cancelled:
    """Every seat it still has, and all the money that is left. Raises as `cancel` does."""
    check_confirmed(booking)
    back = everything(session, booking)
    return cancel(
        session, booking, list(back.seats), back, now,
        cause=cause, words=words, asked_by=asked_by,
    )  # fmt: skip


def check_confirmed(booking: Booking) -> None:
    """Raises AlreadyCancelled, NotToCancel."""
    if booking.state is BookingState.CANCELLED:
        raise rules.AlreadyCancelled
    if booking.state is not BookingState.CONFIRMED:
        raise rules.NotToCancel


@dataclass(frozen=True)
class _Deed:
    """What is cancelled, checked before."""

    session: Session
    booking: Booking
    claims: list[BookingSeat]
    back: Back
    now: datetime

    def do(self, left: Left, cause: Cause, words: str, asked_by: int | None) -> Cancelled:
        """The letter's facts are read before the seats go; its revision is the new one."""
        ids = [claim.id for claim in self.claims]
        whole, part = left.whole(ids), left.of(ids)
        self.booking.revision += 1
        outbox.cancel_unsent(self.session, self.booking.id, WITH_THE_OLD_CODE)
        ticket = letters.ticket_facts(self.session, self.booking, "", only=ids)
        secret = self._take_back(ids, whole=whole)
        refund = self._owe(cause, words, asked_by)
        if refund is not None:
            credit(self.session, self.booking, self.claims, (left, self.back), refund)
        kept = part.kept(self.back)
        names = tuple(seat.name for seat in ticket.seats)
        done = Cancelled(names, self.back.total, kept, whole, refund)
        self._note(done, cause, words, asked_by)
        payment = payment_of(self.session, self.booking)
        refund_letters.owe_cancellation(
            self.session, self.booking, ticket, cause=cause.value, back=done.back, words=words,
            kept=kept, method=payment.method if payment else "", still=self._still(),
        )  # fmt: skip
        if secret:
            self._owe_ticket(payment, secret)
        return done

    def _owe_ticket(self, payment: Payment | None, secret: str) -> None:
        """The old code opens no door any more, so the seats that stay need a new ticket."""
        back = everything(self.session, self.booking).total
        if not move_letters.again(self.session, self.booking, secret, back=back):
            letters.owe_confirmation(self.session, self.booking, payment, secret)

    def _take_back(self, ids: list[int], *, whole: bool) -> str:
        """Seats are free at once. The new code's secret, should seats remain."""
        withdraw.void(self.session, ids)
        self.session.execute(
            update(BookingSeat).where(BookingSeat.id.in_(ids)).values(released_at=self.now)
        )
        if not whole:
            self.session.flush()
            return issue.new_code(self.session, self.booking.id, self.now)
        self.booking.state, self.booking.cancelled_at = BookingState.CANCELLED, self.now
        withdraw.revoke(self.session, self.booking.id, self.now)
        self.session.flush()
        return ""

    def _owe(self, cause: Cause, words: str, asked_by: int | None) -> Refund | None:
        payment = payment_of(self.session, self.booking)
        if payment is None or not self.back.total:
            return None
        return refunds.owe_refund(
            self.session, payment, self.back.total, cause.value, self.now, lines=self.back.lines,
            asked_by=asked_by, note=words, purpose=f"cancel-{self.booking.revision}",
        )  # fmt: skip

    def _still(self) -> tuple[str, ...]:
        return tuple(claim.seat.name for claim in live_seats(self.session, self.booking))

    def _note(self, done: Cancelled, cause: Cause, words: str, asked_by: int | None) -> None:
        told = {
            "seats": list(done.seats), "back": done.back, "kept": done.kept,
            "currency": self.booking.currency, "cause": cause.value, "words": words,
            "revision": self.booking.revision,
        }  # fmt: skip
        row = ("booking", self.booking.id)
        audit.note(self.session, "booking.cancel", row, actor_id=asked_by, after=told)


def credit(
    session: Session,
    booking: Booking,
    claims: Sequence[BookingSeat],
    money: tuple[Left, Back],
    refund: Refund,
) -> None:
    """Take back of the invoice what a refund gives back; what went back before stands on earlier notes."""
    left, back = money
    parts: dict[BookingSeat | None, tuple[int, int]] = {
        claim: (claim.price - left.seats[claim.id], back.seats.get(claim.id, 0)) for claim in claims
    }
    parts[None] = (booking.fee - left.fee, back.fee)
    billing.credit_note(session, booking, refund.id, parts, refund.created_at)


def payment_of(session: Session, booking: Booking) -> Payment | None:
    """The money that confirmed it; none when it cost nothing."""
    return session.scalars(select(Payment).where(Payment.confirms_id == booking.id)).one_or_none()
