"""SIGKILL at every commit of a refund's way: the next start finishes it, once, and tells once."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from bookingapp import clock
from bookingapp.accounts.models import User
from bookingapp.booking import reconcile, refund_job, service
from bookingapp.db import db
from bookingapp.payments.models import Refund
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.booking.killing import die_at_every_commit
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


def letters() -> list[bool]:
    """Which letters about refunds are owed: on its way (False), done (True)."""
    return sorted(row.payload["done"] for row in buyers.letters("payment_refund"))


@pytest.mark.parametrize(
    ("mode", "small"),
    [("processed", True), pytest.param("failed", False, marks=pytest.mark.torture)],
)
def test_killed_at_any_commit_of_a_refund_it_goes_back_once_and_is_told_once(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, mode: str, small: bool
) -> None:
    """Settling twice (a ticket, and a payment too many), then giving back: each commit in turn."""
    token = hold(cinema.showtime(), "C4", "C5")
    order = go_to_pay(token)
    paid = [sandbox.pay(order).payment_id for _ in range(2)]
    kills = die_at_every_commit(app, reconcile.run)
    sandbox.refunds_go(mode)
    kills += die_at_every_commit(app, refund_job.run)
    sandbox.refunds_go("processed")
    # so many failures end the tries by themselves; then somebody presses the button
    if not small:
        service.try_refund_again(buyers.rows(Refund)[-1].id, actor_id=desk(cinema))
    for hours in range(1, 40, 6):
        with time_machine.travel(clock.now() + timedelta(hours=hours), tick=True):
            reconcile.run()
            refund_job.run()
    assert kills >= 8
    assert buyers.state(token) == "confirmed"
    there = [r for r in sandbox.state()["refunds"] if r["payment_id"] in paid]
    assert [r["amount"] for r in there if r["status"] == "processed"] == [36000]
    assert len(there) == 1 or not small
    assert [row.state.value for row in buyers.rows(Refund)][-1] == "processed"
    assert len(buyers.letters("booking_confirmation")) == 1
    assert letters() == [False, True]


def desk(cinema: Cinema) -> int:
    """Somebody in the office."""
    email = cinema.staff("manager")
    db.session.rollback()
    return db.session.scalars(select(User.id).where(User.email == email)).one()
