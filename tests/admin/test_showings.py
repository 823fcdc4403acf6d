"""Showings in the office: how full they are, calling one off, and what became of those that changed."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.booking import change_job, service
from bookingapp.booking import move as move_step
from bookingapp.booking.change_models import ChangedBooking
from bookingapp.booking.models import Booking
from bookingapp.db import db, transaction
from tests.admin.reading import listed, rows_of, words
from tests.booking import buyers
from tests.booking.changing import move, new_of, outcomes, row, screen_of, seats, sold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

SignIn = Callable[[FlaskClient, str], FlaskClient]


def see(manager: FlaskClient, showing: int) -> str:
    return words(manager.get(f"/office/showings/{showing}").text)


def test_the_week_says_how_full_each_showing_is(manager: FlaskClient, cinema: Cinema) -> None:
    showing = cinema.showtime(clock.now() + timedelta(hours=30))
    sold(showing, "C4", "C5")
    buyers.hold(showing, "A1", who="ravi")
    lapsed = buyers.hold(showing, "A2", who="mina", email="mina@example.com")
    buyers.let_lapse(lapsed)
    (line,) = listed(manager, "/office/showings", "showings")
    assert re.search(r"On sale .*, Sherlock Jr\. Hall 1 Sold 2 Held 1 Seats 24", line)


def test_a_week_without_showings_says_so(manager: FlaskClient, cinema: Cinema) -> None:
    cinema.theater()
    page = manager.get("/office/showings?since=2031-01-01").text
    assert "Nothing is planned for these seven days" in words(page)


def test_calling_off_asks_why_and_says_what_it_costs(
    manager: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    showing = cinema.showtime()
    order = buyers.go_to_pay(buyers.hold(showing, "C4", "C5"))
    service.settle(sandbox.pay(order).payment_id)
    page = words(manager.get(f"/office/showings/{showing}/cancel").text)
    for fact in ("Paid bookings 1", "Goes back ₹360.00", "Cancel it and one booking"):
        assert fact in page
    answer = manager.post(f"/office/showings/{showing}/cancel", data={"words": "  "})
    assert answer.status_code == 400
    assert "Write one sentence" in words(answer.text)
    assert row(showing).state == "on_sale"


def test_called_off_it_goes_off_sale_at_once_and_the_page_counts_down(
    manager: FlaskClient, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    tokens = [sold(showing, seat, who=who) for who, seat in (("asha", "C4"), ("ravi", "C5"))]
    address = f"/office/showings/{showing}/cancel"
    manager.post(address, data={"words": "The projector's lamp is <b>broken</b>."})
    assert row(showing).state == "cancelled"
    going = manager.get(f"/office/showings/{showing}")
    assert going.headers["Refresh"].startswith("3; url=")
    assert "2 bookings are left of 2" in words(going.text)
    assert "<b>broken" not in going.text
    change_job.run()
    done = manager.get(f"/office/showings/{showing}")
    assert "Refresh" not in done.headers
    for fact in ("Done.", "Cancelled 2", "0 sent of 2 owed", "Asked by Manager"):
        assert fact in words(done.text)
    assert [buyers.state(token) for token in tokens] == ["cancelled"] * 2
    assert sorted(seats(tokens[0])) == []


def test_who_is_second_is_told_that_it_is_done(manager: FlaskClient, cinema: Cinema) -> None:
    showing = cinema.showtime()
    for _ in range(2):
        answer = manager.post(f"/office/showings/{showing}/cancel", data={"words": "Rain."})
        assert answer.location == f"/office/showings/{showing}"
    assert "It is cancelled or moved already." in see(manager, showing)
    page = words(manager.get(f"/office/showings/{showing}/cancel").text)
    assert "There is nothing to call off" in page
    audited = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert audited.count("showing.cancel") == 1


@pytest.mark.engine("sqlite")  # what fails is ours, whatever the database
def test_what_could_not_be_settled_says_why_and_is_tried_again_by_a_button(
    manager: FlaskClient, cinema: Cinema, monkeypatch: pytest.MonkeyPatch
) -> None:
    showing = cinema.showtime()
    sold(showing, "C4", who="asha")
    move(showing, settle=False)

    def broken(*_: object) -> bool:
        raise RuntimeError("the tape is torn")

    with monkeypatch.context() as patched:
        patched.setattr(move_step, "carry", broken)
        for _ in range(6):
            db.session.rollback()
            with transaction() as session:
                for waiting in session.query(ChangedBooking).filter_by(outcome="waiting"):
                    waiting.next_try_at = clock.now()
            change_job.run()
    page = see(manager, showing)
    assert "One booking could not be settled" in page
    assert "the tape is torn" in page
    assert row(new_of(showing)).state == "off_sale"
    answer = manager.post(f"/office/showings/{showing}/go-on")
    assert answer.status_code == 303
    assert outcomes() == {"moved": 1}
    assert "Done." in see(manager, showing)
    assert row(new_of(showing)).state == "on_sale"


def test_who_has_no_address_is_to_be_rung_up(manager: FlaskClient, cinema: Cinema) -> None:
    showing = cinema.showtime()
    token = sold(showing, "C4")
    with transaction() as session:
        found = session.query(Booking).filter_by(manage_token=token).one()
        found.email, found.phone = "", "0484 111 222"
    move(showing)
    page = manager.get(f"/office/showings/{showing}").text
    assert "Without an address 1" in words(page)
    (line,) = rows_of(page, "changed")
    assert "0484 111 222" in line
    assert "ring them" in line


@pytest.mark.parametrize("role", ["usher", "box_office"])
@pytest.mark.parametrize("deed", ["cancel", "move", "go-on"])
def test_only_the_manager_touches_a_showing(
    app: Flask, client: FlaskClient, sign_in: SignIn, cinema: Cinema, role: str, deed: str
) -> None:
    showing = cinema.showtime()
    sign_in(client, role)
    answer = client.post(f"/office/showings/{showing}/{deed}", data={"words": "Because"})
    assert answer.status_code == 403
    assert row(showing).state == "on_sale"


@pytest.mark.parametrize("path", ["", "/cancel", "/move"])
@pytest.mark.parametrize("number", ["4711", "99999999999999999999"])
def test_a_showing_nobody_knows_is_not_found(
    manager: FlaskClient, cinema: Cinema, path: str, number: str
) -> None:
    cinema.theater()
    assert manager.get(f"/office/showings/{number}{path}").status_code == 404


def test_a_moved_booking_is_told_with_its_new_seats_and_the_old_ones_named_as_such(
    manager: FlaskClient, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    token = sold(showing, "C4", "C5")
    move(showing, screen=screen_of(cinema.second_plan("C1", "C2")))
    number = buyers.booking(token).number
    page = manager.get(f"/office/bookings/{number}").text
    places = rows_of(page, "places")
    assert [line.split()[0] for line in places] == ["C1", "C2", "C4", "C5"]
    assert ["until the showing was moved" in line for line in places] == [False] * 2 + [True] * 2
    assert "Carried over to the moved showing" in words(page)
    (line,) = listed(manager, "/office/bookings", "bookings")
    assert "2 seats" in line or " 2 " in line
