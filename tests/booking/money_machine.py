"""A state machine over holds, money, events, refunds, cancellations and deaths, for Hypothesis to drive.

Four buyers, two showings, seats that overlap. Any event may come at any time, in any order and number;
the house may die at each commit and in each call of the gateway. After every step the books balance, no
seat has two claims, and every change has the letters it owes. In the end all that the gateway knows has
been told, and both sides' money is the same to the paisa.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from bookingapp import clock
from bookingapp.accounts.models import User
from bookingapp.audit import AuditEntry
from bookingapp.booking import books, cancel, reconcile, refund_job, service
from bookingapp.booking.cancel_rules import Cause
from bookingapp.booking.models import Booking, BookingSeat, BookingState
from bookingapp.db import Base, db, transaction
from bookingapp.email.models import OutboxMessage
from bookingapp.errors import NotFound, Refused
from bookingapp.payments.line import GatewayError
from bookingapp.payments.models import Payment, Refund, RefundState
from bookingapp.tickets.models import Ticket, TicketCode, TicketState
from tests.booking import buyers
from tests.booking.bank import FINE, MOODS, Bank, Died
from tests.factories import Cinema

# What was there before anybody came, and stays from one history to the next.
STAYS = {
    "theater", "screen", "seat_plan", "seat", "seat_category", "movie", "showtime", "price_card",
    "price", "ticket_type", "user", "tax_rule", "tax_band",
}  # fmt: skip
SEATS = {"a": ("C4", "C5"), "b": ("C5", "C6"), "c": ("C4", "C5"), "d": ("C5", "A1")}
NEAR, FAR = "ab", "cd"
OVER = (BookingState.CONFIRMED, BookingState.CANCELLED)
who = st.sampled_from("abcd")
any_of = st.integers(0, 5)
# How often each happens, beside the others.
OFTEN = (
    *("pay", "hear", "come_back", "cancel", "be_about_to_die", "give_money_back") * 3,
    *("go_to_pay", "ask_the_gateway", "decide", "run_out_of_time", "be_in_a_mood", "hear", "pay") * 2,
    "hold", "hold", "tidy", "treat_refunds", "end_a_refund", "pay_another_sum", "cancel_for_the_cinema",
    "pay_a_refund_by_hand", "give_the_hold_back", "give_back_past_the_house",
)  # fmt: skip


@contextmanager
def dying(boundary: int, moment: str) -> Iterator[None]:
    """The process dies at the n-th commit from here on, just before it or just after. 0: it lives."""
    seen = 0

    def count(_session: Session) -> None:
        nonlocal seen
        seen += 1
        if seen == boundary:
            raise Died

    event.listen(Session, f"{moment}_commit", count)
    try:
        yield
    finally:
        event.remove(Session, f"{moment}_commit", count)


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
    shows: tuple[int, int]

    def __init__(self) -> None:
        super().__init__()
        wipe()
        self.bank = Bank.open(self.app)
        near, far = self.shows
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
            self._do(lambda: cancel_by_the_cinema(self.buyers[name].token))

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
            self._do(lambda: by_hand(refund))

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
    def no_seat_has_two_claims(self) -> None:
        for show in self.shows:
            assert max(Counter(buyers.live_seats(show)).values(), default=0) <= 1

    @invariant()
    def the_books_balance(self) -> None:
        db.session.rollback()
        found = books.read(db.session())
        assert all(sums.out_by == 0 for sums in found.sums.values()), found
        strange = [gap for gap in found.gaps if gap.gateway_payment_id not in self.past_the_house]
        assert strange == [], strange
        if not self.past_the_house:
            kept = sum(sums.kept for sums in found.sums.values())
            deeds = [e for e in buyers.rows(AuditEntry) if e.action == "booking.cancel"]
            assert kept == sum((deed.after or {})["kept"] for deed in deeds)

    @invariant()
    def bookings_have_their_tickets(self) -> None:
        claims = Counter(c.booking_id for c in buyers.rows(BookingSeat) if c.released_at is None)
        tickets = Counter(t.booking_id for t in buyers.rows(Ticket) if t.state is TicketState.VALID)
        codes = Counter(c.booking_id for c in buyers.rows(TicketCode) if c.revoked_at is None)
        confirming = Counter(p.confirms_id for p in buyers.rows(Payment) if p.confirms_id)
        for booking in buyers.rows(Booking):
            valid = booking.state is BookingState.CONFIRMED
            assert tickets[booking.id] == (claims[booking.id] if valid else 0)
            assert codes[booking.id] == int(valid)
            assert confirming[booking.id] == int(booking.state in OVER)
            assert (
                booking.state not in {BookingState.CANCELLED, BookingState.RELEASED}
                or not claims[booking.id]
            )

    @invariant()
    def every_change_has_its_letters(self) -> None:
        owed = {letter.dedupe_key for letter in buyers.rows(OutboxMessage)}
        missing = letters_due() - owed
        assert not missing, missing
        told = Counter(key.split(":")[1] for key in owed if key.startswith("booking_confirmation"))
        sold = {booking.number for booking in buyers.rows(Booking) if booking.state in OVER}
        assert set(told) <= sold

    @invariant()
    def no_more_goes_back_than_came(self) -> None:
        given: Counter[int] = Counter()
        refunds = buyers.rows(Refund)
        followed = {refund.retry_of_id for refund in refunds}
        for refund in refunds:
            if refund.state is not RefundState.FAILED or refund.id not in followed:
                given[refund.payment_id] += refund.amount
        assert all(given[payment.id] <= payment.amount for payment in buyers.rows(Payment))

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
            buyers.make_due()
            reconcile.run()
            buyers.make_refunds_due()
            refund_job.run()
            for payment in self.bank.payments:
                service.look_up(payment)

    def _check_the_end(self) -> None:
        for check in (self.no_seat_has_two_claims, self.the_books_balance, self.bookings_have_their_tickets,
                      self.every_change_has_its_letters, self.no_more_goes_back_than_came):  # fmt: skip
            check()
        found = books.read(db.session()).sums.get("INR", books.Sums())
        assert found.idle == 0
        by_the_gateway = [
            r for r in buyers.rows(Refund) if r.state is RefundState.PROCESSED and not r.by_hand
        ]
        ours = found.came_in - sum(refund.amount for refund in by_the_gateway)
        assert ours == self.bank.net(list(self.bank.payments))

    def _do(self, deed: Callable[[], object]) -> None:
        """One deed of the house, in which it may die; a refusal is as good an answer as any."""
        boundary, self.death = self.death, 0
        with suppress(Refused, NotFound, GatewayError, Died), dying(boundary, self.moment):
            deed()
        db.session.remove()


def machine(app: Flask, cinema: Cinema) -> type[MoneyMachine]:
    """The machine of a test: its showings are made once."""
    soon, later = (clock.now() + timedelta(hours=hours) for hours in (10, 100))
    made = (cinema.showtime(soon, booking_fee=2000), cinema.showtime(later, booking_fee=2000))
    return type("Machine", (MoneyMachine,), {"app": app, "cinema": cinema, "shows": made})


def letters_due() -> set[str]:
    """The keys of all letters that the rows, as they stand, have made due."""
    due = set[str]()
    for booking in buyers.rows(Booking):
        kind = {BookingState.CONFIRMED: "booking_confirmation",
                BookingState.CANCELLED: "booking_cancellation"}.get(booking.state)  # fmt: skip
        if kind:
            due.add(f"{kind}:{booking.number}:r{booking.revision}")
    for entry in buyers.rows(AuditEntry):
        if entry.action == "booking.cancel":
            number = next(b.number for b in buyers.rows(Booking) if str(b.id) == entry.row_id)
            due.add(f"booking_cancellation:{number}:r{(entry.after or {})['revision']}")
    for refund in buyers.rows(Refund):
        if refund.state is RefundState.PROCESSED:
            due.add(f"payment_refund:{refund.idempotency_key}:done")
        if refund.idempotency_key.startswith("auto-") and refund.retry_of_id is None:
            due.add(f"payment_refund:{refund.idempotency_key}:due")
    return due


def cancel_by_the_cinema(token: str) -> None:
    """All of it, whatever the terms."""
    booking = buyers.booking(token).id
    with transaction() as session:
        locked = cancel.lock(session, booking)
        cancel.cancel_all(session, locked, clock.now(), cause=Cause.CINEMA, words="No heating")


def by_hand(refund_id: int) -> None:
    """Somebody in the office paid it in another way."""
    service.paid_back_by_hand(refund_id, "Cash, at the desk", actor())


def actor() -> int:
    """Somebody of the house."""
    return int(db.session.scalars(select(User.id)).first() or 0)


def wipe() -> None:
    """Nobody has come yet."""
    with transaction() as session:
        for each in reversed(Base.metadata.sorted_tables):
            if each.name not in STAYS:
                session.execute(delete(each))


def _nth(names: list[str], nth: int) -> str:
    """The newest come first: what just happened is where it is interesting."""
    return names[-1 - nth % len(names)]
