"""Whatever happens in whatever order: never two claims on a seat, confirmed once, no money lost.

Two buyers want overlapping seats. Hypothesis makes them hold, pay, fail, be charged twice or wrongly,
leave, run out of time; reports of their payments come late, twice, or not at all until the end.
"""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookingapp.booking import reconcile, service
from bookingapp.booking.models import Booking, BookingState
from bookingapp.errors import Refused
from bookingapp.payments.models import Payment, PaymentState, Refund
from bookingapp.tickets.models import Ticket
from tests.booking import buyers
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

DEEDS = ("hold", "pay", "captured", "authorized", "failed", "wrong", "capture", "report", "again",
         "lapse", "tidy", "release", "reconcile")  # fmt: skip
steps = st.lists(st.tuples(st.sampled_from(DEEDS), st.sampled_from("ab")), max_size=16)


@dataclass
class Buyer:
    """Somebody's booking, its orders at the gateway, and the payments made there."""

    SEATS: ClassVar[dict[str, tuple[str, ...]]] = {"a": ("C4", "C5"), "b": ("C5", "C6")}
    name: str
    token: str = ""
    order: str = ""
    unreported: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)


class World:
    """A showing, two buyers, and a gateway that is real."""

    def __init__(self, cinema: Cinema, sandbox: SandboxProcess) -> None:
        self.show, self.sandbox = cinema.showtime(), sandbox
        self.buyers = {name: Buyer(name) for name in "ab"}
        self.paid: list[str] = []

    def do(self, deed: str, name: str) -> None:
        """One step; a refusal is as good an answer as any."""
        buyer = self.buyers[name]
        with contextlib.suppress(Refused):
            getattr(self, f"_{deed}", self._charge(deed))(buyer)

    def _hold(self, buyer: Buyer) -> None:
        who = f"{buyer.name} at {self.show}"
        buyer.token = buyers.hold(
            self.show,
            *Buyer.SEATS[buyer.name],
            who=who,
            email=f"{buyer.name}{self.show}@example.com",
        )

    def _pay(self, buyer: Buyer) -> None:
        if buyer.token:
            buyer.order = buyers.go_to_pay(buyer.token)

    def _charge(self, deed: str) -> Callable[[Buyer], None]:
        def charge(buyer: Buyer) -> None:
            if buyer.order:
                odd = {"amount": 777} if deed == "wrong" else {}
                outcome = "captured" if deed == "wrong" else deed
                paid = self.sandbox.pay(buyer.order, outcome, **odd)
                self.paid.append(paid.payment_id)
                buyer.unreported.append(paid.payment_id)
                if deed == "authorized":
                    buyer.thinking.append(paid.payment_id)

        return charge

    def _capture(self, buyer: Buyer) -> None:
        if buyer.thinking:
            self.sandbox.capture(buyer.thinking.pop())

    def _report(self, buyer: Buyer) -> None:
        if buyer.unreported:
            payment = buyer.unreported.pop()
            buyer.reported.append(payment)
            service.settle(payment)

    def _again(self, buyer: Buyer) -> None:
        if buyer.reported:
            service.settle(buyer.reported[-1])

    def _lapse(self, buyer: Buyer) -> None:
        if buyer.token and buyers.state(buyer.token) == "held":
            buyers.let_lapse(buyer.token)

    def _tidy(self, _buyer: Buyer) -> None:
        service.expire_lapsed()

    def _release(self, buyer: Buyer) -> None:
        if buyer.token:
            service.release(buyer.token)

    def _reconcile(self, _buyer: Buyer) -> None:
        buyers.make_due()
        reconcile.run()

    def end(self) -> None:
        """Everything the gateway knows has been told."""
        for payment in self.paid:
            service.settle(payment)

    def check(self) -> None:
        """What must be true at every moment."""
        assert max(Counter(buyers.live_seats(self.show)).values(), default=0) <= 1
        bookings = [b for b in buyers.rows(Booking) if b.showtime_id == self.show]
        letters = Counter(letter.booking_id for letter in buyers.letters("booking_confirmation"))
        tickets = Counter(ticket.booking_id for ticket in buyers.rows(Ticket))
        confirming = Counter(p.confirms_id for p in buyers.rows(Payment) if p.confirms_id)
        for booking in bookings:
            sold = booking.state is BookingState.CONFIRMED
            assert (letters[booking.id], confirming[booking.id]) == (int(sold), int(sold))
            assert tickets[booking.id] == (2 if sold else 0)

    def check_money(self) -> None:
        """Every rupee has bought seats or is owed back."""
        asked = [self.sandbox.client().payment.fetch(p, {}, timeout=10) for p in self.paid]
        came_in = sum(p["amount"] for p in asked if p["status"] == "captured")
        mine = [p for p in buyers.rows(Payment) if p.gateway_payment_id in self.paid]
        bought = sum(p.amount for p in mine if p.confirms_id)
        ids = {p.id for p in mine}
        owed = sum(r.amount for r in buyers.rows(Refund) if r.payment_id in ids)
        assert came_in == bought + owed
        assert all(p.state is not PaymentState.CREATED for p in mine)


def live_through(world: World, steps: list[tuple[str, str]]) -> None:
    """Both buyers begin to pay; then whatever happens."""
    for name in "ab":
        world.do("hold", name)
        world.do("pay", name)
    for deed, name in steps:
        world.do(deed, name)
        world.check()
    world.end()
    world.check()
    world.check_money()


SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
@given(steps=steps)
def test_money_and_seats_add_up_in_every_order_of_events(
    cinema: Cinema, sandbox: SandboxProcess, steps: list[tuple[str, str]]
) -> None:
    live_through(World(cinema, sandbox), steps)


@pytest.mark.torture
@pytest.mark.timeout(1800)
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(steps=steps)
def test_money_and_seats_add_up_in_very_many_orders_of_events(
    cinema: Cinema, sandbox: SandboxProcess, steps: list[tuple[str, str]]
) -> None:
    live_through(World(cinema, sandbox), steps)
