"""What customers and the office do after a move: part of it cancelled, money given, letters still to go."""

from flask import Flask

from bookingapp.booking import change_job, service
from bookingapp.booking.cancel_wish import How, Wish
from bookingapp.booking.change_models import ChangedBooking, Outcome
from bookingapp.booking.models import BookingSeat
from bookingapp.booking.service import changing
from bookingapp.db import transaction
from bookingapp.email.models import OutboxMessage, OutboxState
from bookingapp.payments.models import Refund
from tests.admin.reading import words
from tests.booking import buyers
from tests.booking.changing import letters_of, move, outcomes, row, screen_of, seats, sold
from tests.booking.money_deeds import actor, send_mail
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

MOVED = ("showtime_moved", "booking_confirmation")


def one_seat_cancelled_for_nothing(cinema: Cinema, sandbox: SandboxProcess) -> str:
    """C4 and C5 bought for 180 each; C4 cancelled by the office, and nothing given back for it."""
    token = buyers.hold(cinema.showtime(), "C4", "C5")
    service.settle(sandbox.pay(buyers.go_to_pay(token)).payment_id)
    wish = Wish(("C4",), How.NONE, "Given to a friend", {})
    cinema.staff("manager")
    service.cancel_by_house(buyers.booking(token).id, wish, revision=1, shown=0, actor_id=actor())
    return token


def cancel_seat(app: Flask, token: str, *names: str) -> None:
    """As the customer does it on their page."""
    booking = buyers.booking(token)
    answer = app.test_client().post(
        f"/b/{token}/cancel",
        data={
            "seat": list(names), "shown_seats": " ".join(names), "shown": 0,
            "revision": booking.revision,
        },
    )  # fmt: skip
    assert answer.status_code == 303, answer.text


def test_who_cancels_one_seat_before_the_moves_letter_went_is_still_told_of_the_move(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    token = sold(old, "C4", "C5")
    send_mail()
    new = move(old, hours=2, words="The film is late.")
    cancel_seat(app, token, "C4")
    send_mail()
    assert letters_of(token, *MOVED) == [
        ("booking_confirmation", "sent"), ("showtime_moved", "cancelled"), ("showtime_moved", "sent"),
    ]  # fmt: skip
    told = buyers.letters("showtime_moved")[-1].payload
    assert told["was"]["starts_at"] == row(old).starts_at.isoformat()
    assert told["ticket"]["starts_at"] == row(new).starts_at.isoformat()
    assert [seat["name"] for seat in told["ticket"]["seats"]] == seats(token) == ["C5"]
    assert (told["words"], told["ticket"]["revision"]) == ("The film is late.", 3)
    assert told["back_url"].endswith(f"/b/{token}/moved")


def test_who_knows_of_the_move_gets_a_plain_new_ticket_for_the_seats_that_stay(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    token = sold(old, "C4", "C5")
    move(old)
    send_mail()
    cancel_seat(app, token, "C4")
    assert letters_of(token, *MOVED)[-2:] == [
        ("showtime_moved", "sent"), ("booking_confirmation", "queued"),
    ]  # fmt: skip


def test_a_move_told_of_at_this_very_moment_may_be_dropped_so_it_is_told_again(
    app: Flask, cinema: Cinema
) -> None:
    """The mail room has the letter in hand: whether it goes or is found untrue nobody knows yet."""
    old = cinema.showtime()
    token = sold(old, "C4", "C5")
    move(old)
    with transaction() as session:
        session.query(OutboxMessage).filter_by(kind="showtime_moved").update(
            {"state": OutboxState.SENDING, "lease_token": "of a drain"}
        )
    cancel_seat(app, token, "C4")
    assert letters_of(token, "showtime_moved") == [
        ("showtime_moved", "sending"), ("showtime_moved", "queued"),
    ]  # fmt: skip


def test_what_can_be_had_instead_is_never_what_was_kept_of_a_seat_cancelled_before(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = one_seat_cancelled_for_nothing(cinema, sandbox)
    move(buyers.booking(token).showtime_id)
    assert buyers.letters("showtime_moved")[0].payload["back"] == 18000
    assert "Take ₹180 back" in words(app.test_client().get(f"/b/{token}/moved").text)
    app.test_client().post(f"/b/{token}/moved")
    assert [refund.amount for refund in buyers.rows(Refund)] == [18000]


def test_a_seat_promised_to_somebody_who_could_not_be_settled_yet_is_kept_for_them(
    app: Flask, cinema: Cinema
) -> None:
    old = cinema.showtime()
    token, stuck = sold(old, "C4", who="asha"), sold(old, "C5", who="ravi")
    new = move(old, settle=False, screen=screen_of(cinema.second_plan("C1", "C2")))
    first, last = buyers.rows(ChangedBooking)
    with transaction() as session:
        (gone,) = first.seats.values()
        session.add(
            BookingSeat(
                showtime_id=new, seat_id=gone, seat_plan_id=row(new).seat_plan_id, reason="broken"
            )
        )
        late = session.get_one(ChangedBooking, last.id)
        late.outcome, late.next_try_at, late.note = Outcome.FAILED, None, "the tape is torn"
    change_job.run()
    assert buyers.state(token) == "cancelled"
    changing.hurry_change(first.change_id)
    change_job.run()
    assert buyers.booking(stuck).showtime_id == new
    assert outcomes() == {"cancelled": 1, "moved": 1}
