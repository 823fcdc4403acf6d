"""What customers see of a showing that was moved or called off, and the money back instead."""

import re
from datetime import timedelta

import time_machine
from flask import Flask

from bookingapp.booking import books, reconcile
from bookingapp.booking.service import changing
from bookingapp.db import db
from bookingapp.payments.models import Refund
from tests.admin.reading import words
from tests.booking import buyers
from tests.booking.changing import (
    call_off,
    letters_of,
    move,
    new_of,
    row,
    screen_of,
    sold,
    soon,
)
from tests.booking.guests import guest
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


def read(app: Flask, path: str) -> str:
    """A page's words, read by somebody who follows where it leads."""
    answer = app.test_client().get(path, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return words(answer.text)


def test_the_old_showings_page_leads_to_the_new_one_and_the_programme_shows_that_alone(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    new = move(move(old, hours=1), hours=2)
    page = app.test_client().get(f"/showtime/{old}", follow_redirects=True)
    assert page.request.path == f"/showtime/{new}"
    assert "This showing has another time or hall now" in words(page.text)
    film = app.test_client().get("/film/film-1").text
    assert set(re.findall(r"/showtime/(\d+)", film)) == {str(new)}


def test_the_ticket_page_shows_old_and_new_and_the_old_code_admits_nobody(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    token = sold(old, "C4", "C5")
    code = re.findall(r"/t/[A-Z2-7]+", buyers.letters("booking_confirmation")[0].payload["ticket"]["ticket_url"])[0]  # fmt: skip
    hall = screen_of(cinema.second_plan("C1", "C2"))
    move(old, screen=hall)
    page = read(app, f"/b/{token}")
    for fact in ("This showing was moved. Look at the time.", "Hall 1 Hall 2", "C4, C5 C1, C2",
                 "Take the money back instead"):  # fmt: skip
        assert fact in page
    assert "Admit" not in read(app, code) or "no longer" in read(app, code)
    told = buyers.letters("showtime_moved")[0].payload["ticket"]["ticket_url"]
    assert code not in told


def test_the_money_instead_takes_one_click_and_a_second_one_does_no_harm(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    token = sold(old, "C4")
    move(old)
    page = read(app, f"/b/{token}/moved")
    assert "It was It is now" in page
    assert buyers.state(token) == "confirmed"  # looking is not doing: mail scanners look
    for _ in range(2):
        answer = app.test_client().post(f"/b/{token}/moved")
        assert answer.location == f"/b/{token}"
    assert buyers.state(token) == "cancelled"
    assert letters_of(token, "booking_cancellation") == [("booking_cancellation", "queued")]
    # the letter of the move says a ticket that is none any more
    assert letters_of(token, "showtime_moved") == [("showtime_moved", "cancelled")]
    assert read(app, f"/b/{token}/moved") == read(app, f"/b/{token}")


def test_after_the_beginning_the_page_says_whom_to_call(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    token = sold(old, "C4")
    move(old)
    with time_machine.travel(row(new_of(old)).starts_at + timedelta(minutes=1), tick=False):
        page = read(app, f"/b/{token}/moved")
        assert "too late to take the money back" in page
        assert "0484 000 0000" in page
        client = app.test_client()
        client.post(f"/b/{token}/moved")
        assert "It is too late to take the money back here" in words(client.get(f"/b/{token}").text)
    assert buyers.state(token) == "confirmed"


def test_a_booking_that_was_never_moved_has_no_such_page(app: Flask, cinema: Cinema) -> None:
    token = sold(cinema.showtime(), "C4")
    assert app.test_client().get(f"/b/{token}/moved").location == f"/b/{token}"
    app.test_client().post(f"/b/{token}/moved")
    assert buyers.state(token) == "confirmed"
    assert app.test_client().post("/b/nobodys-link-of-this-house/moved").status_code == 404


def test_while_it_is_being_moved_or_cancelled_the_ticket_page_says_so(
    app: Flask, cinema: Cinema
) -> None:
    first, second = cinema.showtime(), cinema.showtime(soon(50))
    moving, off = sold(first, "C4"), sold(second, "C4", who="ravi")
    move(first, settle=False)
    call_off(second, settle=False)
    assert "This showing is being moved." in read(app, f"/b/{moving}")
    assert "Your money goes back by itself" in read(app, f"/b/{off}")


def test_a_hold_that_was_given_up_says_why_and_where_to_go(app: Flask, cinema: Cinema) -> None:
    first, second = cinema.showtime(), cinema.showtime(soon(50))
    buyer, other = guest(app), guest(app)
    buyer.hold(first, "C4")
    other.hold(second, "C4")
    new = move(first)
    call_off(second)
    assert (
        "The showing has another time or hall now, so your seats could not be kept." in buyer.read()
    )
    assert f"/showtime/{first}" in buyer.see()
    assert buyer.client.get(f"/showtime/{first}").location == f"/showtime/{new}"
    assert "The showing is off, so your seats could not be kept." in other.read()


def test_the_calendar_file_after_a_move_replaces_the_one_before(app: Flask, cinema: Cinema) -> None:
    old = cinema.showtime()
    token = sold(old, "C4")
    before = app.test_client().get(f"/b/{token}/calendar.ics").text
    move(old)
    after = app.test_client().get(f"/b/{token}/calendar.ics").text
    assert "SEQUENCE:1" in before
    assert "SEQUENCE:2" in after
    assert re.findall("UID:.*", before) == re.findall("UID:.*", after)
    changing.take_money_back(token)
    assert "STATUS:CANCELLED" in app.test_client().get(f"/b/{token}/calendar.ics").text


def test_the_cancelling_page_of_a_moved_booking_keeps_no_fee_either(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    old = cinema.showtime(soon(1.5), booking_fee=2000)  # so near that the terms give nothing back
    token = buyers.hold(old, "C4", "C5")
    sandbox.pay(buyers.go_to_pay(token))
    buyers.make_due()
    reconcile.run()
    move(old, hours=0.5)
    assert "₹380.00" in read(app, f"/b/{token}/cancel")
    assert "% of the price is kept" not in read(app, f"/b/{token}")
    assert "Take ₹380 back" in read(app, f"/b/{token}/moved")
    app.test_client().post(f"/b/{token}/moved")
    assert [refund.amount for refund in buyers.rows(Refund)] == [38000]
    assert "All ₹380.00" in read(app, f"/b/{token}") or "₹380.00" in read(app, f"/b/{token}")


def test_the_books_balance_after_a_move_and_a_calling_off(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    first, second = cinema.showtime(), cinema.showtime(soon(50))
    for showing, place, who in (
        (first, "C4", "asha"),
        (first, "A1", "mina"),
        (second, "C4", "ravi"),
    ):
        token = buyers.hold(showing, place, who=who, email=f"{who}@example.com")
        sandbox.pay(buyers.go_to_pay(token))
    buyers.make_due()
    reconcile.run()
    move(first, screen=screen_of(cinema.second_plan("C1", "C2")))
    call_off(second)
    db.session.rollback()
    found = books.read(db.session())
    assert list(found.gaps) == []
    assert found.balance
    assert {c: (s.tickets, s.owed) for c, s in found.sums.items()} == {"INR": (18000, 30000)}
