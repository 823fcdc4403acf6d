"""What the page of a move or a calling off sums up: its own letters and money, whatever happens later."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from bookingapp.booking import refund_job, service
from bookingapp.booking.models import Booking
from bookingapp.booking.service import changing
from bookingapp.payments.models import Refund, RefundState
from tests.admin.reading import words
from tests.admin.test_cancelling_moved import bought, give
from tests.booking import buyers
from tests.booking.changing import call_off, move, sold
from tests.booking.money_deeds import send_mail
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

See = Callable[[int], str]


@pytest.fixture
def see(manager: FlaskClient) -> See:
    """The words of a showing's page."""
    return lambda showing: words(manager.get(f"/office/showings/{showing}").text)


def test_who_takes_the_money_before_the_letter_went_is_owed_no_letter_of_the_move(
    see: See, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    sold(showing, "C4", who="asha")
    away = sold(showing, "C5", who="ravi")
    move(showing)
    assert "Mails 0 sent of 2 owed" in see(showing)
    changing.take_money_back(away)
    assert "Mails 0 sent of 1 owed" in see(showing)
    send_mail()
    assert "Mails 1 sent of 1 owed" in see(showing)


def test_who_takes_it_afterwards_was_told_once_and_what_follows_is_no_letter_of_the_move(
    see: See, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    sold(showing, "C4", who="asha")
    away = sold(showing, "C5", who="ravi")
    move(showing)
    send_mail()
    changing.take_money_back(away)
    send_mail()
    assert "Mails 2 sent of 2 owed" in see(showing)


def test_one_seat_cancelled_before_the_letter_went_leaves_one_letter_owed(
    see: See, cinema: Cinema
) -> None:
    showing = cinema.showtime()
    token = sold(showing, "C4", "C5")
    move(showing)
    service.cancel_own(token, ["C4"], revision=2, shown=0)
    assert "Mails 0 sent of 1 owed" in see(showing)
    send_mail()
    assert "Mails 1 sent of 1 owed" in see(showing)


def test_each_of_two_moves_has_its_own_letters(see: See, cinema: Cinema) -> None:
    first = cinema.showtime()
    sold(first, "C4")
    second = move(first)
    send_mail()
    third = move(second)
    assert "Mails 1 sent of 1 owed" in see(first)
    assert "Mails 0 sent of 1 owed" in see(second)
    call_off(third)
    assert "Mails 1 sent of 1 owed" in see(first)
    assert "Mails" in see(second)
    assert "Mails 0 sent of 1 owed" in see(third)


def test_money_that_goes_back_for_another_reason_is_not_the_calling_offs(
    see: See, manager: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    showing, number = bought(sandbox, cinema.showtime())
    token = buyers.rows(Booking)[0].manage_token
    service.cancel_own(token, ["C4"], revision=1, shown=0)
    call_off(showing)
    assert "₹180.00 ₹0.00 of it is back" in see(showing)
    give(manager, number, "90")
    refund_job.run()
    assert {refund.state for refund in buyers.rows(Refund)} == {RefundState.PROCESSED}
    assert "Money back ₹180.00 ₹180.00 of it is back" in see(showing)


def test_a_refund_that_failed_and_is_tried_again_is_back_when_the_next_one_is(
    see: See, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    sandbox.refunds_go("failed")
    showing, _ = bought(sandbox, cinema.showtime())
    call_off(showing)
    refund_job.run()
    assert "₹360.00 ₹0.00 of it is back" in see(showing)
    sandbox.refunds_go("processed")
    buyers.make_refunds_due()
    refund_job.run()
    assert "₹360.00 ₹360.00 of it is back" in see(showing)
