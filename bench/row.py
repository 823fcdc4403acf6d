"""outbox_row_ms: what owing the mail adds to the transaction that confirms a booking, in CPU.

The real step `confirm`, on SQLite with every commit durable, with the row and without it in turn.
"""

import time
from collections.abc import Iterator
from statistics import median
from unittest import mock

from sqlalchemy import select

from bench import furnish
from bench.house import House, close
from bench.maths import Result
from bookingapp import clock
from bookingapp.booking import queries, service
from bookingapp.booking.confirm import confirm
from bookingapp.booking.models import Booking
from bookingapp.catalogue.models import Seat, Showtime
from bookingapp.db import db, transaction
from bookingapp.email import outbox

NAMES = ("outbox_row_ms",)
RUNS = 5
PAIRS = 50


def run(house: House) -> list[Result]:
    """In this process: no page, no drain, only the transaction."""
    app = house.app(house.copy())
    with app.app_context():
        holds = held()
        confirmed(next(holds))
        added = [median(difference(holds) for _ in range(PAIRS)) for _ in range(RUNS)]
    close(app)
    return [Result("outbox_row_ms", added, f"CPU, median of {PAIRS} pairs of confirmations a run")]


def difference(holds: Iterator[int]) -> float:
    """Milliseconds of a confirmation that owes its mail, less those of one that does not."""
    with mock.patch.object(outbox, "put", return_value=True):
        without = confirmed(next(holds))
    return confirmed(next(holds)) - without


def confirmed(booking_id: int) -> float:
    """CPU milliseconds of one confirmation."""
    before = time.thread_time()
    with transaction() as session:
        confirm(session, session.get_one(Booking, booking_id), None, clock.now())
    return (time.thread_time() - before) * 1000


def held() -> Iterator[int]:
    """Holds of two seats with an address, each of another buyer, as long as there are seats."""
    number = 0
    for showing in furnish.to_sell():
        free = _free(showing)
        for pair in zip(free[::2], free[1::2], strict=False):
            number += 1
            taken = service.hold_seats(
                showing, pair, buyer_key=f"bench{number}", client_key="bench", locale="en"
            )
            service.set_details(
                taken.token, email=f"guest{number}@example.com", name="A Guest", phone="", types={}
            )
            yield taken.booking_id


def _free(showing: int) -> list[str]:
    taken = queries.taken(showing, "")
    seats = select(Seat.id, Seat.name).join(Showtime, Showtime.seat_plan_id == Seat.seat_plan_id)
    rows = db.session.execute(seats.where(Showtime.id == showing)).all()
    db.session.rollback()
    return [name for seat_id, name in rows if seat_id not in taken]
