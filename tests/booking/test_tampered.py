"""Fields nobody typed: sums, seats, prices, others' bookings. Refused or ignored, never a 500, no trace."""

import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from bookingapp.booking import service
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.catalogue.models import TicketType
from bookingapp.db import db
from bookingapp.payments.models import Payment, PaymentOrder, Refund
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

HUGE = "9" * 5000
ZERO = "\x00"  # comes to no page, see tests/web/test_zeros.py
ODD = ("", "-1", "0", "1e9", "36000.5", ZERO, "é", "' OR 1=1 --", "<script>", HUGE, "\ufffd")


@pytest.fixture
def token(cinema: Cinema) -> str:
    """Two seats held, worth 360 rupees."""
    return hold(cinema.showtime(), "C4", "C5")


def world() -> list[tuple[Any, ...]]:
    """All that must not change: bookings with their sums, claims with their prices, money."""
    db.session.rollback()
    columns = (
        (Booking.id, Booking.state, Booking.email, Booking.total, Booking.fee, Booking.discount, Booking.revision),
        (BookingSeat.id, BookingSeat.seat_id, BookingSeat.price, BookingSeat.ticket_type_id, BookingSeat.released_at),
        (PaymentOrder.id, PaymentOrder.amount), (Payment.id,), (Refund.id,),
    )  # fmt: skip
    return [
        tuple(row)
        for some in columns
        for row in db.session.execute(select(*some).order_by(some[0]))
    ]


def pays(client: FlaskClient, token: str, /, **fields: Any) -> TestResponse:
    form = {"action": "pay", "email": buyers.EMAIL, "name": "Asha Menon", **fields}
    return client.post(f"/b/{token}/checkout", data=form)


@pytest.mark.parametrize("value", ["1", "0", "-36000", HUGE])
def test_a_sum_in_the_form_buys_nothing_cheaper(
    client: FlaskClient, token: str, sandbox: SandboxProcess, value: str
) -> None:
    sums = ("amount", "total", "price", "price-C4", "fee", "discount", "currency", "list_price")
    answer = pays(client, token, **dict.fromkeys(sums, value))
    assert answer.location == f"/b/{token}/pay"
    (order,) = buyers.rows(PaymentOrder)
    assert order.amount == 36000
    there = sandbox.client().order.fetch(order.gateway_order_id, {}, timeout=10)
    assert there["amount"] == 36000


def test_a_seen_sum_that_is_not_the_total_pays_nothing(
    client: FlaskClient, token: str, sandbox: SandboxProcess
) -> None:
    for seen in ("1", *ODD):
        assert pays(client, token, seen=seen).status_code == (400 if seen == ZERO else 303)
        assert buyers.rows(PaymentOrder) == []


def test_a_ticket_type_that_is_not_sold_here_is_refused(
    app: Flask, client: FlaskClient, token: str
) -> None:
    before = world()
    known = set(db.session.scalars(select(TicketType.id)))
    for value in (str(max(known) + 1), *ODD):
        assert pays(client, token, **{"type-C4": value}).status_code in {400, 422}, value
    # a seat that is somebody else's, or nobody's
    for seat in ("A1", "Z99", "", "\x00", "C4'", HUGE):
        answer = pays(client, token, **{f"type-{seat}": str(min(known))})
        assert answer.status_code in {400, 404, 422}, seat
    assert world() == before


@pytest.mark.parametrize("seat", ["Z99", "C4;DROP TABLE seat", *ODD])
def test_a_seat_that_is_not_in_the_hall_is_refused(
    client: FlaskClient, cinema: Cinema, seat: str
) -> None:
    show = cinema.showtime()
    before = world()
    for seats in ([seat], ["C4", seat] if seat else [seat]):
        answer = client.post(f"/showtime/{show}/hold", data={"seat": seats})
        assert answer.status_code in {400, 404}, answer.status_code
    assert world() == before


