"""A state machine over holds, money, events, refunds, cancellations and deaths, for Hypothesis to drive.

Four buyers, two showings, seats that overlap. Any event may come at any time, in any order and number;
the house may die at each commit and in each call of the gateway. After every step the books balance, no
seat has two claims, and every change has the letters it owes. In the end all that the gateway knows has
been told, and both sides' money is the same to the paisa.
"""

import inspect
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bookingapp import clock
from bookingapp.booking import (
    books,
    change_job,
    reconcile,
    refund_job,
    service,
)
from bookingapp.booking.service import changing
from bookingapp.db import db
from bookingapp.errors import NotFound, Refused
from bookingapp.payments.line import GatewayError
from bookingapp.payments.models import Payment, Refund, RefundState
from tests.booking import buyers
from tests.booking import money_deeds as deeds
from tests.booking import money_truths as truths
from tests.booking.bank import FINE, MOODS, Bank, Died
from tests.factories import Cinema

SEATS = {"a": ("C4", "C5"), "b": ("C5", "C6"), "c": ("C4", "C5"), "d": ("C5", "A1")}
NEAR, FAR = "ab", "cd"
who = st.sampled_from("abcd")
any_of = st.integers(0, 5)
# How often each happens, beside the others.
OFTEN = (
    *("pay", "hear", "come_back", "cancel", "be_about_to_die", "give_money_back") * 3,
    *("go_to_pay", "ask_the_gateway", "decide", "run_out_of_time", "be_in_a_mood", "hear", "pay") * 2,
    "hold", "hold", "tidy", "treat_refunds", "end_a_refund", "pay_another_sum", "cancel_for_the_cinema",
    "pay_a_refund_by_hand", "give_the_hold_back", "give_back_past_the_house", "be_kind", "call_off",
    "move", "settle_changes", "settle_changes", "send_mail",
)  # fmt: skip


class Buyer:
    """Somebody, their newest booking, and the orders they were given at the gateway."""

    def __init__(self, name: str, showtime: int) -> None:
        self.name, self.showtime = name, showtime
        self.token = ""
        self.orders: list[str] = []

    def take(self, token: str) -> None:
        """Another booking from now on."""
        self.token = token


