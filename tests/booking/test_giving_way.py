"""PostgreSQL ends one of those who wait for each other in a ring: what it ended is done once more.

The house's own deeds take their locks in one order. Here a stranger, a person at the database's own
keyboard perhaps, takes them the other way round.
"""

import sys
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from bookingapp.booking import refund_job, service
from bookingapp.db import transaction
from tests.booking import buyers, events
from tests.booking.buyers import go_to_pay, hold
from tests.booking.events import captured, event
from tests.booking.guests import pay_in_full
from tests.booking.meeting import meet
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

pytestmark = [
    pytest.mark.settings(razorpay_webhook_secret=events.SECRET),
    # SQLite lets one writer in at a time, so there are no rings
    pytest.mark.engine("postgresql"),
]
Visit = Callable[[], TestResponse]


@pytest.fixture
def against(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Visit], int]:
    """A visit's status while a stranger holds one table's rows and then wants another's."""

    def met(one: str, other: str, visit: Visit) -> int:
        def stranger() -> None:
            with transaction() as session:
                session.execute(text(f"SELECT 1 FROM {one} FOR UPDATE"))
                then()
                session.execute(text(f"SELECT 1 FROM {other} FOR UPDATE"))

        _, answer = meet(app, monkeypatch, (sys.modules[__name__], "then"), stranger, visit)
        assert isinstance(answer, TestResponse), answer
        return answer.status_code

    return met


def then() -> None:
    """Where the stranger stops."""


def test_coming_back_from_the_gateway(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, against: Callable[..., int]
) -> None:
    token = hold(cinema.showtime(), "C4")
    paid = sandbox.pay(go_to_pay(token))
    back = lambda: app.test_client().post("/b/return", data=paid.fields)  # noqa: E731
    assert against("showtime", "booking", back) == 303
    assert buyers.state(token) == "confirmed"


def test_an_event_of_money(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, against: Callable[..., int]
) -> None:
    token = hold(cinema.showtime(), "C4")
    told = captured(sandbox, sandbox.pay(go_to_pay(token)).payment_id)
    assert against("showtime", "booking", lambda: told.to(app)) == 200
    assert buyers.state(token) == "confirmed"
    assert buyers.counts()["letters"] == 1


def test_an_event_of_a_refund(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, against: Callable[..., int]
) -> None:
    paying = go_to_pay(hold(cinema.showtime(), "C4"))
    for _ in range(2):
        double = sandbox.pay(paying).payment_id
        service.settle(double)
    sandbox.refunds_go("pending")
    refund_job.run()
    (made,) = [r for r in sandbox.state()["refunds"] if r["payment_id"] == double]
    told = event("refund.processed", refund={**made, "status": "processed"})
    assert against("refund", "payment", lambda: told.to(app)) == 200
    assert [row.payload["done"] for row in buyers.letters("payment_refund")] == [False, True]


def test_a_customer_who_cancels(app: Flask, cinema: Cinema, against: Callable[..., int]) -> None:
    token = hold(cinema.showtime(), "C4")
    pay_in_full(token)
    wish = {"seat": "C4", "shown_seats": "C4", "shown": 0, "revision": 1}
    pressed = lambda: app.test_client().post(f"/b/{token}/cancel", data=wish)  # noqa: E731
    assert against("outbox_message", "booking", pressed) == 303
    assert buyers.state(token) == "cancelled"
