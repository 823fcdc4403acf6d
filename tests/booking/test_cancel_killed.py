"""SIGKILL at every commit of a cancellation and of its refund: the next click finishes it, once."""

import pytest
from flask import Flask

from bookingapp.booking import refund_job, service
from bookingapp.booking.cancel_rules import AlreadyCancelled, SeatsChanged
from bookingapp.payments.models import Refund
from bookingapp.tickets.models import Ticket, TicketCode
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.booking.guests import live_claims
from tests.booking.killing import die_at_every_commit
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess


@pytest.mark.parametrize("seats", [("C4",), ("C4", "C5")])
def test_killed_at_any_commit_of_a_cancellation_it_is_done_once_and_told_once(
    app: Flask, cinema: Cinema, sandbox: SandboxProcess, seats: tuple[str, ...]
) -> None:
    show = cinema.showtime()
    token = hold(show, "C4", "C5")
    paid = sandbox.pay(go_to_pay(token)).payment_id
    service.settle(paid)

    def click() -> None:
        """Somebody presses the button again and again, until the page says it is done."""
        try:
            service.cancel_own(token, seats, revision=1, shown=9000 * len(seats))
        except (AlreadyCancelled, SeatsChanged):
            return

    kills = die_at_every_commit(app, click) + die_at_every_commit(app, refund_job.run)
    assert kills >= 6
    whole = len(seats) == 2
    assert buyers.state(token) == ("cancelled" if whole else "confirmed")
    assert buyers.booking(token).revision == 2
    assert set(live_claims(show)) == {"C4", "C5"} - set(seats)
    assert [t.state.value for t in buyers.rows(Ticket)].count("void") == len(seats)
    assert [c.revoked_at is None for c in buyers.rows(TicketCode)] == ([False] if whole else [False, True])  # fmt: skip
    assert [row.state.value for row in buyers.rows(Refund)] == ["processed"]
    there = [r["amount"] for r in sandbox.state()["refunds"] if r["payment_id"] == paid]
    assert there == [9000 * len(seats)]
    assert len(buyers.letters("booking_cancellation")) == 1
    assert len(buyers.letters("payment_refund")) == 1
    assert len(buyers.letters("booking_confirmation")) == (1 if whole else 2)
