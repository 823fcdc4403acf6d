"""Taking seats, through the page's own form: all or nothing, on both engines."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.booking import queries, service
from bookingapp.booking.models import BookingSeat
from bookingapp.catalogue.models import Price, Seat, Showtime
from bookingapp.db import db, transaction
from tests.booking.guests import Guest, booking, guest, let_lapse, live_claims, pay_in_full
from tests.factories import Cinema


@pytest.fixture
def showtime(cinema: Cinema) -> int:
    """Tomorrow's showing with 24 free seats."""
    return cinema.showtime()


@pytest.fixture
def asha(app: Flask) -> Guest:
    return guest(app)


@pytest.fixture
def ravi(app: Flask) -> Guest:
    return guest(app)


def test_chosen_seats_are_kept_for_twelve_minutes(asha: Guest, showtime: int) -> None:
    before = clock.now()
    answer = asha.hold(showtime, "C3", "C4")
    assert answer.status_code == 303
    row = booking(asha.token)
    assert live_claims(showtime) == {"C3": row.id, "C4": row.id}
    assert row.hold_expires_at is not None
    kept = row.hold_expires_at - before
    assert timedelta(minutes=12) <= kept < timedelta(minutes=12, seconds=30)


@pytest.mark.settings(hold_minutes=5)
def test_how_long_is_a_setting(asha: Guest, showtime: int) -> None:
    asha.hold(showtime, "C3")
    row = booking(asha.token)
    assert row.hold_expires_at == row.created_at + timedelta(minutes=5)


def test_a_lost_seat_is_named_and_the_rest_stays_ticked(
    asha: Guest, ravi: Guest, showtime: int
) -> None:
    asha.hold(showtime, "C3")
    answer = ravi.hold(showtime, "C3", "C4")
    assert answer.status_code == 409
    assert "C3 was taken a moment ago" in answer.text
    assert "C4 is still free and ticked" in answer.text
    assert set(live_claims(showtime)) == {"C3"}


def test_pressing_hold_twice_gives_the_same_booking(asha: Guest, showtime: int) -> None:
    first = asha.hold(showtime, "C3", "C4").location
    second = asha.hold(showtime, "C4", "C3").location
    assert first == second
    assert len(set(live_claims(showtime).values())) == 1


def test_choosing_again_replaces_what_this_browser_held(
    asha: Guest, ravi: Guest, showtime: int
) -> None:
    asha.hold(showtime, "C3", "C4")
    old = asha.token
    asha.hold(showtime, "C4", "C5")
    assert booking(old).state == "released"
    assert set(live_claims(showtime)) == {"C4", "C5"}
    assert ravi.hold(showtime, "C3").status_code == 303


def test_when_the_new_seats_are_lost_the_old_hold_stays(
    asha: Guest, ravi: Guest, showtime: int
) -> None:
    asha.hold(showtime, "C3", "C4")
    ravi.hold(showtime, "C5")
    assert asha.hold(showtime, "C4", "C5").status_code == 409
    assert booking(asha.token).state == "held"
    mine = booking(asha.token).id
    assert {name for name, who in live_claims(showtime).items() if who == mine} == {"C3", "C4"}


def test_a_lapsed_hold_gives_way_as_a_whole(asha: Guest, ravi: Guest, showtime: int) -> None:
    asha.hold(showtime, "C3", "C4")
    let_lapse(asha.token)
    assert ravi.hold(showtime, "C4").status_code == 303
    assert booking(asha.token).state == "expired"
    assert set(live_claims(showtime)) == {"C4"}


def test_the_same_seats_after_the_time_was_over_are_a_new_booking(
    asha: Guest, showtime: int
) -> None:
    asha.hold(showtime, "C3")
    old = asha.token
    let_lapse(old)
    asha.hold(showtime, "C3")
    assert asha.token != old
    assert (booking(old).state, booking(asha.token).state) == ("expired", "held")


def test_a_paid_seat_is_never_given_away(asha: Guest, ravi: Guest, showtime: int) -> None:
    asha.hold(showtime, "C3")
    pay_in_full(asha.token)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert ravi.hold(showtime, "C3").status_code == 409


def test_a_house_seat_is_not_for_sale(asha: Guest, showtime: int) -> None:
    with transaction() as session:
        seat = session.query(Seat).filter_by(name="A1").one()
        session.add(BookingSeat(showtime_id=showtime, seat_id=seat.id, reason="broken",
                                seat_plan_id=seat.seat_plan_id))  # fmt: skip
    assert asha.hold(showtime, "A1", "A2").status_code == 409
    assert queries.taken(showtime, "")[seat.id] == "house"


@pytest.mark.settings(limit_seats=2)
def test_more_seats_than_the_limit_are_refused(asha: Guest, showtime: int) -> None:
    answer = asha.hold(showtime, "C1", "C2", "C3")
    assert answer.status_code == 400
    assert "At most 2 seats" in answer.text
    assert live_claims(showtime) == {}


@pytest.mark.settings(limit_holds_per_session=2)
def test_one_browser_holds_seats_for_a_few_showings_only(
    asha: Guest, ravi: Guest, cinema: Cinema
) -> None:
    first, second, third = (cinema.showtime() for _ in range(3))
    assert [asha.hold(s, "C1").status_code for s in (first, second, third)] == [303, 303, 429]
    assert asha.hold(second, "C2").status_code == 303, "another choice for a held showing is fine"
    assert ravi.hold(third, "C1").status_code == 303


