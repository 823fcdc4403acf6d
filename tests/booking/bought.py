"""Asha's two seats, on hold and then paid, and her booking's page: for tests of that page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.db import transaction
from tests.booking.guests import Guest, guest, pay_in_full
from tests.factories import Cinema

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)  # half past two in Kochi
NEXT_WEEK = (clock.now() + timedelta(days=7)).replace(hour=9, minute=0, second=0, microsecond=0)


@pytest.fixture
def showtime(cinema: Cinema) -> int:
    cinema.theater(entry_note="Step-free entrance on the harbour side.")
    return cinema.showtime(NEXT_WEEK, booking_fee=2_500)


@pytest.fixture
def asha(app: Flask, showtime: int) -> Guest:
    """Has C3 and C4 on hold."""
    person = guest(app)
    person.hold(showtime, "C3", "C4")
    return person


@pytest.fixture
def secret(asha: Guest) -> str:
    """Asha's booking is paid; the secret of its code."""
    return pay_in_full(asha.token)


def page(person: Guest) -> str:
    return person.read(f"/b/{person.token}")


def change(model: type[Any], **values: Any) -> None:
    with transaction() as session:
        session.execute(update(model).values(**values))
