"""The demo cinema in a database: filled once, whole, and a week ahead from then on."""

import stat
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from bookingapp.accounts import service as accounts
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.catalogue.models import Movie, Seat, SeatPlan, Showtime, Theater
from bookingapp.clock import local
from bookingapp.db import db
from bookingapp.demo import guests, service
from bookingapp.demo.rules import NotEmpty, NotInProduction
from bookingapp.demo.staff import LOGIN_FILE, MANAGER, PEOPLE
from bookingapp.demo.week import ZONE
from bookingapp.email.models import OutboxMessage
from bookingapp.payments.models import Payment
from bookingapp.posters import PosterFiles, file_name
from bookingapp.settings import Settings
from bookingapp.tickets.models import Ticket, TicketCode
from tests.demo.days import NOON, SUNDAY
from tests.demo.filled import KEPT, drawn, filled, posters_are_copied, seen
from tests.factories import Cinema

__all__ = ["drawn", "filled", "posters_are_copied", "seen"]
pytestmark = pytest.mark.usefixtures("app")


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def left() -> dict[int, int]:
    """Free seats of each coming showing."""
    places = dict(
        db.session.execute(
            select(Seat.seat_plan_id, func.count()).group_by(Seat.seat_plan_id)
        ).all()
    )
    claims = select(BookingSeat.showtime_id, func.count()).group_by(BookingSeat.showtime_id)
    sold = dict(db.session.execute(claims).all())
    coming = select(Showtime.id, Showtime.seat_plan_id).where(Showtime.starts_at > NOON)
    return {show: places[plan] - sold.get(show, 0) for show, plan in db.session.execute(coming)}


def test_a_dozen_films_have_their_posters_on_the_disk(
    engine: str, seen: service.DemoReport
) -> None:
    posters_in = KEPT[engine].settings.instance / "posters"
    posters = db.session.scalars(select(Movie.poster)).all()
    assert seen.films == len(posters) == 12
    for key in posters:
        assert (posters_in / file_name(key, 208)).is_file()
        assert (posters_in / file_name(key, 320)).is_file()


def test_a_film_page_gets_the_colours_of_its_poster(seen: service.DemoReport) -> None:
    assert seen.is_demo
    colours = db.session.execute(select(Movie.colour, Movie.colour_ink)).all()
    assert len(set(colours)) == 12


@pytest.mark.usefixtures("seen")
def test_every_day_of_the_coming_week_has_seven_to_nine_showings() -> None:
    starts = db.session.scalars(select(Showtime.starts_at)).all()
    a_day = Counter(local(instant, ZONE.key).date() for instant in starts)
    assert set(a_day) == {SUNDAY + timedelta(days=ahead) for ahead in range(7)}
    assert all(7 <= showings <= 9 for showings in a_day.values())


@pytest.mark.usefixtures("seen")
def test_one_coming_showing_is_sold_out_and_some_have_few_seats_left() -> None:
    free = sorted(left().values())
    assert free.count(0) == 1
    assert sum(0 < seats <= 15 for seats in free) >= 2
    assert free[-1] > 100


@pytest.mark.usefixtures("seen")
def test_every_booking_is_paid_to_the_last_paisa_and_has_its_tickets() -> None:
    paid = (
        select(Booking.id, Booking.total, Booking.tax, Payment.amount)
        .join(Payment, Payment.confirms_id == Booking.id)
        .where(Booking.state == BookingState.CONFIRMED)
    )
    rows = db.session.execute(paid).all()
    assert len(rows) == count(Booking) > 500
    seats = select(
        BookingSeat.booking_id, func.sum(BookingSeat.price), func.sum(BookingSeat.tax)
    ).group_by(BookingSeat.booking_id)
    sums = {booking: (price, tax) for booking, price, tax in db.session.execute(seats)}
    assert all(sums[row.id] == (row.total, row.tax) for row in rows)
    assert all(row.total == row.amount for row in rows)
    assert count(Ticket) == count(BookingSeat)
    assert count(TicketCode) == count(Booking)


@pytest.mark.usefixtures("seen")
def test_nobody_bought_in_the_future_or_after_the_film_began() -> None:
    late = (
        select(func.count())
        .select_from(Booking)
        .join(Showtime, Showtime.id == Booking.showtime_id)
        .where((Booking.created_at > NOON) | (Booking.created_at > Showtime.starts_at))
    )
    assert db.session.scalar(late) == 0


@pytest.mark.usefixtures("seen")
def test_the_invented_guests_get_no_mail() -> None:
    assert count(OutboxMessage) == 0
    emails = db.session.scalars(select(Booking.email)).all()
    assert all(email.endswith("@example.com") for email in emails)
    assert len(set(emails)) > 200


def test_everybody_on_the_staff_can_sign_in(filled: service.DemoReport) -> None:
    assert filled.password
    for email, (_, role) in PEOPLE.items():
        assert accounts.sign_in(email, filled.password).role == role