@pytest.mark.settings(limit_holds_per_address=2)
def test_one_address_holds_only_so_much_at_once(app: Flask, showtime: int) -> None:
    there = {"environ_base": {"REMOTE_ADDR": "10.0.0.1"}}
    tries = [guest(app).hold(showtime, seat, **there).status_code for seat in ("C1", "C2", "C3")]
    assert tries == [303, 303, 429]
    elsewhere = {"environ_base": {"REMOTE_ADDR": "10.0.0.2"}}
    assert guest(app).hold(showtime, "C3", **elsewhere).status_code == 303


@pytest.mark.settings(limit_holds_per_session=1)
def test_a_lapsed_hold_does_not_count_against_anybody(asha: Guest, cinema: Cinema) -> None:
    asha.hold(cinema.showtime(), "C1")
    let_lapse(asha.token)
    assert asha.hold(cinema.showtime(), "C1").status_code == 303


@pytest.mark.parametrize("seat", ["Z9", "A0", "C3 ", "c3", "A\0", "'; DROP TABLE seat; --"])
def test_a_seat_that_is_not_in_this_hall_is_refused(asha: Guest, showtime: int, seat: str) -> None:
    answer = asha.hold(showtime, seat)
    # a stray space is forgiven, nothing else is
    assert answer.status_code == (303 if seat.strip() == "C3" else 400)


def test_a_seat_of_another_hall_is_refused(asha: Guest, cinema: Cinema, showtime: int) -> None:
    small = cinema.second_plan("Z1", "Z2")
    assert asha.hold(showtime, "Z1").status_code == 400
    elsewhere = cinema.showtime(seat_plan_id=small)
    assert asha.hold(elsewhere, "Z1").status_code == 303


@pytest.mark.parametrize(
    "values",
    [
        {"state": "draft"},
        {"state": "off_sale"},
        {"state": "cancelled"},
        {"on_sale_from": clock.now() + timedelta(hours=1)},
        {"on_sale_until": clock.now() - timedelta(hours=1)},
        {"starts_at": clock.now() - timedelta(minutes=1)},
    ],
)
def test_a_showing_that_is_not_on_sale_holds_nothing(
    asha: Guest, showtime: int, values: dict[str, object]
) -> None:
    with transaction() as session:
        session.execute(update(Showtime).where(Showtime.id == showtime).values(**values))
    assert asha.hold(showtime, "C3").status_code in {404, 409}
    assert live_claims(showtime) == {}


@pytest.mark.parametrize("number", [0, 99_999, 2**31, 2**70])
def test_a_showing_that_is_not_there_is_said_so(asha: Guest, showtime: int, number: int) -> None:
    assert asha.hold(number, "C3").status_code in {404, 409}


def test_the_price_stays_what_it_was_when_the_seat_was_held(asha: Guest, showtime: int) -> None:
    asha.hold(showtime, "C3")
    with transaction() as session:
        session.execute(update(Price).values(amount=99_900))
    assert booking(asha.token).total == 18_000
    asha.press("update")
    assert booking(asha.token).total == 18_000


def test_a_seat_starts_with_the_first_ticket_type(asha: Guest, showtime: int) -> None:
    asha.hold(showtime, "A1", "C1")
    view = queries.by_token(asha.token)
    assert view is not None
    assert [seat.ticket_type for seat in view.seats] == ["Adult", "Adult"]
    assert (view.subtotal, view.total, view.tax) == (30_000, 30_000, 4577)


def test_the_sweeper_only_tidies(asha: Guest, ravi: Guest, showtime: int) -> None:
    asha.hold(showtime, "C3")
    ravi.hold(showtime, "C4")
    let_lapse(asha.token)
    assert queries.free_counts({showtime: 24}) == {showtime: 23}
    assert service.expire_lapsed() == 1
    db.session.rollback()
    assert queries.free_counts({showtime: 24}) == {showtime: 23}
    assert (booking(asha.token).state, booking(ravi.token).state) == ("expired", "held")
    assert service.expire_lapsed() == 0


def test_seats_left_are_counted_for_many_showings_at_once(
    asha: Guest, ravi: Guest, cinema: Cinema
) -> None:
    first, second, third = (cinema.showtime() for _ in range(3))
    asha.hold(first, "C3", "C4")
    pay_in_full(asha.token)
    ravi.hold(second, "A1")
    db.session.rollback()
    assert queries.free_counts(dict.fromkeys([first, second, third], 24)) == {
        first: 22,
        second: 23,
        third: 24,
    }


def test_own_seats_show_as_own_and_others_as_taken(asha: Guest, ravi: Guest, showtime: int) -> None:
    asha.hold(showtime, "C3")
    assert "C3" in asha.see(f"/showtime/{showtime}")
    key = booking(asha.token).buyer_key
    assert list(queries.taken(showtime, key).values()) == ["yours"]
    assert list(queries.taken(showtime, "somebody else").values()) == ["taken"]
    let_lapse(asha.token)
    db.session.rollback()
    assert queries.taken(showtime, key) == {}
