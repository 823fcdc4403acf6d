"""Promo codes in the office: made, seen in use, stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp.audit import AuditEntry
from bookingapp.booking import service
from bookingapp.booking.promo_models import PromoCode
from bookingapp.booking.promo_rules import PromoNotThisDay, PromoOver, PromoUnknown
from bookingapp.db import db
from tests.admin.reading import listed, words
from tests.admin.rows import Rows
from tests.booking.buyers import booking, hold
from tests.factories import Cinema

NOON = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)  # Sunday in Kochi
CODE = {"code": "Friends", "worth": "10", "unit": "percent"}
# forms and lists; what a database guards is tested beside the steps
pytestmark = pytest.mark.engine("sqlite")


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    """Codes hold from day to day."""
    with time_machine.travel(NOON, tick=True):
        yield


def codes(manager: FlaskClient) -> list[str]:
    return listed(manager, "/office/promos", "promos")


def test_a_code_is_made_used_counted_and_stopped(
    manager: FlaskClient, rows: Rows, cinema: Cinema
) -> None:
    assert "No code was made yet" in manager.get("/office/promos").text
    assert manager.post("/office/promos", data=CODE | {"max_uses": "5"}).status_code == 303
    assert codes(manager) == ["Open FRIENDS 10 % every showing 0 of 5 ₹0.00 Stop FRIENDS"]
    show = cinema.showtime(NOON + timedelta(days=1))
    service.use_code(hold(show, "C1"), "friends")
    assert codes(manager)[0].startswith("Open FRIENDS 10 % every showing 1 of 5 ₹18.00")
    manager.post("/office/promos/1/stop")
    assert codes(manager)[0].startswith("Stopped FRIENDS")
    with pytest.raises(PromoUnknown):
        service.use_code(hold(show, "C2", who="ravi", email="ravi@example.com"), "FRIENDS")
    db.session.rollback()
    deeds = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [deed for deed in deeds if deed.startswith("promo")] == ["promo.add", "promo.stop"]


def test_a_sum_for_a_film_on_weekdays_until_the_end_of_a_day(
    manager: FlaskClient, rows: Rows, cinema: Cinema
) -> None:
    film = cinema.movie("Metropolis")
    manager.post(
        "/office/promos",
        data=CODE
        | {"worth": "49.50", "unit": "sum", "movie": str(film), "day": ["0", "1"]}
        | {"valid_until": "2026-11-22", "max_per_email": "1"},
    )
    (line,) = codes(manager)
    for said in ("FRIENDS ₹49.50", "Metropolis", "Mon Tue", "once an address", "never"):
        assert said in line
    monday = hold(cinema.showtime(NOON + timedelta(days=1), movie_id=film), "C1")
    service.use_code(monday, "FRIENDS")
    assert booking(monday).discount == 4_950
    wednesday = cinema.showtime(NOON + timedelta(days=3), movie_id=film)
    with pytest.raises(PromoNotThisDay):
        service.use_code(hold(wednesday, "C1", who="ravi", email="r@example.com"), "FRIENDS")
    # midnight in Kochi
    with time_machine.travel(datetime(2026, 11, 22, 18, 30, tzinfo=UTC), tick=True):
        late = hold(cinema.showtime(NOON + timedelta(days=1), movie_id=film), "C2", who="mira")
        with pytest.raises(PromoOver):
            service.use_code(late, "FRIENDS")


@pytest.mark.parametrize(
    ("last", "ends"),
    [
        ("2026-10-25", datetime(2026, 10, 25, 23, tzinfo=UTC)),  # 25 hours long
        ("2026-03-29", datetime(2026, 3, 29, 22, tzinfo=UTC)),  # 23 hours long
        ("2026-10-26", datetime(2026, 10, 26, 23, tzinfo=UTC)),
    ],
)
def test_the_last_day_counts_as_a_whole_when_the_clocks_change(
    manager: FlaskClient, cinema: Cinema, last: str, ends: datetime
) -> None:
    cinema.theater(time_zone="Europe/Berlin")
    manager.post("/office/promos", data=CODE | {"valid_until": last})
    assert db.session.scalars(select(PromoCode.valid_until)).one() == ends


def test_a_showing_after_midnight_is_the_evening_befores(
    manager: FlaskClient, rows: Rows, cinema: Cinema
) -> None:
    manager.post("/office/promos", data=CODE | {"day": ["0"]})  # Mondays
    quarter_past = datetime(2026, 11, 23, 18, 45, tzinfo=UTC)  # 0:15 on Tuesday in Kochi
    token = hold(cinema.showtime(quarter_past), "C1")
    service.use_code(token, "FRIENDS")
    assert booking(token).discount == 1_800


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"code": "ab"}, "Give it three letters or more"),
        ({"code": "<b>hello</b>"}, "Give it three letters or more"),
        ({"worth": ""}, "Write what it takes off"),
        ({"worth": "101"}, "Write what it takes off"),
        ({"worth": "0", "unit": "sum"}, "Write what it takes off"),
        ({"max_uses": "many"}, "Write a whole number above nought"),
        ({"valid_from": "soon"}, "Choose a day"),
        ({"valid_from": "2026-12-02", "valid_until": "2026-12-01"}, "That code needs another look"),
    ],
)
def test_a_field_that_makes_no_sense_is_named_and_kept(
    manager: FlaskClient, rows: Rows, fields: dict[str, str], said: str
) -> None:
    refused = manager.post("/office/promos", data=CODE | {"max_uses": "7"} | fields)
    assert refused.status_code == 422
    assert said in words(refused.text)
    assert codes(manager) == []


def test_no_code_is_made_twice(manager: FlaskClient, rows: Rows) -> None:
    manager.post("/office/promos", data=CODE)
    again = manager.post("/office/promos", data=CODE | {"code": "FRIENDS"})
    assert again.status_code == 409
    assert "There is a code FRIENDS already" in words(again.text)
