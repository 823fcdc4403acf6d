"""The gateway's reports are read by themselves and held against the books: nothing slips through."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from bookingapp import clock
from bookingapp.booking import refund_job, service
from bookingapp.booking.service import look_up
from bookingapp.db import db, transaction
from bookingapp.payments import settlement_job
from bookingapp.payments import settlement_queries as queries
from bookingapp.payments import settlement_service as deeds
from bookingapp.payments.answers import ReportLine
from bookingapp.payments.line import GatewayBroken
from bookingapp.payments.models import Payment, Refund
from bookingapp.payments.settlement_models import SettlementDay, SettlementLine
from bookingapp.payments.settlement_rules import DIFFERENT, Match
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.factories import Cinema
from tests.payments.bank import days_pass, differ, found, read, sale
from tests.sandbox_process import SandboxProcess

LINE = {
    "entity_id": "pay_HOLD123", "settlement_id": None, "type": "payment", "amount": 36000,
    "credit": 35150, "debit": 0, "fee": 850, "tax": 130, "currency": "INR", "settlement_utr": None,
    "payment_id": None, "order_id": "order_1234", "order_receipt": None, "method": "upi",
    "settled_at": None, "on_hold": True,
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_paid_out(sandbox: SandboxProcess) -> None:
    """Other tests' settlements are forgotten."""
    sandbox.forget_settlements()