class MoneyMachine(RuleBasedStateMachine):
    """See the module's words. `cinema` and `app` come from the test."""

    app: Flask
    cinema: Cinema
    movie: int

    def __init__(self) -> None:
        super().__init__()
        deeds.wipe()
        self.bank = Bank.open(self.app)
        soon, later = (clock.now() + timedelta(hours=hours) for hours in (10, 100))
        self.near, self.far = near, far = [
            self.cinema.showtime(at, movie_id=self.movie, booking_fee=2000) for at in (soon, later)
        ]
        self.kindness = False
        self.buyers = {name: Buyer(name, near if name in NEAR else far) for name in SEATS}
        self.death, self.moment = 0, "before"
        self.past_the_house: set[str] = set()

    @initialize()
    def two_begin_to_pay(self) -> None:
        for name in "ac":
            self.hold(name)
            self.go_to_pay(name)

    @rule(deed=st.sampled_from(OFTEN), name=who, nth=any_of, which=any_of)
    def step(self, deed: str, name: str, nth: int, which: int) -> None:
        """One rule for all: Hypothesis would leave out half of many, and little would come of the rest."""
        of = {"name": name, "nth": nth, "which": which}
        method = getattr(self, deed)
        method(**{key: of[key] for key in inspect.signature(method).parameters})

    # the house

    def hold(self, name: str) -> None:
        buyer = self.buyers[name]
        mail = f"{name}@example.com"
        self._do(lambda: buyer.take(buyers.hold(
            buyer.showtime, *SEATS[name], who=name, email=mail)))  # fmt: skip

    def go_to_pay(self, name: str) -> None:
        buyer = self.buyers[name]
        if buyer.token:
            self._do(lambda: buyer.orders.append(buyers.go_to_pay(buyer.token)))

    def give_the_hold_back(self, name: str) -> None:
        self._do(lambda: service.release(self.buyers[name].token))

    def run_out_of_time(self, name: str) -> None:
        token = self.buyers[name].token
        if token and buyers.state(token) == "held":
            buyers.let_lapse(token)

    def tidy(self) -> None:
        self._do(service.expire_lapsed)

    def cancel(self, name: str, nth: int) -> None:
        token = self.buyers[name].token
        if token:
            revision = buyers.booking(token).revision
            seats = [SEATS[name], SEATS[name][:1], SEATS[name][1:]][nth % 3]
            self._do(lambda: service.cancel_own(token, seats, revision=revision, shown=0))

    def cancel_for_the_cinema(self, name: str) -> None:
        if self.buyers[name].token:
            self._do(lambda: deeds.cancel_by_the_cinema(self.buyers[name].token))

    def be_kind(self, name: str, nth: int) -> None:
        if self.buyers[name].token:
            self.kindness = True
            self._do(lambda: deeds.give_some_back(self.buyers[name].token, 1000 * nth + 101))

    def call_off(self) -> None:
        self._do(lambda: changing.call_off(self.near, "The projector is broken", deeds.actor()))

    def move(self) -> None:
        self._do(lambda: deeds.move(self.far))

    def settle_changes(self) -> None:
        self._do(change_job.run)

    def send_mail(self) -> None:
        self._do(deeds.send_mail)

    def ask_the_gateway(self) -> None:
        buyers.make_due()
        self._do(reconcile.run)

    def give_money_back(self) -> None:
        buyers.make_refunds_due()
        self._do(refund_job.run)

    def pay_a_refund_by_hand(self, nth: int) -> None:
        owed = [r for r in buyers.rows(Refund) if r.state is not RefundState.PROCESSED]
        if owed:
            refund = owed[nth % len(owed)].id
            self._do(lambda: deeds.by_hand(refund))

    # the world

    def pay(self, name: str, nth: int) -> None:
        if self.buyers[name].orders:
            status = ("captured", "captured", "captured", "authorized", "created", "failed")[nth]
            self.bank.attempt(self.buyers[name].orders[-1], status)

    def pay_another_sum(self, name: str) -> None:
        if self.buyers[name].orders:
            self.bank.attempt(self.buyers[name].orders[-1], "captured", 777)

    def decide(self, nth: int, which: int) -> None:
        if self.bank.payments:
            status = ("captured", "authorized", "failed")[which % 3]
            self.bank.move(_nth(list(self.bank.payments), nth), status)

    def come_back(self, nth: int) -> None:
        if self.bank.payments:
            payment = _nth(list(self.bank.payments), nth)
            self._do(lambda: service.settle(payment))

    def hear(self, nth: int, which: int) -> None:
        if self.bank.events:
            told = self.bank.events[-1 - (nth * which) % len(self.bank.events)]
            self._do(lambda: service.hear(told))

    def be_in_a_mood(self, nth: int) -> None:
        self.bank.mood = MOODS[nth % len(MOODS)]

    def treat_refunds(self, nth: int) -> None:
        self.bank.refunds_go = ("processed", "pending", "failed")[nth % 3]

    def end_a_refund(self, nth: int, which: int) -> None:
        if self.bank.refunds:
            status = "failed" if which % 2 else "processed"
            self.bank.finish(_nth(list(self.bank.refunds), nth), status)

    def give_back_past_the_house(self, nth: int, which: int) -> None:
        if self.bank.payments:
            payment = _nth(list(self.bank.payments), nth)
            self.bank.give_back(payment, (5000, 18000, 38000)[which % 3])
            self.past_the_house.add(payment)

    def be_about_to_die(self, nth: int, which: int) -> None:
        self.death, self.moment = nth % 3 + 1, ("before", "after")[which % 2]

    # what must be true

    @invariant()
    def all_is_well(self) -> None:
        truths.no_seat_has_two_claims()
        truths.the_books_balance(self.past_the_house, kindness=self.kindness)
        truths.bookings_have_their_tickets()
        truths.every_change_has_its_letters()
        truths.who_was_moved_hears_of_it()
        truths.no_more_goes_back_than_came()
        truths.papers_say_what_goes_back()

    def teardown(self) -> None:
        """The weather clears, everything is told, and both sides have the same."""
        try:
            self._clear_up()
            self._check_the_end()
        finally:
            db.session.remove()

    def _clear_up(self) -> None:
        self.bank.mood, self.bank.refunds_go, self.death = FINE, "processed", 0
        self.bank.probe()
        for told in list(self.bank.events):
            service.hear(told)
        for refund in list(self.bank.refunds):
            self.bank.finish(refund, "processed")
        for _ in range(3):
            change_job.run()
            buyers.make_due()
            reconcile.run()
            buyers.make_refunds_due()
            refund_job.run()
            for payment in self.bank.payments:
                service.look_up(payment)

    def _check_the_end(self) -> None:
        self.all_is_well()
        found = books.read(db.session()).sums.get("INR", books.Sums())
        assert found.idle == 0
        assert self._ours() == self.bank.net(self._comparable())

    def _comparable(self) -> list[str]:
        """Payments whose money can be compared: not what a person and the gateway's office both gave back.

        Such a refund the house can't take for true; the settlement report names it.
        """
        by_hand = {refund.payment_id for refund in buyers.rows(Refund) if refund.by_hand}
        known = {p.gateway_payment_id: p.id for p in buyers.rows(Payment)}
        twice = {name for name in self.past_the_house if known.get(name) in by_hand}
        return [name for name in self.bank.payments if name not in twice]

    def _ours(self) -> int:
        """What the house believes to be at the gateway."""
        names = set(self._comparable())
        mine = [p for p in buyers.rows(Payment) if p.gateway_payment_id in names]
        ids = {payment.id for payment in mine}
        back = sum(
            refund.amount
            for refund in buyers.rows(Refund)
            if refund.payment_id in ids
            and refund.state is RefundState.PROCESSED
            and not refund.by_hand
        )
        return int(sum(payment.amount for payment in mine if payment.captured_at) - back)

    def _do(self, deed: Callable[[], object]) -> None:
        """One deed of the house, in which it may die; a refusal is as good an answer as any."""
        boundary, self.death = self.death, 0
        with suppress(Refused, NotFound, GatewayError, Died), deeds.dying(boundary, self.moment):
            deed()
        db.session.remove()


def machine(app: Flask, cinema: Cinema) -> type[MoneyMachine]:
    """The machine of a test."""
    cinema.theater()
    made = {"app": app, "cinema": cinema, "movie": cinema.movie()}
    return type("Machine", (MoneyMachine,), made)


def _nth(names: list[str], nth: int) -> str:
    """The newest come first: what just happened is where it is interesting."""
    return names[-1 - nth % len(names)]
