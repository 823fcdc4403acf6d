"""A report sent by hand on the settlements page: read as the API's answer is, whole or not at all."""

import io
import re
import threading
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from bookingapp.admin import settlements
from bookingapp.audit import AuditEntry
from bookingapp.db import db, transaction
from bookingapp.payments import settlement_service as deeds
from bookingapp.payments.answers import ReportLine
from bookingapp.payments.settlement_models import SettlementDay, SettlementLine
from bookingapp.payments.settlements import DueDay
from bookingapp.web.uploads import ENVELOPE, MB
from tests.admin.reading import listed, words
from tests.admin.rows import Rows
from tests.payments.reports import PAYMENT, combined, recon

PAGE = "/office/settlements"
ON_HOLD = {"settlement_id": "", "settled_at": "", "settlement_utr": "", "on_hold": "1"}


def send(client: FlaskClient, data: bytes, name: str = "combined.csv", **form: str) -> TestResponse:
    """Choose a file and press the button."""
    fields = {"report": (io.BytesIO(data), name), **form}
    return client.post(f"{PAGE}/file", data=fields, content_type="multipart/form-data")


def said(client: FlaskClient, data: bytes) -> str:
    """What the page says after a file was read."""
    answer = send(client, data)
    assert answer.status_code in {200, 303}, words(answer.text)
    return words(client.get(PAGE).text if answer.status_code == 303 else answer.text)


def lines() -> list[tuple[object, ...]]:
    """All that is written down of lines."""
    db.session.rollback()
    rows = db.session.scalars(select(SettlementLine).order_by(SettlementLine.id))
    names = [
        column.name for column in SettlementLine.__table__.columns if column.name != "noted_at"
    ]
    return [tuple(getattr(row, name) for name in names) for row in rows]


def api_tells(day: date = date(2026, 11, 22), **values: object) -> None:
    """The API's answer of a day, as the job writes it down."""
    line = {
        "entity_id": "pay_ABC12", "type": "payment", "debit": 0, "credit": 17576, "amount": 18000,
        "currency": "INR", "fee": 424, "tax": 64, "settled_at": 1795346100, "settlement_id": "setl_ABCDEF",
        "settlement_utr": "UTR77", "order_id": "order_1234", "order_receipt": "BK12345678-1", "method": "upi",
    }  # fmt: skip
    with transaction() as session:
        row = SettlementDay(day=day)
        session.add(row)
        session.flush()
        due = DueDay(row.id, day)
    deeds.keep_settlement_report(due, [ReportLine.read({**line, **values})])


def test_a_report_is_held_against_the_books_as_the_api_s_is(
    manager: FlaskClient, rows: Rows
) -> None:
    rows.payment(rows.booking(), confirms=True, gateway_payment_id="pay_ABC12")
    told = said(manager, combined({}, {"entity_id": "pay_STRANGE"}))
    assert "2 lines read: 2 new." in told
    (settlement,) = listed(manager, PAGE, "settlements")
    for fact in ("setl_ABCDEF", "UTR77", "₹360.00 (2)", "₹8.48", "₹1.28", "₹351.52"):
        assert fact in settlement
    (strange,) = listed(manager, PAGE, "loose")
    assert strange.startswith("Unknown here Payment pay_STRANGE")


def test_both_reports_of_the_dashboard_say_the_same(manager: FlaskClient, rows: Rows) -> None:
    send(manager, recon({}))
    before = lines()
    assert "One line read: 0 new." in said(manager, combined({}))
    assert lines() == before


def test_the_same_file_twice_changes_nothing(manager: FlaskClient, rows: Rows) -> None:
    data = combined({}, {"entity_id": "pay_DEF34"}, {"entity_id": "pay_HOLD1", **ON_HOLD})
    assert "3 lines read: 3 new." in said(manager, data)
    before = lines()
    assert "3 lines read: 0 new." in said(manager, data)
    assert lines() == before


@pytest.mark.parametrize("make", [combined, recon])
def test_a_file_after_the_api_changes_nothing(
    manager: FlaskClient, rows: Rows, make: Callable[..., bytes]
) -> None:
    api_tells()
    before = lines()
    assert "One line read: 0 new." in said(manager, make({}))
    assert lines() == before