def test_anothers_seat_is_lost_and_nothing_is_held(
    app: Flask, client: FlaskClient, cinema: Cinema
) -> None:
    show = cinema.showtime()
    hold(show, "C4", who="somebody else")
    before = world()
    answer = client.post(f"/showtime/{show}/hold", data={"seat": ["C4", "C5"]})
    assert answer.status_code == 409
    assert world() == before


def test_anothers_booking_is_not_reached_by_naming_it(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    """The manage link is the key; numbers, ids and order ids in a form open nothing."""
    show = cinema.showtime()
    mine, yours = hold(show, "A1", who="me"), hold(show, "A2", who="you", email="you@example.com")
    other, before = buyers.booking(yours), world()
    naming = {"booking_id": other.id, "number": other.number, "token": yours, "manage_token": yours,
              "order_id": "order_AAAAAAAAAAAAAA"}  # fmt: skip
    for action in ("update", "pay", "release"):
        pays(client, mine, **{**naming, "action": action})
    assert {row for row in before if row[0] == other.id} <= set(world())
    assert buyers.state(yours) == "held"
    assert buyers.booking(yours).email == "you@example.com"
    for wrong in (other.number, str(other.id), yours[:-1], yours.swapcase(), "x" * 5000):
        for path in ("checkout", "pay", "release", "resend", "address", "left", "trying", "cancel"):
            assert client.post(f"/b/{wrong}/{path}").status_code in {303, 404, 405}, (wrong, path)
            assert client.get(f"/b/{wrong}/{path}").status_code in {303, 404, 405}, (wrong, path)
    assert buyers.state(yours) == "held"


def test_anothers_payment_named_in_an_address_says_nothing_about_it(
    client: FlaskClient, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    mine, yours = hold(show, "A1", who="me"), hold(show, "A2", who="you")
    failed = sandbox.pay(go_to_pay(yours), "failed", reason="insufficient_funds")
    service.settle(failed.payment_id)
    for payment in (failed.payment_id, *ODD):
        for path in ("left", "checking"):
            answer = client.get(f"/b/{mine}/{path}", query_string={"payment": payment})
            assert answer.status_code in ({400} if payment == ZERO else {200, 303}), path
    assert "There was not enough money" not in client.get(f"/b/{mine}/checkout").text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"email=" + b"x" * 2**20, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe\x00%%%=%e9&email=%ff", "application/x-www-form-urlencoded", 422),
        (b'{"action": "pay"}', "application/json", 422),
        (b"--x\r\nrubbish", "multipart/form-data; boundary=x", 422),
        (b"action=%00&type-%00=%00", "application/x-www-form-urlencoded", 422),
    ],
)
def test_a_body_that_is_no_form_is_refused_kindly(
    client: FlaskClient, token: str, body: bytes, kind: str, status: int
) -> None:
    before = world()
    answer = client.post(f"/b/{token}/checkout", data=body, content_type=kind)
    assert answer.status_code in {status, 400}
    assert world() == before


@pytest.mark.engine("sqlite")  # what is refused never reaches a database
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    form=st.dictionaries(
        st.sampled_from(
            ["email", "name", "phone", "type-C4", "type-C5", "type-Z9", "seen", "amount"]
        )
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        max_size=5,
    )
)
def test_whatever_is_typed_into_the_checkout_the_sum_stays_and_nothing_breaks(
    app: Flask, form: dict[str, str]
) -> None:
    token = app.extensions.setdefault("a test's booking", _held(app))
    answer = app.test_client().post(f"/b/{token}/checkout", data={**form, "action": "update"})
    assert answer.status_code < 500
    row = buyers.booking(token)
    assert (row.state.value, row.total) == ("held", 36000)


def _held(app: Flask) -> str:
    known: str | None = app.extensions.get("a test's booking")
    return known or hold(Cinema(app).showtime(), "C4", "C5")


def test_none_of_it_leaves_a_secret_in_the_log(
    client: FlaskClient, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "bookingapp"):
        for value in ODD:
            pays(client, token, **{"type-C4": value, "email": "asha@secret.example"})
    assert token not in caplog.text
    assert "secret.example" not in caplog.text
    assert "Traceback" not in caplog.text
