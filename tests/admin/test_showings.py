"""Showings in the office: how full they are, calling one off, moving one, and how far that is."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.booking import change_job
from bookingapp.booking import move as move_step
from bookingapp.booking.change_models import ChangedBooking
from bookingapp.booking.models import Booking
from bookingapp.catalogue.models import Theater
from bookingapp.db import db, transaction
from tests.admin.reading import listed, rows_of, words
from tests.booking import buyers
from tests.booking.changing import move, new_of, outcomes, row, screen_of, seats, sold
from tests.factories import Cinema

SignIn = Callable[[FlaskClient, str], FlaskClient]
ZONE = "Asia/Kolkata"


def form(showing: int, hours: float = 1, **fields: str) -> dict[str, str]:
    """The move's form, filled in on the theater's wall clock."""
    wall = clock.local(row(showing).starts_at + timedelta(hours=hours), ZONE)
    plan = row(showing).seat_plan_id
    return {
        "day": wall.date().isoformat(), "time": wall.strftime("%H:%M:%S.%f"),
        "screen": str(screen_of(plan)), **fields,
    }  # fmt: skip


def preview(manager: FlaskClient, showing: int, **fields: str) -> str:
    """The page that says who would sit where."""
    hours = float(fields.pop("hours", 1))
    answer = manager.get(
        f"/office/showings/{showing}/move", query_string=form(showing, hours, **fields)
    )
    assert answer.status_code == 200, words(answer.text)
    return answer.text


def hidden(page: str) -> dict[str, str]:
    """The fields behind the button."""
    return {
        name: unescape(value)
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


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


def test_calling_off_asks_why_and_says_what_it_costs(manager: FlaskClient, cinema: Cinema) -> None:
    showing = cinema.showtime()
    sold(showing, "C4", "C5")
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


def test_the_preview_names_who_sits_elsewhere_and_who_finds_no_seat(
    manager: FlaskClient, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    sold(showing, "C1", who="asha")
    sold(showing, "C4", who="ravi")
    sold(showing, "A1", who="mina")
    hall = str(screen_of(cinema.second_plan("C1", "C2")))
    page = preview(manager, showing, hours="0", screen=hall)
    problems = rows_of(page, "seating")
    assert [line.split(" BK")[0] for line in problems] == ["No seat", "Other seats"]
    assert [line.split("Seats now ")[1] for line in problems] == [
        "A1 Seats then \N{EN DASH}", "C4 Seats then C2",
    ]  # fmt: skip
    assert "One booking finds no seat. They are cancelled" in words(page)
    assert "One booking keeps its seats" in words(page)
    roomy = preview(manager, showing, hours="0", screen=hall, others="1")
    assert "No seat" in words(roomy)  # there are two places for three
    assert row(showing).state == "on_sale"


def test_moved_as_previewed_with_progress_and_summary(manager: FlaskClient, cinema: Cinema) -> None:
    showing = cinema.showtime()
    token = sold(showing, "C4", "C5")
    page = preview(manager, showing, words="The projector is broken.")
    assert "Everybody keeps the same seats" in words(page)
    answer = manager.post(f"/office/showings/{showing}/move", data=hidden(page))
    assert answer.location == f"/office/showings/{showing}"
    assert "One booking is left of 1" in see(manager, showing)
    change_job.run()
    for fact in ("Done.", "Moved 1", "0 sent of 1 owed", "The projector is broken.", "It is now"):
        assert fact in see(manager, showing)
    assert buyers.booking(token).showtime_id == new_of(showing)
    assert "It was moved here from" in see(manager, new_of(showing))
    audited = db.session.scalars(select(AuditEntry.action)).all()
    assert {"showing.move", "showing.changed"} <= set(audited)


def test_somebody_bought_since_so_it_is_previewed_again(
    manager: FlaskClient, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    page = preview(manager, showing, words="It's the lamp & more")
    sold(showing, "C4")
    answer = manager.post(f"/office/showings/{showing}/move", data=hidden(page))
    assert answer.status_code == 303
    again = manager.get(answer.location)
    assert "Something changed since you looked" in words(again.text)
    assert hidden(again.text)["words"] == "It's the lamp & more"
    manager.post(f"/office/showings/{showing}/move", data=hidden(again.text))
    assert row(showing).state == "moved"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"time": ""}, "Choose a day and a time"),
        ({"time": "25:99"}, "Choose a day and a time"),
        ({"day": "0001-01-01"}, "Choose a day and a time"),
        ({"day": "2001-01-01"}, "That time is over"),
        ({"day": "2999-01-01"}, "Check the year"),
        ({"hours": "0"}, "That is where it is"),
        ({"screen": "9999999"}, "There is no such hall"),
        ({"screen": "the big one"}, "There is no such hall"),
        ({"words": "w" * 301}, "Say it in 300 characters"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field_and_the_form_keeps_the_rest(
    manager: FlaskClient, cinema: Cinema, fields: dict[str, str], told: str
) -> None:
    showing = cinema.showtime()
    hours = float(fields.get("hours", "1"))
    typed = form(showing, hours, **{k: v for k, v in fields.items() if k != "hours"})
    answer = manager.get(f"/office/showings/{showing}/move", query_string=typed)
    assert answer.status_code in {400, 409}
    assert told in words(answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{typed["day"]}"' in answer.text
    answer = manager.post(f"/office/showings/{showing}/move", data=typed)
    assert answer.status_code in {400, 409}
    assert row(showing).state == "on_sale"


def test_a_hall_that_is_taken_says_by_which_film_and_until_when(
    manager: FlaskClient, cinema: Cinema
) -> None:
    at = datetime.fromisoformat("2026-12-24T14:00:00+00:00")
    showing = cinema.showtime(at)
    cinema.showtime(at + timedelta(hours=3), movie_id=cinema.movie("L'Âge d'or"))
    answer = manager.get(f"/office/showings/{showing}/move", query_string=form(showing, 3))
    assert answer.status_code == 409
    assert "L'Âge d'or runs there from 10:30 pm to 12:00 am." in words(answer.text)


@pytest.mark.engine("sqlite")  # the clock of a zone is no matter of the database
def test_times_the_clocks_pass_over_and_show_twice(manager: FlaskClient, cinema: Cinema) -> None:
    showing = cinema.showtime(datetime.fromisoformat("2027-03-20T18:00:00+00:00"))
    with transaction() as session:
        session.query(Theater).update({"time_zone": "Europe/Berlin"})
    screen = form(showing)["screen"]
    address = f"/office/showings/{showing}/move"
    never = {"day": "2027-03-28", "time": "02:30", "screen": screen}
    answer = manager.get(address, query_string=never)
    assert "There is no 02:30 that night" in words(answer.text)
    twice = manager.get(address, query_string={**never, "day": "2027-10-31"})
    assert "show this time twice" in words(twice.text)
    manager.post(address, data=hidden(twice.text))
    assert row(new_of(showing)).starts_at.isoformat() == "2027-10-31T00:30:00+00:00"


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
