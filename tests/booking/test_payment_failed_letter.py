"""The letter about a payment that did not come: when it is owed, and when it is not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from bookingapp import clock
from bookingapp.booking import reconcile, service
from bookingapp.booking.models import Booking
from bookingapp.db import transaction
from bookingapp.email import drain, render
from bookingapp.email.checks import still_true
from bookingapp.email.payload import from_payload
from bookingapp.ready import reading
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.email.arrived import due, html_of, parsed, text_of, words_of
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

SignIn = Callable[[FlaskClient, str], FlaskClient]
JOB_EVERY = timedelta(seconds=5)


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**span), tick=True)


def rounds_for(span: timedelta) -> None:
    """The job's rounds, as the scheduler would run them, for a stretch of time."""
    now, until = clock.now(), clock.now() + span
    while now < until:
        now += JOB_EVERY
        with time_machine.travel(now, tick=True):
            reconcile.run()


def test_a_failed_attempt_owes_a_letter_two_minutes_later(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    now = clock.now()
    service.settle(sandbox.pay(go_to_pay(token), "failed").payment_id)
    (letter,) = buyers.letters("payment_failed")
    message = from_payload(letter.kind, letter.payload)
    assert letter.due_at is not None
    assert timedelta(seconds=119) < letter.due_at - now < timedelta(seconds=125)
    assert letter.expires_at == buyers.booking(token).hold_expires_at
    assert message.reason == "Your bank said no, and no money was taken."  # type: ignore[union-attr]
    assert message.retry_url == f"http://cinema.test/b/{token}/checkout"  # type: ignore[union-attr]


@pytest.mark.engine("sqlite")  # the words are the same on both
@pytest.mark.parametrize(
    ("reason", "happened", "to_try"),
    [
        ("payment_declined", "Your bank said no", "Another card or app"),
        ("invalid_vpa", "No bank knows that UPI address", "letter by letter"),
        ("moon_in_the_wrong_house", "we were not told why", "another card, bank or app"),
    ],
)
def test_page_letter_and_office_say_the_same_and_only_the_office_reads_the_code(
    app: Flask,
    cinema: Cinema,
    sandbox: SandboxProcess,
    sign_in: SignIn,
    reason: str,
    happened: str,
    to_try: str,
) -> None:
    token = hold(cinema.showtime(), "C4")
    failed = sandbox.pay(go_to_pay(token), "failed", reason=reason)
    customer = app.test_client()
    service.settle(failed.payment_id)
    back = customer.get(f"/b/{token}/left?payment={failed.payment_id}")
    page = customer.get(back.location).text
    (letter,) = buyers.letters("payment_failed")
    mail = parsed(render.letter(due(from_payload(letter.kind, letter.payload))).as_bytes())
    html, plain = (" ".join(part.split()) for part in (words_of(html_of(mail)), text_of(mail)))
    for text in (page, html, plain):
        assert happened in text
        assert reason not in text
        assert "BAD_REQUEST" not in text
    assert to_try in html
    assert to_try in plain
    number = buyers.booking(token).number
    office = sign_in(app.test_client(), "manager").get(f"/office/bookings/{number.lower()}").text
    assert happened in office
    assert f"(BAD_REQUEST_ERROR, {reason})" in office


def test_the_letters_link_pays_while_the_hold_lasts_and_holds_again_afterwards(
    app: Flask, client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    service.settle(sandbox.pay(go_to_pay(token), "failed").payment_id)
    (letter,) = buyers.letters("payment_failed")
    link = letter.payload["retry_url"].removeprefix("http://cinema.test")
    assert 'value="pay"' in client.get(link).text
    buyers.expire(token)
    gone = client.get(link).text
    assert "It is still free: hold it again." in gone
    again = client.post(link, data={"action": "again", "email": buyers.EMAIL})
    assert again.status_code == 303
    assert client.get(again.location).status_code == 200
    # and what the link says once somebody else has the seat
    assert "Somebody else has C4 now" in app.test_client().get(link).text


def test_the_letter_ends_with_the_hold(app: Flask, cinema: Cinema, sandbox: SandboxProcess) -> None:
    """The drain came back too late: nobody is asked to pay for seats that are on sale again."""
    token = hold(cinema.showtime(), "C4")
    service.settle(sandbox.pay(go_to_pay(token), "failed").payment_id)
    with later(minutes=31):
        drain.run()
    assert [letter.state.value for letter in buyers.letters("payment_failed")] == ["expired"]


def test_at_most_one_such_letter_a_booking(cinema: Cinema, sandbox: SandboxProcess) -> None:
    order = go_to_pay(hold(cinema.showtime(), "C4"))
    for _ in range(3):
        service.settle(sandbox.pay(order, "failed").payment_id)
    assert len(buyers.letters("payment_failed")) == 1


def test_money_cancels_the_letter(cinema: Cinema, sandbox: SandboxProcess) -> None:
    order = go_to_pay(hold(cinema.showtime(), "C4"))
    service.settle(sandbox.pay(order, "failed").payment_id)
    service.settle(sandbox.pay(order).payment_id)
    assert [letter.state.value for letter in buyers.letters("payment_failed")] == ["cancelled"]


def test_no_letter_when_the_hold_ends_before_it(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    failed = sandbox.pay(go_to_pay(token), "failed")
    with later(minutes=12):
        service.settle(failed.payment_id)
    assert buyers.letters("payment_failed") == []


@pytest.mark.settings(limit_unpaid_letters=2)
def test_one_address_gets_only_so_many_a_day(cinema: Cinema, sandbox: SandboxProcess) -> None:
    show = cinema.showtime()
    for seat in ("A1", "A2", "A3"):
        failed = sandbox.pay(go_to_pay(hold(show, seat, who=seat)), "failed")
        service.settle(failed.payment_id)
    assert len(buyers.letters("payment_failed")) == 2


def test_leaving_the_gateway_owes_the_letter_too(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    go_to_pay(token)
    service.note_left(token)
    service.note_left(token)
    (letter,) = buyers.letters("payment_failed")
    assert "was not finished" in letter.payload["reason"]


def test_somebody_still_at_the_gateway_after_six_minutes_is_reminded(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    go_to_pay(hold(cinema.showtime(), "C4"))
    rounds_for(timedelta(minutes=5))
    assert buyers.letters("payment_failed") == []
    with later(minutes=5):
        rounds_for(timedelta(minutes=2))
    assert len(buyers.letters("payment_failed")) == 1


def test_nobody_is_reminded_while_the_bank_thinks(cinema: Cinema, sandbox: SandboxProcess) -> None:
    token = hold(cinema.showtime(), "C4")
    sandbox.pay(go_to_pay(token), "authorized")
    rounds_for(timedelta(minutes=8))
    assert buyers.letters("payment_failed") == []


def test_the_mail_room_may_ask_whether_a_letter_is_still_true(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    token = hold(cinema.showtime(), "C4")
    order = go_to_pay(token)
    service.settle(sandbox.pay(order, "failed").payment_id)

    def true(kind: str) -> bool:
        (letter,) = buyers.letters(kind)
        with reading() as driver:
            return still_true(driver, kind, letter.booking_id, letter.payload)

    assert true("payment_failed")
    with later(minutes=31):
        assert not true("payment_failed")
    service.settle(sandbox.pay(order).payment_id)
    assert not true("payment_failed")
    assert true("booking_confirmation")
    with transaction() as session:
        session.execute(update(Booking).values(revision=2))
    assert not true("booking_confirmation")
