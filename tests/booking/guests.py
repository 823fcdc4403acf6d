"""Guests at the browser: they choose seats, fill in the checkout, look at their booking."""

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from bookingapp import clock
from bookingapp.booking.confirm import confirm
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.catalogue.models import Seat
from bookingapp.db import db, transaction

ADDRESS = "asha@example.com"


@dataclass
class Guest:
    """One person with a browser of their own. `token` is of the last hold."""

    client: FlaskClient
    token: str = ""

    def hold(self, showtime: int, *seats: str, **headers: Any) -> TestResponse:
        """Press "hold" with these seats ticked."""
        answer = self.client.post(
            f"/showtime/{showtime}/hold", data={"seat": list(seats)}, **headers
        )
        if found := re.fullmatch(r"/b/([\w-]+)/checkout", answer.location or ""):
            self.token = found.group(1)
        return answer

    @property
    def checkout(self) -> str:
        """The address of page 2."""
        return f"/b/{self.token}/checkout"

    def see(self, path: str = "", **values: Any) -> str:
        """A page's text, entities resolved."""
        return html.unescape(self.client.get(path or self.checkout, **values).text)

    def read(self, path: str = "") -> str:
        """A page as it is read: words only."""
        return " ".join(re.sub(r"<[^>]*>", "", self.see(path)).split())

    def press(self, action: str, **fields: str) -> TestResponse:
        """Press a button of the checkout."""
        return self.client.post(self.checkout, data={"action": action, **fields})

    def pays(self, **fields: str) -> TestResponse:
        """Press "Pay" with a good address unless told otherwise."""
        return self.press("pay", **{"email": ADDRESS, **fields})


def guest(app: Flask) -> Guest:
    """A new browser."""
    return Guest(app.test_client())


def booking(token: str) -> Booking:
    """The row as it stands now."""
    db.session.rollback()
    statement = select(Booking).where(Booking.manage_token == token)
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def live_claims(showtime: int) -> dict[str, int | None]:
    """Seat name to the booking that has it."""
    db.session.rollback()
    rows = db.session.execute(
        select(Seat.name, BookingSeat.booking_id)
        .join(Seat, Seat.id == BookingSeat.seat_id)
        .where(BookingSeat.showtime_id == showtime, BookingSeat.released_at.is_(None))
    )
    return {row[0]: row[1] for row in rows}


def let_lapse(token: str) -> None:
    """The hold's time runs out, and no sweeper comes by."""
    ago = clock.now() - timedelta(seconds=1)
    with transaction() as session:
        session.execute(
            update(Booking).where(Booking.manage_token == token).values(hold_expires_at=ago)
        )


def pay_in_full(token: str, email: str = ADDRESS) -> str:
    """The booking confirmed as a captured payment confirms it. The code's secret."""
    with transaction() as session:
        row = session.scalars(select(Booking).where(Booking.manage_token == token)).one()
        row.email = email
        return confirm(session, row, None, clock.now())