def test_the_api_after_a_file_tells_the_same_line(manager: FlaskClient, rows: Rows) -> None:
    send(manager, combined({}))
    ((row_id, *_),) = lines()
    api_tells()
    assert [row[0] for row in lines()] == [row_id]


def test_a_line_that_contradicts_what_was_read_is_named_and_left(
    manager: FlaskClient, rows: Rows
) -> None:
    api_tells()
    before = lines()
    answer = send(
        manager,
        combined({"entity_id": "pay_NEW12"}, {"amount": "170.00", "settlement_utr": "UTR78"}),
    )
    told = words(answer.text)
    assert "2 lines read: 1 new, one differs from what was read before." in told
    assert "One line of the file says something else than was read before" in told
    assert "Line 3, pay_ABC12: amount is ₹170.00 in the file, ₹180.00 here." in told
    assert "Line 3, pay_ABC12: settlement_utr is UTR78 in the file, UTR77 here." in told
    assert lines()[:1] == before


@pytest.mark.parametrize(
    ("cell", "named"),
    [({"type": "refund"}, "type is refund in the file, payment here"),
     ({"currency": "USD"}, "currency is USD in the file, INR here"),
     ({"fee": "4.25"}, "fee is ₹4.25 in the file, ₹4.24 here"),
     ({"credit": "0"}, "credit is ₹0.00 in the file, ₹175.76 here"),
     ({"order_receipt": "BK1-2"}, "order_receipt is BK1-2 in the file, BK12345678-1 here"),
     ({"settled_at": "23-11-2026"}, "settled_at is 2026-11-23 in the file, 2026-11-22 here")],
)  # fmt: skip
@pytest.mark.engine("sqlite")  # words; both engines write lines down above
def test_whatever_contradicts_is_named(
    manager: FlaskClient, rows: Rows, cell: dict[str, str], named: str
) -> None:
    send(manager, combined({}))
    assert named in words(send(manager, combined(cell)).text)


@pytest.mark.engine("sqlite")  # words
def test_what_one_of_the_two_does_not_tell_is_no_contradiction(
    manager: FlaskClient, rows: Rows
) -> None:
    send(manager, combined({}))
    silent = {"settlement_utr": "", "order_receipt": "", "settled_at": "", "method": "netbanking"}
    assert "One line read: 0 new." in said(manager, combined(silent))


def test_a_file_that_contradicts_itself_is_named_too(manager: FlaskClient, rows: Rows) -> None:
    told = said(manager, combined({}, {"amount": "170.00"}))
    assert "2 lines read: 1 new, one differs" in told
    assert "Line 3, pay_ABC12: amount is ₹170.00 in the file, ₹180.00 here." in told


def test_money_on_hold_becomes_the_same_line_when_it_is_paid_out(
    manager: FlaskClient, rows: Rows
) -> None:
    assert "1 new" in said(manager, combined(ON_HOLD))
    assert "One line read: 1 new." in said(manager, combined({}))
    (row,) = db.session.scalars(select(SettlementLine))
    assert (row.settlement_id, row.day) == ("setl_ABCDEF", date(2026, 11, 22))


def test_an_older_file_does_not_put_money_on_hold_again(manager: FlaskClient, rows: Rows) -> None:
    send(manager, combined({}))
    before = lines()
    assert "One line read: 0 new." in said(manager, combined(ON_HOLD))
    api_tells(settlement_id=None, settled_at=None)
    assert lines() == before


@pytest.mark.engine("sqlite")  # words
def test_sums_of_other_lines_are_passed_over_and_told(manager: FlaskClient, rows: Rows) -> None:
    total = {"type": "settlement", "entity_id": "setl_ABCDEF", "debit": "175.76"}
    told = said(manager, combined({}, total))
    assert "One line read: 1 new, one sum of others passed over." in told


