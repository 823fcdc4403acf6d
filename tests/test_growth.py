"""Cost must not grow with history: what is done all day reads no growing table from end to end."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from bookingapp.booking import queries, reconcile, service
from bookingapp.db import db
from bookingapp.email import drain
from tests.booking import buyers
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

GROWING = (
    "booking", "booking_seat", "ticket", "ticket_code", "payment", "payment_order", "refund",
    "outbox_message", "outbox_attempt", "outbox_mime",
)  # fmt: skip
SCAN = re.compile(rf"^SCAN ({'|'.join(GROWING)})\b(?!.* USING (COVERING )?INDEX)")


class Asked:
    """Every statement with its values, as SQLite was asked."""

    def __init__(self) -> None:
        self.statements: dict[str, Any] = {}

    def note(self, _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        """Listener; one set of values is enough to plan a statement."""
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            self.statements.setdefault(statement, values)

    def scans(self) -> list[str]:
        """What would be read whole, with the statement that does."""
        with db.engine.connect() as connection:
            return [
                f"{detail}: {' '.join(statement.split())}"
                for statement, values in list(self.statements.items())
                for *_, detail in connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", values
                ).all()
                if SCAN.match(detail)
            ]


@pytest.fixture
def asked(app: Flask) -> Iterator[Asked]:
    """Notes what is asked from here on."""
    found = Asked()
    with app.app_context():
        engine: Engine = db.engine
    event.listen(engine, "before_cursor_execute", found.note)
    yield found
    event.remove(engine, "before_cursor_execute", found.note)


# SQLite tells its plan whatever the tables hold; PostgreSQL scans small tables with good reason.
@pytest.mark.engine("sqlite")
def test_a_purchase_its_mail_and_its_pages_read_no_growing_table_whole(
    asked: Asked, cinema: Cinema, sandbox: SandboxProcess, client: FlaskClient
) -> None:
    showing = cinema.showtime()
    assert client.get("/").status_code == 200
    assert client.get(f"/showtime/{showing}").status_code == 200
    token = buyers.hold(showing, "C4", "C5")
    paid = sandbox.pay(buyers.go_to_pay(token))
    assert service.settle(paid.payment_id).outcome == "confirmed"
    assert drain.run() == 1
    view = queries.by_token(token)
    assert view is not None
    for page in (f"/b/{token}", f"/b/{token}/mail.json", f"/t/{view.ticket_secret}", "/my"):
        assert client.get(page).status_code == 200
    service.resend(token)
    service.expire_lapsed()
    reconcile.run()

    assert asked.scans() == []


@pytest.mark.engine("sqlite")
def test_a_scan_would_be_seen(asked: Asked) -> None:
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM ticket_code WHERE booking_id = ?", (1,))
    assert [line.split(":")[0] for line in asked.scans()] == ["SCAN ticket_code"]
