"""The site that every page names, and prices."""

from datetime import date

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from bookingapp.catalogue import programme
from bookingapp.catalogue.models import Theater, TicketType
from bookingapp.catalogue.queries import Site, price_options, site
from bookingapp.db import db, transaction
from tests.factories import Cinema
from tests.shop.cinema_days import Statements, at


def test_the_site_is_the_theater_as_it_stands(app: Flask, cinema: Cinema) -> None:
    cinema.theater(opening_note="Box office open from noon", doors_minutes=30)
    here = site()
    assert (here.name, here.zone, here.doors_minutes, here.currency) == (
        "The Lantern", "Asia/Kolkata", 30, "INR",
    )  # fmt: skip


def test_a_changed_theater_is_seen_by_the_next_request(client: FlaskClient, cinema: Cinema) -> None:
    cinema.theater()
    assert "The Lantern" in client.get("/").text
    with transaction() as session:
        session.execute(update(Theater).values(name="The Candle"))
    assert "The Candle" in client.get("/").text


def test_the_site_is_read_once_a_request(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    with Statements() as asked:
        site()
        site()
    assert len(asked.texts) == 1


def test_a_page_that_says_something_broke_stands_without_a_database(client: FlaskClient) -> None:
    db.drop_all()
    answer = client.get("/film/any")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text


@pytest.mark.parametrize(
    ("phone", "href"),
    [
        ("0484 000 0000", "tel:04840000000"),
        ("+91 (484) 000-0000", "tel:+914840000000"),
        (" +49 30/123 ", "tel:+4930123"),
    ],
)
def test_a_telephone_number_becomes_a_link_that_dials(phone: str, href: str) -> None:
    assert Site(phone=phone).phone_href == href


def test_today_is_the_programme_day_of_the_cinemas_own_clock() -> None:
    here = Site(zone="Asia/Kolkata")
    with time_machine.travel(at("2026-11-23 03:59"), tick=False):
        assert here.today == date(2026, 11, 22)
    with time_machine.travel(at("2026-11-23 04:00"), tick=False):
        assert here.today == date(2026, 11, 23)


def test_prices_are_offered_per_category_in_the_order_of_the_ticket_types(
    app: Flask, cinema: Cinema
) -> None:
    showtime = cinema.showtime()
    with transaction() as session:
        session.execute(update(TicketType).where(TicketType.name == "Child").values(position=-1))
    options = price_options(_card_of(showtime))
    assert sorted([(o.name, o.amount) for o in offered] for offered in options.values()) == [
        [("Child", 6000), ("Adult", 12000)],
        [("Child", 9000), ("Adult", 18000)],
    ]


def _card_of(showtime: int) -> int:
    showing = programme.showing(showtime)
    assert showing is not None
    return showing.price_card_id


def test_an_unknown_card_has_no_prices(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    assert price_options(99) == {}


def test_the_next_start_passes_over_what_is_cancelled(app: Flask, cinema: Cinema) -> None:
    cinema.showtime(at("2026-11-22 18:00"), state="cancelled")
    cinema.showtime(at("2026-11-24 18:00"))
    assert programme.next_start(at("2026-11-22 00:00")) == at("2026-11-24 18:00")