@pytest.mark.engine("sqlite")  # no line reaches the database
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "No file was chosen, or an empty one. Choose the CSV file"),
        (b"PK\x03\x04\xff", "This is no CSV file in UTF-8. Nothing was read."),
        (b"a,b\n1,2\n", "The first line does not name these columns: entity_id, type, amount"),
        (combined(), "This report has no line."),
        (combined({}, {"amount": "180,50"}), "Line 3, column amount: “180,50” is no sum. Nothing was read."),
        (combined({}, {"settled_at": "1790000000"}), "Line 3, column settled_at: “1790000000” is no day."),
        (combined({}, {"entity_id": "<b>x</b>"}), "Line 3, column entity_id: “<b>x</b>” is nothing the gateway would write."),
        (combined({}) + b"pay_X1234,payment\r\n", "Line 3 has other cells than there are columns."),
    ],
)  # fmt: skip
def test_a_file_that_can_t_be_read_changes_nothing_and_says_where(
    manager: FlaskClient, rows: Rows, data: bytes, says: str
) -> None:
    answer = send(manager, data)
    assert answer.status_code == 400
    assert says in words(answer.text)
    assert 'aria-describedby="report-error report-hint"' in answer.text
    assert lines() == []


@pytest.mark.engine("sqlite")  # no line reaches the database
def test_the_button_without_a_file_asks_for_one(manager: FlaskClient, rows: Rows) -> None:
    answer = manager.post(f"{PAGE}/file", data={"report": "text"})
    assert (answer.status_code, "No file was chosen" in answer.text) == (400, True)


@pytest.mark.engine("sqlite")  # no line reaches the database
def test_a_file_may_be_larger_than_a_form_but_not_endless(manager: FlaskClient, rows: Rows) -> None:
    most = settlements.MOST_MB * MB
    assert send(manager, b"x" * (most - ENVELOPE)).status_code == 400
    answer = send(manager, b"x" * (most + ENVELOPE))
    assert answer.status_code == 413
    assert "This file is larger than 5 MB" in words(answer.text)


@pytest.mark.engine("sqlite")  # no line reaches the database
def test_a_stranger_s_file_is_not_even_listened_to(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = send(client, b"x" * (20 * MB))
    assert (answer.status_code, "/account/login" in answer.location) == (302, True)


def test_the_page_s_own_token_lets_a_file_in(app: Flask, manager: FlaskClient, rows: Rows) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert "open for too long" in send(manager, combined({})).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', manager.get(PAGE).text)
    assert token is not None
    assert send(manager, combined({}), csrf_token=token[1]).status_code == 303
    assert len(lines()) == 1


@pytest.mark.parametrize("role", ["usher", "box_office"])
@pytest.mark.engine("sqlite")  # who may is no matter of the database
def test_only_managers_read_reports(
    client: FlaskClient, rows: Rows, sign_in: Callable[[FlaskClient, str], FlaskClient], role: str
) -> None:
    assert send(sign_in(client, role), combined({})).status_code == 403


def test_who_read_what_is_written_down(manager: FlaskClient, rows: Rows) -> None:
    send(manager, combined({}), name="recon nov.csv")
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "settlement_file")
    ).one()
    assert entry.actor_id is not None
    assert entry.after == {"file": "recon nov.csv", "lines": 1, "new": 1, "differ": 0}


def test_a_file_sent_twice_at_once_is_read_once(
    app: Flask, rows: Rows, sign_in: Callable[[FlaskClient, str], FlaskClient]
) -> None:
    data = combined(*({"entity_id": f"pay_{n:05d}"} for n in range(300)))
    people = [sign_in(app.test_client(), "manager") for _ in range(4)]
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda one=one: answers.append(send(one, data).status_code))
        for one in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert len(lines()) == 300


@pytest.mark.engine("sqlite")  # bytes are read before the database is asked
@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.dictionaries(st.sampled_from(sorted(PAYMENT)), st.text(max_size=9), max_size=3)
)
def test_whatever_is_sent_is_read_or_refused(
    manager: FlaskClient, rows: Rows, sent: bytes | dict[str, str]
) -> None:
    data = sent if isinstance(sent, bytes) else combined(sent)
    assert send(manager, data).status_code in {200, 303, 400}
