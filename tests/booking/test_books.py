"""The books: every rupee is a ticket, went back, was kept, or stands on the money page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bookingapp.booking import books, reconcile, refund_job, service
from bookingapp.booking.books import Entry, Sums, gap, sort
from bookingapp.booking.cancel_wish import How, Wish
from bookingapp.booking.models import Booking, BookingState
from bookingapp.db import db, transaction
from bookingapp.payments.models import Payment, Refund
from bookingapp.tickets.models import Ticket, TicketState
from tests.booking import buyers
from tests.booking.buyers import go_to_pay, hold
from tests.booking.changing import move
from tests.booking.money_deeds import actor
from tests.factories import Cinema
from tests.sandbox_process import SandboxProcess

CASES = [
    ("a sale", Entry(360, 360, 360, confirms=True), Sums(360, tickets=360), None),
    ("nothing decided", Entry(360), Sums(360, idle=360), None),
    ("late, owed back", Entry(360, owed=360, asked=360), Sums(360, owed=360), None),
    ("late, back", Entry(360, back=360, all_back=True), Sums(360, back=360), None),
    ("the gateway counts what is under way as back", Entry(360, owed=360, asked=360, all_back=True),
     Sums(360, owed=360), None),
    ("all is back, a part of it unknown here", Entry(360, back=100, owed=60, all_back=True),
     Sums(360, back=100, owed=60, idle=200), ("gone", 200)),
    ("part of it is owed back", Entry(360, owed=100), Sums(360, owed=100, idle=260), None),
    ("cancelled, a fee kept", Entry(360, 360, 0, back=300, confirms=True, cancelled=True),
     Sums(360, back=300, kept=60), None),
    ("cancelled without refund", Entry(360, 360, 0, confirms=True, cancelled=True),
     Sums(360, kept=360), None),
    ("one seat of two cancelled", Entry(360, 360, 180, owed=150, confirms=True, cancelled=True),
     Sums(360, tickets=180, owed=150, kept=30), None),
    ("a person gave some back as a kindness", Entry(360, 360, 360, back=60, asked=60, confirms=True),
     Sums(360, tickets=300, back=60), None),
    ("back in the gateway's office, tickets valid", Entry(360, 360, 360, back=360, confirms=True),
     Sums(360, back=360), ("given_back", 360)),
    ("the gateway says all is back", Entry(360, 360, 360, all_back=True, confirms=True),
     Sums(360, tickets=360), ("gone", 360)),
    ("another sum than the booking costs", Entry(350, 360, 360, confirms=True),
     Sums(350, tickets=360), ("sum", -10)),
    ("a ticket too few, none cancelled", Entry(360, 360, 180, confirms=True),
     Sums(360, tickets=180, kept=180), ("sum", 180)),
    ("tickets worth more than was paid", Entry(360, 360, 540, confirms=True),
     Sums(360, tickets=360), ("sum", -180)),
    ("more given back than came", Entry(360, back=400), Sums(360, back=400), ("sum", -40)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "sums", "wrong"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_payment_is_told_once(entry: Entry, sums: Sums, wrong: tuple[str, int] | None) -> None:
    assert (sort(entry), gap(entry)) == (sums, wrong)


money = st.integers(0, 10**6)


@given(st.builds(Entry, amount=money, cost=money, standing=money, back=money, owed=money,
                 asked=money, confirms=st.booleans(), all_back=st.booleans(),
                 cancelled=st.booleans()))  # fmt: skip
def test_sums_that_do_not_add_up_are_always_named(entry: Entry) -> None:
    if sort(entry).out_by:
        assert gap(entry) is not None


def read() -> books.Books:
    db.session.rollback()
    return books.read(db.session())


def test_a_house_without_money_balances(cinema: Cinema) -> None:
    cinema.showtime()
    assert read() == books.Books({}, [])
    assert read().balance


def test_a_sale_its_double_and_a_wrong_sum_all_have_their_place(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime(booking_fee=2000)
    order = go_to_pay(hold(show, "C4", "C5"))
    for _ in range(2):
        service.settle(sandbox.pay(order).payment_id)
    service.settle(sandbox.pay(go_to_pay(hold(show, "A1", who="b")), amount=777).payment_id)
    total = 2 * 18000 + read_fee(order)
    assert read().balance
    assert read().sums == {"INR": Sums(2 * total + 777, total, owed=total + 777)}
    refund_job.run()
    assert read().sums == {"INR": Sums(2 * total + 777, total, back=total + 777)}


def read_fee(order: str) -> int:
    """What the house took for booking."""
    (booking,) = (b for b in buyers.rows(Booking) if b.state is BookingState.CONFIRMED)
    return int(booking.fee)


def test_money_the_gateway_gave_back_by_itself_is_named_until_the_tickets_are_void(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(hold(cinema.showtime(), "C4")))
    service.settle(paid.payment_id)
    sandbox.client().payment.refund(paid.payment_id, {"amount": 18000}, timeout=10)
    service.settle(paid.payment_id)
    assert [(found.why, found.amount) for found in read().gaps] == [("gone", 18000)]
    service.look_up(paid.payment_id)
    assert [(found.why, found.gateway_payment_id) for found in read().gaps] == [
        ("given_back", paid.payment_id)
    ]
    with transaction() as session:
        session.execute(update(Ticket).values(state=TicketState.VOID))
    assert read().balance
    assert read().sums == {"INR": Sums(18000, back=18000)}


@pytest.mark.parametrize("end", ["processed", "failed"])
def test_a_refund_the_bank_still_works_on_is_no_gap_though_the_gateway_says_refunded(
    cinema: Cinema, sandbox: SandboxProcess, end: str
) -> None:
    sandbox.refunds_go("pending")
    order = go_to_pay(hold(cinema.showtime(), "C4"))
    for _ in range(2):
        twice = sandbox.pay(order).payment_id
        service.settle(twice)
    refund_job.run()
    service.settle(twice)
    assert buyers.fact(twice).status == "refunded"
    assert read() == books.Books({"INR": Sums(36000, 18000, owed=18000)}, [])
    (refund,) = buyers.rows(Refund)
    sandbox.finish_refund(refund.gateway_refund_id, end)
    service.look_up(twice)
    assert read().balance
    assert read().sums["INR"].owed == (0 if end == "processed" else 18000)


def test_the_reconciler_finds_what_went_back_without_a_word(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    paid = sandbox.pay(go_to_pay(hold(cinema.showtime(), "C4")))
    service.settle(paid.payment_id)
    sandbox.client().payment.refund(paid.payment_id, {"amount": 5000}, timeout=10)
    buyers.make_due()
    reconcile.run()
    assert read().sums == {"INR": Sums(18000, tickets=13000, back=5000)}
    assert [(found.why, found.amount) for found in read().gaps] == [("given_back", 5000)]


def test_tickets_no_payment_stands_for_are_named(cinema: Cinema, sandbox: SandboxProcess) -> None:
    service.settle(sandbox.pay(go_to_pay(hold(cinema.showtime(), "C4"))).payment_id)
    with transaction() as session:
        session.execute(update(Payment).values(confirms_id=None))
    assert [found.why for found in read().gaps] == ["unpaid"]
    assert not read().balance


def test_a_ticket_that_is_missing_after_a_move_is_named_and_not_taken_for_a_kept_fee(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    service.settle(sandbox.pay(go_to_pay(hold(show, "C4", "C5"))).payment_id)
    move(move(show))
    assert read() == books.Books({"INR": Sums(36000, tickets=36000)}, [])
    with transaction() as session:
        valid = select(Ticket).where(Ticket.state == TicketState.VALID).limit(1)
        session.delete(session.scalars(valid).one())
    assert [(found.why, found.amount) for found in read().gaps] == [("sum", 18000)]


def test_a_seat_cancelled_before_a_move_still_explains_the_fee_that_was_kept(
    cinema: Cinema, sandbox: SandboxProcess
) -> None:
    show = cinema.showtime()
    token = hold(show, "C4", "C5")
    service.settle(sandbox.pay(go_to_pay(token)).payment_id)
    cinema.staff("manager")
    wish = Wish(("C4",), How.NONE, "Given to a friend", {})
    booking = buyers.booking(token).id
    service.cancel_by_house(booking, wish, revision=1, shown=0, actor_id=actor())
    move(show)
    assert read() == books.Books({"INR": Sums(36000, tickets=18000, kept=18000)}, [])