def test_what_reached_the_bank_is_known_to_the_last_paisa(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    order = go_to_pay(hold(cinema.showtime(), "C4"))
    good, double = (sandbox.pay(order).payment_id for _ in range(2))
    for payment in (good, double):
        service.settle(payment)
    refund_job.run()
    (refund,) = buyers.rows(Refund)
    settlement = sandbox.settle(good, double, refund.gateway_refund_id)
    assert read() == 1
    db.session.rollback()
    (told,) = queries.settlements()
    assert (told.settlement_id, told.payments, told.paid) == (settlement, 2, 36000)
    assert (told.refunds, told.back) == (1, 18000)
    # 2 % and 18 % tax on that, for each payment
    assert (told.fees, told.tax, told.net) == (2 * 424, 2 * 64, 36000 - 848 - 18000)
    assert differ() == []
    assert told.different == 0


def test_reading_a_report_again_changes_nothing(cinema: Cinema, sandbox: SandboxProcess) -> None:
    sandbox.settle(sale(sandbox, cinema.showtime(), "C4"))
    read()
    before = [(row.id, row.entity_id, row.amount) for row in buyers.rows(SettlementLine)]
    read()
    assert [(row.id, row.entity_id, row.amount) for row in buyers.rows(SettlementLine)] == before


def test_a_long_report_is_read_page_by_page(
    cinema: Cinema, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlement_job, "PAGE", 2)
    show = cinema.showtime()
    payments = [sale(sandbox, show, seat) for seat in ("A1", "A2", "A3", "A4")]
    sandbox.settle(*payments)
    read()
    assert {row.entity_id for row in buyers.rows(SettlementLine)} == set(payments)


def test_another_sum_is_a_difference(cinema: Cinema, sandbox: SandboxProcess) -> None:
    payment = sale(sandbox, cinema.showtime(), "C4")
    sandbox.settle(payment, amounts={payment: 17900})
    read()
    assert differ() == [(payment, "other_amount")]
    assert found()[0].ours is not None
    assert queries.settlements()[0].different == 1


def test_a_payment_nobody_knows_is_a_difference(cinema: Cinema, sandbox: SandboxProcess) -> None:
    sandbox.settle(sale(sandbox, cinema.showtime(), "C4"), stranger=True)
    read()
    assert [how for _, how in differ()] == ["unknown"]


def test_money_no_event_told_of_is_found_by_the_report_and_settled(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    known, lost = sale(sandbox, show, "C4"), sale(sandbox, show, "C5", told=False)
    sandbox.settle(known, lost)
    read()
    assert differ() == [(lost, "unknown")]
    look_up(found()[0].payment)
    assert differ() == []
    assert len(buyers.letters("booking_confirmation")) == 2


def test_a_refund_of_the_gateway_s_own_office_is_found_by_the_report(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    payment = sale(sandbox, cinema.showtime(), "C4")
    made = sandbox.client().payment.refund(payment, {"amount": 5000}, timeout=10)
    sandbox.settle(payment, made["id"])
    read()
    assert differ() == [(made["id"], "unknown")]
    look_up(found()[0].payment)
    assert differ() == []
    assert [refund.amount for refund in buyers.rows(Refund)] == [5000]


def test_money_in_no_report_is_missed_after_some_days(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    order = go_to_pay(hold(show, "C4"))
    good, double = (sandbox.pay(order).payment_id for _ in range(2))
    for payment in (good, double):
        service.settle(payment)
    refund_job.run()
    sandbox.settle(good)
    days_pass(6)
    deeds.plan_settlement_days()
    read()
    db.session.rollback()
    assert queries.missing(clock.now(), 7) == []
    (refund,) = buyers.rows(Refund)
    missing = queries.missing(clock.now(), 5)
    assert sorted((each.kind, each.entity_id) for each in missing) == [
        ("payment", double), ("refund", refund.gateway_refund_id),
    ]  # fmt: skip
    assert {each.payment for each in missing} == {double}


def test_nothing_is_missed_while_a_day_could_not_be_read(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    sale(sandbox, cinema.showtime(), "C4")
    days_pass(8)
    deeds.plan_settlement_days()
    assert queries.missing(clock.now(), 5) == []
    read()
    db.session.rollback()
    assert len(queries.missing(clock.now(), 5)) == 1


def test_a_gateway_that_gives_no_report_is_asked_again_later(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    sandbox.settle(sale(sandbox, cinema.showtime(), "C4"))
    sandbox.fault("/v1/settlements", "500", times=1)
    assert read() == 0
    (day,) = buyers.rows(SettlementDay)
    assert day.read_at is None
    assert day.last_error
    assert day.next_look_at > clock.now() + timedelta(minutes=4)
    assert queries.reading().unread == 1
    assert read() == 1
    db.session.rollback()
    assert queries.reading().last_error == ""
    assert len(queries.settlements()) == 1


def test_a_day_is_claimed_by_one_and_the_days_slept_through_are_read(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    sale(sandbox, cinema.showtime(), "C4")
    days_pass(3)
    deeds.plan_settlement_days()
    deeds.plan_settlement_days()
    claimed = [deeds.claim_settlement_day() for _ in range(5)]
    days = [due.day for due in claimed if due]
    assert len(days) == len(set(days)) == 4
    assert claimed[4] is None


def test_no_money_no_question(cinema: Cinema, sandbox: SandboxProcess) -> None:
    cinema.showtime()
    assert settlement_job.run() == 0
    assert buyers.rows(SettlementDay) == []


def test_money_on_hold_becomes_the_same_line_when_it_is_paid_out(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    sale(sandbox, cinema.showtime(), "C4")
    deeds.plan_settlement_days()
    due = deeds.claim_settlement_day()
    assert due is not None
    paid_out = {**LINE, "settlement_id": "setl_1234567", "settled_at": 1790000000}
    for line in (LINE, LINE, paid_out, paid_out):
        deeds.keep_settlement_report(due, [ReportLine.read(line)])
    (row,) = buyers.rows(SettlementLine)
    assert row.settlement_id == "setl_1234567"


@pytest.mark.parametrize(
    "odd",
    [{"amount": "12"}, {"amount": -1}, {"entity_id": "x"}, {"currency": "rupees"}, {"type": None},
     {"settlement_id": "'; DROP"}, {"fee": 2.5}],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_no_answer(odd: dict[str, object]) -> None:
    with pytest.raises(GatewayBroken):
        ReportLine.read({**LINE, **odd})


@pytest.mark.parametrize("kind", ["payment", "refund", "adjustment"])
@pytest.mark.parametrize("amount", [18000, 17000])
@pytest.mark.parametrize("state", ["captured", "failed", "refunded", None])
def test_the_list_of_differences_and_the_rule_agree(
    cinema: Cinema, sandbox: SandboxProcess, kind: str, amount: int, state: str | None
) -> None:
    payment = sale(sandbox, cinema.showtime(), "C4")
    service.settle(payment)
    with transaction() as session:
        if state:
            session.execute(update(Payment).values(state=state, confirms_id=None))
    deeds.plan_settlement_days()
    due = deeds.claim_settlement_day()
    assert due is not None
    entity = payment if state else "pay_Nobody"
    told = {
        **LINE,
        "entity_id": entity,
        "type": kind,
        "amount": amount,
        "settlement_id": "setl_12345",
    }
    deeds.keep_settlement_report(due, [ReportLine.read(told)])
    db.session.rollback()
    (line,) = queries.lines_of("setl_12345")
    assert bool(found()) is (line.match in DIFFERENT)
    assert line.match is not Match.MATCHED or (kind, amount) == ("payment", 18000)


def test_the_command_line_tells_programs_and_says_by_its_end_whether_something_differs(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess
) -> None:
    run = app.test_cli_runner().invoke
    payment = sale(sandbox, cinema.showtime(), "C4")
    sandbox.settle(payment)
    done = run(args=["payments", "settlements", "--read", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert [each["payments"] for each in told["settlements"]] == [1]
    assert (told["differences"], told["missing"]) == ([], [])
    with transaction() as session:
        session.execute(update(SettlementLine).values(amount=1))
    done = run(args=["payments", "settlements"])
    assert (done.exit_code, "other_amount" in done.output) == (1, True)
