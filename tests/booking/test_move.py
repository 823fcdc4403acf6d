"""A showing is moved: everybody keeps a seat and gets one letter, or the money."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from bookingapp import clock
from bookingapp.booking import change_job, change_rules, service
from bookingapp.booking import change_queries as changes
from bookingapp.booking.models import BookingSeat
from bookingapp.booking.rules import HoldOver, NotOnSale
from bookingapp.booking.service import changing
from bookingapp.catalogue.models import Seat, Showtime, ShowtimeState
from bookingapp.db import db, transaction
from bookingapp.tickets.models import TicketCode
from tests.booking import buyers
from tests.booking.changing import (
    letters_of,
    move,
    new_of,
    outcomes,
    row,
    screen_of,
    seats,
    sold,
    valid_tickets,
)
from tests.factories import Cinema


def test_another_time_keeps_seats_prices_and_number_and_makes_a_new_code(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime(booking_fee=2000)
    token = sold(old, "C4", "C5")
    before = (buyers.booking(token).number, buyers.booking(token).total)
    new = move(old, hours=2)
    after = buyers.booking(token)
    assert (after.number, after.total, after.state) == (*before, "confirmed")
    assert (after.showtime_id, after.revision) == (new, 2)
    assert seats(token) == ["C4", "C5"]
    assert valid_tickets(token) == 2
    codes = buyers.rows(TicketCode)
    assert [code.revoked_at is None for code in codes] == [False, True]
    assert buyers.live_seats(old) == []
    assert len(buyers.live_seats(new)) == 2
    assert outcomes() == {"moved": 1}


def test_the_new_showing_is_the_old_one_at_another_time_and_on_sale_when_all_have_seats(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime(note="With live piano", booking_fee=1500)
    sold(old, "C4")
    new = move(old, hours=3, settle=False)
    was, now = row(old), row(new)
    assert (was.state, now.state) == ("moved", "off_sale")
    assert now.moved_from_id == old
    assert now.starts_at - was.starts_at == now.ends_at - was.ends_at == timedelta(hours=3)
    assert (now.note, now.booking_fee, now.price_card_id) == (was.note, 1500, was.price_card_id)
    change_job.run()
    assert row(new).state == "on_sale"


def test_what_was_off_sale_stays_off_sale(app: Flask, cinema: Cinema) -> None:
    assert row(move(cinema.showtime(state=ShowtimeState.OFF_SALE))).state == "off_sale"


def test_another_hall_seats_who_it_can_and_gives_the_others_their_money(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    kept, elsewhere = sold(old, "C1", who="asha"), sold(old, "C4", "C5", who="ravi")
    front = sold(old, "A1", who="mina")
    hall = screen_of(cinema.second_plan("C1", "C2", "C3"))
    new = move(old, hours=0, screen=hall, words="The projector in Hall 1 is broken.")
    assert (seats(kept), seats(elsewhere)) == (["C1"], ["C2", "C3"])
    assert outcomes() == {"moved": 2, "cancelled": 1}
    assert (buyers.state(front), buyers.booking(front).showtime_id) == ("cancelled", old)
    letter = buyers.letters("booking_cancellation")[0].payload
    assert (letter["cause"], letter["words"]) == ("no_seat", "The projector in Hall 1 is broken.")
    assert len(buyers.live_seats(new)) == 3


def test_another_category_only_by_the_managers_will_and_at_the_price_paid(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    front = sold(old, "A1")
    hall = screen_of(cinema.second_plan("D1", "D2"))
    move(old, screen=hall, others=True)
    assert buyers.state(front) == "confirmed"
    assert len(seats(front)) == 1
    assert buyers.booking(front).total == Cinema.PRICES["Adult", "Front"]
    live = [claim for claim in buyers.rows(BookingSeat) if claim.released_at is None]
    assert [claim.price for claim in live] == [Cinema.PRICES["Adult", "Front"]]


def test_one_letter_each_and_what_was_not_sent_yet_of_the_old_time_never_goes(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    token = sold(old, "C4")
    move(old)
    change_job.run()
    assert letters_of(token) == [
        ("booking_confirmation", "cancelled"),
        ("showtime_moved", "queued"),
    ]


def test_moved_again_before_the_first_letter_went_it_tells_of_what_the_customer_knew(
    app: Flask, cinema: Cinema
) -> None:
    first = cinema.showtime()
    token = sold(first, "C4")
    second = move(first, hours=1)
    move(second, hours=2)
    assert letters_of(token, "showtime_moved") == [
        ("showtime_moved", "cancelled"), ("showtime_moved", "queued"),
    ]  # fmt: skip
    told = buyers.letters("showtime_moved")[-1].payload
    assert told["was"]["starts_at"] == row(first).starts_at.isoformat()
    assert buyers.booking(token).revision == 3


def test_broken_seats_stay_broken_while_the_plan_is_the_same(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    with transaction() as session:
        show = session.get_one(Showtime, old)
        broken = session.query(Seat.id).filter_by(name="B1").scalar()
        session.add(
            BookingSeat(
                showtime_id=old, seat_id=broken, seat_plan_id=show.seat_plan_id, reason="broken"
            )
        )
    assert buyers.live_seats(move(old)) == [broken]
    hall = screen_of(cinema.second_plan("B1"))
    assert buyers.live_seats(move(new_of(old), screen=hall)) == []


def test_a_hold_is_given_up_and_its_payment_goes_back(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    token = buyers.hold(old, "C4")
    move(old)
    assert buyers.state(token) == "released"
    assert outcomes() == {"released": 1}
    with pytest.raises(HoldOver):
        service.start_payment(token)


def test_nobody_pays_for_a_hold_the_job_has_not_come_to_yet(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    token = buyers.hold(old, "C4")
    move(old, settle=False)
    with pytest.raises(NotOnSale):
        service.start_payment(token)


def test_a_booking_cancelled_meanwhile_is_left_alone(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    token = sold(old, "C4")
    first = move(old)
    move(first, hours=2, settle=False)
    changing.take_money_back(token)
    change_job.run()
    assert outcomes() == {"moved": 1, "gone": 1}
    assert letters_of(token, "booking_cancellation") == [("booking_cancellation", "queued")]


def test_a_seat_that_is_somebodys_by_then_is_replaced(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    token, other = sold(old, "C4", who="asha"), sold(old, "C5", who="ravi")
    new = move(old, settle=False)
    with transaction() as session:
        seat = session.query(Seat).filter_by(name="C4").one()
        session.add(
            BookingSeat(
                showtime_id=new, seat_id=seat.id, seat_plan_id=seat.seat_plan_id, reason="broken"
            )
        )
    change_job.run()
    assert outcomes() == {"moved": 2}
    assert seats(other) == ["C5"]
    assert seats(token) == ["D4"]


def test_a_showing_without_bookings_moves_at_once(app: Flask, cinema: Cinema) -> None:
    new = move(cinema.showtime())
    assert row(new).state == "on_sale"
    assert outcomes() == {}


def test_the_money_instead_is_all_of_it_until_the_film_begins(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    token = sold(old, "C4")
    move(old)
    assert buyers.state(token) == "confirmed"
    with (
        time_machine.travel(row(new_of(old)).starts_at, tick=False),
        pytest.raises(change_rules.TooLateForMoney),
    ):
        changing.take_money_back(token)
    with time_machine.travel(row(new_of(old)).starts_at - timedelta(seconds=2), tick=False):
        changing.take_money_back(token)
    assert buyers.state(token) == "cancelled"
    assert buyers.letters("booking_cancellation")[0].payload["cause"] == "moved"
    assert buyers.live_seats(new_of(old)) == []


def test_who_bought_after_the_move_has_nothing_to_take_back(app: Flask, cinema: Cinema) -> None:
    new = move(cinema.showtime())
    token = sold(new, "C4")
    with pytest.raises(change_rules.TooLateForMoney):
        changing.take_money_back(token)
    assert buyers.state(token) == "confirmed"


def test_figures_of_a_finished_move(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    for who, seat in (("asha", "C4"), ("ravi", "C5")):
        sold(old, seat, who=who)
    move(old)
    found = changes.of_showing(old)
    assert found is not None
    assert (found.total, found.left, found.owed, found.sent, found.silent) == (2, 0, 2, 0, 0)
    assert found.finished_at is not None
    assert found.finished_at <= clock.now()
    db.session.rollback()
