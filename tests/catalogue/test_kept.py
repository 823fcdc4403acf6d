"""What is kept of the catalogue between requests, and what makes it be read again."""

import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from bookingapp.booking import queries as booking
from bookingapp.booking.models import Booking
from bookingapp.catalogue import kept as memory
from bookingapp.catalogue.kept import kept
from bookingapp.catalogue.models import Theater
from bookingapp.db import db, transaction
from tests.booking.buyers import hold
from tests.factories import Cinema
from tests.shop.cinema_days import Statements


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, the second is not over."""
    monkeypatch.setattr(memory, "SECONDS", 3600.0)


def name() -> str | None:
    """The theater's name, kept."""
    return kept("name", lambda: db.session.scalar(select(Theater.name)))


def rename(to: str) -> None:
    """Give the theater another name."""
    with transaction() as session:
        session.execute(update(Theater).values(name=to))


@pytest.mark.usefixtures("slow_clock")
@pytest.mark.parametrize("page", ["/", "/showtime/{}"])
def test_a_page_asked_for_again_asks_only_who_has_which_seat(
    client: FlaskClient, cinema: Cinema, page: str
) -> None:
    address = page.format(cinema.showtime())
    client.get(address)
    with Statements() as asked:
        client.get(address)
    assert len(asked.texts) == 1
    assert "booking_seat" in asked.texts[0]


@pytest.mark.usefixtures("slow_clock")
def test_a_hold_makes_nobody_read_the_catalogue_again(app: Flask, cinema: Cinema) -> None:
    showtime = cinema.showtime()
    name()
    hold(showtime, "A1")
    with transaction() as session:
        session.execute(update(Booking).values(name="A Guest"))
        session.execute(text("WITH one AS (SELECT 1) UPDATE booking SET name = 'Another'"))
    with Statements() as asked:
        name()
    assert asked.texts == []


def test_a_written_name_is_seen_at_once(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    name()
    rename("The Candle")
    db.session.rollback()
    assert name() == "The Candle"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE theater SET name = 'The Candle'",
        "update theater set name = 'The Candle'",
        "-- by hand\nUPDATE\ttheater SET name = 'The Candle'",
        "WITH one AS (SELECT 'The Candle' AS word) UPDATE theater SET name = (SELECT word FROM one)",
    ],
)
def test_a_name_written_by_plain_text_is_seen_at_once(
    app: Flask, cinema: Cinema, statement: str
) -> None:
    cinema.theater()
    name()
    with transaction() as session:
        session.execute(text(statement))
    db.session.rollback()
    assert name() == "The Candle"


def test_a_connection_that_goes_on_after_its_commit_is_noticed(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    name()
    db.session.rollback()
    with db.engine.connect() as connection:
        connection.execute(update(Theater).values(name="The Candle"))
        connection.commit()
        connection.execute(select(Theater.id))
        assert name() == "The Candle"


def test_what_an_old_snapshot_reads_is_kept_for_nobody(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    db.session.scalar(select(Theater.id))  # SQLite: from here on this session reads old rows
    rename("The Candle")
    name()
    db.session.rollback()
    assert name() == "The Candle"


def test_another_process_is_seen_within_a_second(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    name()
    db.session.rollback()
    raw = db.engine.raw_connection()  # nothing of ours hears what is said on it
    raw.cursor().execute("UPDATE theater SET name = 'The Candle'")
    raw.commit()
    raw.close()
    began, seen = time.perf_counter(), name()
    while seen != "The Candle" and time.perf_counter() - began < 10:
        seen = name()
        db.session.rollback()
    assert seen == "The Candle"


@pytest.mark.usefixtures("slow_clock")
def test_inside_a_transaction_everything_is_read(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    name()
    with transaction(), Statements() as asked:
        name()
    assert len(asked.texts) == 1


@pytest.mark.usefixtures("slow_clock")
def test_after_a_refusal_everything_is_read(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    name()
    booking.refresh()
    with Statements() as asked:
        name()
    assert len(asked.texts) == 1


@pytest.mark.parametrize(("immutable", "reads"), [(True, 1), (False, 2)])
def test_what_never_changes_is_kept_longer_than_a_second(
    app: Flask, monkeypatch: pytest.MonkeyPatch, immutable: bool, reads: int
) -> None:
    monkeypatch.setattr(memory, "SECONDS", 0.0)
    read: list[int] = []
    for _ in range(2):
        kept("plan", lambda: read.append(1), immutable=immutable)
    assert len(read) == reads


@pytest.mark.usefixtures("slow_clock")
def test_what_was_kept_longest_makes_room(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "AT_MOST", 2)
    for key in "abc":
        kept(key, lambda: "first")
    assert [kept(key, lambda: "again") for key in "ca"] == ["first", "again"]