def test_the_password_is_kept_where_only_its_owner_reads_it(
    filled: service.DemoReport, settings: Settings
) -> None:
    path = settings.instance / LOGIN_FILE
    assert path.read_text(encoding="utf-8").split() == [MANAGER, filled.password]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_start_adds_nothing_and_knows_the_password(
    filled: service.DemoReport, settings: Settings
) -> None:
    before = count(Showtime), count(Booking)
    again = service.open_demo(NOON + timedelta(hours=1), settings)
    assert again == service.DemoReport(is_demo=True, password=filled.password)
    assert (count(Showtime), count(Booking)) == before


def test_a_password_that_was_changed_is_not_told_any_more(
    filled: service.DemoReport, settings: Settings
) -> None:
    assert filled.password
    manager = accounts.sign_in(MANAGER, filled.password)
    accounts.set_password(manager.id, "another password altogether")
    assert service.open_demo(NOON, settings).password is None


def test_two_days_later_the_two_missing_days_are_programmed_and_the_rest_stays(
    filled: service.DemoReport, settings: Settings
) -> None:
    before = set(db.session.scalars(select(Showtime.id)))
    later = NOON + timedelta(days=2)
    report = service.open_demo(later, settings)
    db.session.rollback()
    after = dict(db.session.execute(select(Showtime.id, Showtime.starts_at)).all())
    assert before < after.keys()
    assert report.films == 0
    assert report.showings == len(after) - filled.showings
    days = {local(after[show], ZONE.key).date() for show in after.keys() - before}
    assert days == {SUNDAY + timedelta(days=7), SUNDAY + timedelta(days=8)}


def test_after_a_long_break_a_whole_new_week_is_programmed_with_a_full_house(
    filled: service.DemoReport, settings: Settings
) -> None:
    report = service.open_demo(NOON + timedelta(days=70), settings)
    assert report.showings == filled.showings
    assert report.bookings > 500


def test_a_day_starts_at_four_so_a_fill_after_midnight_still_has_the_night(
    settings: Settings,
) -> None:
    service.fill(NOON + timedelta(hours=13), settings)
    earliest = db.session.scalar(select(func.min(Showtime.starts_at)))
    assert earliest
    assert local(earliest, ZONE.key).date() == SUNDAY


def test_a_cinema_that_is_there_is_not_touched(cinema: Cinema, settings: Settings) -> None:
    cinema.theater()
    with pytest.raises(NotEmpty):
        service.fill(NOON, settings)
    assert not service.open_demo(NOON, settings).is_demo
    assert count(Movie) == count(Showtime) == 0
    assert not (settings.instance / LOGIN_FILE).exists()


def test_a_cinema_that_was_built_while_the_posters_were_drawn_is_not_touched(
    cinema: Cinema, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(_folder: Path) -> dict[str, PosterFiles]:
        cinema.theater()
        return {}

    monkeypatch.setattr(service, "hang_posters", slowly)
    with pytest.raises(NotEmpty):
        service.fill(NOON, settings)
    assert count(Theater) == 1
    assert count(Movie) == 0


def test_the_demo_stays_out_of_production(settings: Settings) -> None:
    production = replace(
        settings,
        mode="production",
        public_url="https://cinema.test",
        payment_gateway="razorpay",
        razorpay_key_id="rzp_live_1234567890",
        razorpay_key_secret="a live secret of some length",
        mail_transport="smtp",
        mail_default_sender="The Lantern <tickets@cinema.test>",
    )
    with pytest.raises(NotInProduction):
        service.open_demo(NOON, production)
    assert count(Theater) == 0


def test_a_fill_that_breaks_leaves_an_empty_database_for_the_next_try(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell = guests.sell
    monkeypatch.setattr(guests, "sell", _disk_full)
    with pytest.raises(OSError, match="disk full"):
        service.fill(NOON, settings)
    monkeypatch.setattr(guests, "sell", sell)
    assert count(Theater) == count(Movie) == count(SeatPlan) == 0
    assert service.fill(NOON, settings).films == 12


def _disk_full(*_: object) -> int:
    raise OSError("disk full")


def test_a_fill_takes_less_than_ten_seconds(settings: Settings) -> None:
    start = time.process_time()
    service.fill(NOON, settings)
    assert time.process_time() - start < 10


def test_the_command_prints_the_managers_login(app: Flask, settings: Settings) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["demo"])
    assert first.exit_code == 0, first.output
    email, password = Path(settings.instance / LOGIN_FILE).read_text(encoding="utf-8").split()
    assert "12 films" in first.output
    for told in (first, runner.invoke(args=["demo"])):
        assert email in told.output
        assert password in told.output


def test_the_command_says_how_to_get_a_new_password(app: Flask, settings: Settings) -> None:
    runner = app.test_cli_runner()
    runner.invoke(args=["demo"])
    (settings.instance / LOGIN_FILE).unlink()
    assert f"users passwd {MANAGER}" in runner.invoke(args=["demo"]).output


def test_the_command_leaves_another_cinema_alone(app: Flask, cinema: Cinema) -> None:
    cinema.theater()
    told = app.test_cli_runner().invoke(args=["demo"])
    assert told.exit_code == 0
    assert "leaves it alone" in told.output
