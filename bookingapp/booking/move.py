"""The step that carries one booking over to the showing its own has become: all of it or nothing.

Old claims released, new ones taken, tickets and code anew, revision +1, the letter. The caller holds the
booking's lock and commits.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp import audit
from bookingapp.booking import cancel, letters, move_letters, moving, seating
from bookingapp.booking.change_models import ChangedBooking, Outcome, ShowingChange
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.catalogue.models import Showtime
from bookingapp.email.messages import TicketFacts
from bookingapp.tickets import withdraw
from bookingapp.tickets.issue import issue

COPIED = (
    "booking_id", "ticket_type_id", "list_price", "discount", "price", "tax_rate", "tax",
)  # fmt: skip


@dataclass(frozen=True)
class _Way:
    """From one showing to the other."""

    session: Session
    change: ShowingChange
    booking: Booking
    to: Showtime
    now: datetime


def carry(
    session: Session, change: ShowingChange, row: ChangedBooking, booking: Booking, now: datetime
) -> bool:
    """Seat a confirmed booking in the new showing; False when it has no room for it."""
    to = session.get_one(Showtime, change.to_showtime_id)
    way = _Way(session, change, booking, to, now)
    claims = cancel.live_seats(session, booking)
    seats = _places(way, row, claims)
    if not claims or len(seats) != len(claims):
        return False
    before = letters.ticket_facts(session, booking, "")
    new = _claim(way, claims, seats)
    booking.showtime_id = to.id
    booking.revision += 1
    session.flush()
    secret = issue(session, booking.id, [claim.id for claim in new], now)
    back = cancel.everything(session, booking).total
    move_letters.owe(session, booking, before, change.words, secret, back=back)
    _note(way, before)
    return True


def _note(way: _Way, before: TicketFacts) -> None:
    """For the books: from where to where."""
    after = letters.ticket_facts(way.session, way.booking, "")
    was, now = (
        {
            "starts_at": facts.starts_at.isoformat(),
            "screen": facts.screen,
            "seats": [seat.name for seat in facts.seats],
        }
        for facts in (before, after)
    )
    row = ("booking", way.booking.id)
    audit.note(way.session, "booking.move", row, actor_id=way.change.asked_by_id, before=was, after=now)  # fmt: skip


def _places(way: _Way, row: ChangedBooking, claims: list[BookingSeat]) -> dict[int, int]:
    """Claim to new seat: as planned, or anew if one of these is somebody's by now."""
    planned = {claim.id: row.seats.get(str(claim.id)) for claim in claims}
    taken = moving.taken_seats(way.session, way.to.id)
    seats = {claim: seat for claim, seat in planned.items() if seat and seat not in taken}
    return seats if len(seats) == len(claims) else _anew(way, taken)


def _anew(way: _Way, taken: set[int]) -> dict[int, int]:
    """A place nobody has, and nobody was promised who is not settled yet."""
    promised = way.session.scalars(
        select(ChangedBooking.seats).where(
            ChangedBooking.change_id == way.change.id,
            ChangedBooking.outcome.in_((Outcome.WAITING, Outcome.FAILED)),
            ChangedBooking.booking_id != way.booking.id,
        )
    )
    found = seating.seat(
        moving.sitting(way.session, way.change.showtime_id, [way.booking.id]),
        moving.spots(way.session, way.to.seat_plan_id),
        taken.union(*(seats.values() for seats in promised)),
        others=way.change.other_categories,
    )
    return {claim: spot.id for claim, spot in found.seats.items()}


def _claim(way: _Way, claims: list[BookingSeat], seats: dict[int, int]) -> list[BookingSeat]:
    """Let go of the old seats and take the new ones, at the price that was paid."""
    withdraw.void(way.session, [claim.id for claim in claims])
    for claim in claims:
        claim.released_at = way.now
    new = [
        BookingSeat(
            **{name: getattr(claim, name) for name in COPIED},
            showtime_id=way.to.id,
            seat_plan_id=way.to.seat_plan_id,
            seat_id=seats[claim.id],
            carried_from_id=claim.id,
        )
        # in the order of seats, as everywhere: two who take seats never wait for each other
        for claim in sorted(claims, key=lambda claim: seats[claim.id])
    ]
    way.session.add_all(new)
    way.session.flush()
    return new
