"""The gateway hangs: whoever waits for it holds nothing open that others need."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from bookingapp.db import db
from bookingapp.payments import gateway
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.house import wait_for
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.settings(gateway_timeout_seconds=20.0)
IDLE = text("""SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND xact_start IS NOT NULL""")


def nothing_is_open(app: Flask) -> bool:
    """Asked as a stranger: no reader keeps an old page of the database, no writer a lock."""
    db.session.rollback()
    stranger = create_engine(db.engine.url)
    try:
        with stranger.connect() as connection:
            if stranger.dialect.name == "postgresql":
                return int(connection.execute(IDLE).scalar_one()) == 0
            # busy: somebody reads an older state, so the log can't be emptied
            busy, _, _ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
            return bool(busy == 0)
    finally:
        stranger.dispose()


def pressing_pay(app: Flask, token: str) -> Callable[[], object]:
    return lambda: app.test_client().post(f"/b/{token}/pay")


def paying_from_the_checkout(app: Flask, token: str) -> Callable[[], object]:
    form = {"action": "pay", "email": buyers.EMAIL}
    return lambda: app.test_client().post(f"/b/{token}/checkout", data=form)


def trying_again(app: Flask, token: str) -> Callable[[], object]:
    return lambda: app.test_client().get(f"/b/{token}/trying?n=1")


@pytest.mark.parametrize("way", [pressing_pay, paying_from_the_checkout, trying_again])
def test_no_transaction_is_open_while_somebody_waits_for_an_order(
    app: Flask,
    cinema: Cinema,
    sandbox: SandboxProcess,
    way: Callable[[Flask, str], Callable[[], object]],
) -> None:
    token = hold(cinema.showtime(), "C4")
    if way is trying_again:
        sandbox.fault("/v1/orders", "502")
        app.test_client().post(f"/b/{token}/pay")
        sandbox.clear_faults()
    hangs(app, sandbox, way(app, token))


def test_no_transaction_is_open_while_a_return_is_looked_up(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(hold(cinema.showtime(), "C4")))
    hangs(app, sandbox, lambda: app.test_client().post("/b/return", data=paid.fields))


def hangs(app: Flask, sandbox: SandboxProcess, deed: Callable[[], object]) -> None:
    """Do it while the gateway hangs; look from outside meanwhile; then let go."""
    sandbox.fault("/v1/", "hang")
    waiting = threading.Thread(target=deed)
    waiting.start()
    line = gateway.connect()._line
    wait_for(lambda: line._since, "request at the gateway")
    try:
        wait_for(lambda: nothing_is_open(app), "end of every transaction", 5)
    finally:
        sandbox.clear_faults()
        waiting.join(30)
