"""Moving a showing in the office: its form, the preview of who sits where, and how far it is."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bookingapp import clock
from bookingapp.audit import AuditEntry
from bookingapp.booking import change_job
from bookingapp.catalogue.models import Theater
from bookingapp.db import db, transaction
from tests.admin.reading import rows_of, words
from tests.admin.test_showings import see
from tests.booking import buyers
from tests.booking.changing import new_of, row, screen_of, sold
from tests.factories import Cinema

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
