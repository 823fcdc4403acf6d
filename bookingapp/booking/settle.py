"""The one way money becomes tickets: by return, reconciler or webhook, in any order and number.

Idempotent and forward only. The money is written down first, always; then the booking is confirmed,
or the money is owed back, or nothing follows yet.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from bookingapp.booking import letters, promos, refund_letters
from bookingapp.booking.confirm import confirm
from bookingapp.booking.models import Booking, BookingSeat
from bookingapp.booking.reclaim import lock_holders, reclaim
from bookingapp.booking.verdict import LATE, Case, Verdict, decide, of_payment
from bookingapp.catalogue.models import Seat, Showtime, ShowtimeState
from bookingapp.db import ask
from bookingapp.errors import NotFound
from bookingapp.payments import record, refunds, rules
from bookingapp.payments.answers import GatewayPayment
from bookingapp.payments.models import Payment, PaymentOrder, PaymentState

Outcome = Literal["confirmed", "already", "pending", "failed", "refund_due"]
OUTCOMES: dict[Verdict, Outcome] = {
    Verdict.CONFIRM: "confirmed",
    Verdict.DONE_BEFORE: "already",
    Verdict.WAIT: "pending",
    Verdict.TRY_AGAIN: "failed",
    Verdict.REFUND: "refund_due",
    Verdict.NOTHING: "refund_due",
}


# Built once: most of a small read's time is the building of its statement.
_seat, _claim, _show, _booking, _payment, _order = (
    table.__table__.c for table in (Seat, BookingSeat, Showtime, Booking, Payment, PaymentOrder)
)
_SEAT_NAMES = (
    select(_seat.name)
    .join_from(Seat.__table__, BookingSeat.__table__, _claim.seat_id == _seat.id)
    .where(_claim.booking_id == bindparam("booking"), _claim.showtime_id == bindparam("showtime"))
    .order_by(_seat.y, _seat.x)
)
_USED = (
    select(_payment.state, _booking.manage_token)
    .join_from(Payment.__table__, Booking.__table__, _booking.id == _payment.confirms_id)
    .join(PaymentOrder.__table__, _order.id == _payment.payment_order_id)
    .where(
        _payment.gateway_payment_id == bindparam("payment"),
        _order.gateway_order_id == bindparam("order"),
    )
)
_SHOW = select(_show.state, _show.starts_at).where(_show.id == bindparam("showtime"))
# Who may confirm a booking makes sure that its showing is not called off or moved meanwhile.
_SHOW_TO_STAY = _SHOW.with_for_update(read=True)
# PostgreSQL locks a row's tables as they stand here: the booking first, as everybody does.
_DEAL = (
    select(Booking, PaymentOrder)
    .join(PaymentOrder, PaymentOrder.booking_id == Booking.id)
    .where(PaymentOrder.gateway_order_id == bindparam("order"))
    .with_for_update(of=(Booking, PaymentOrder))
)


@dataclass(frozen=True)
class Settled:
    """What a payment came to, and whose booking it was for."""

    outcome: Outcome
    token: str


@dataclass(frozen=True)
class _Deal:
    """What belongs together, all of it locked."""

    session: Session
    order: PaymentOrder
    booking: Booking
    now: datetime


def settle(session: Session, fact: GatewayPayment, now: datetime) -> Settled:
    """Write down what the gateway says of a payment and do what follows. Raises NotFound."""
    if token := _done_before(session, fact):
        return Settled(OUTCOMES[Verdict.DONE_BEFORE], token)
    deal = _locked(session, fact.order_id, now)
    payment = record.note_payment(session, deal.order, fact, now)
    verdict, reason = _verdict(deal, payment)
    return Settled(_do(deal, payment, verdict, reason), deal.booking.manage_token)


def show_of(session: Session, booking: Booking) -> Row[tuple[ShowtimeState, datetime]]:
    """State and beginning of a booking's showing; of one not sold yet they stay so until the commit."""
    statement = _SHOW if booking.sold else _SHOW_TO_STAY
    return ask(session, statement, showtime=booking.showtime_id).one()


def seat_names(session: Session, booking: Booking) -> list[str]:
    """The booking's seats by name, whether it still holds them or not."""
    rows = ask(session, _SEAT_NAMES, booking=booking.id, showtime=booking.showtime_id)
    return list(rows.scalars())


def _done_before(session: Session, fact: GatewayPayment) -> str | None:
    """Whose booking this payment confirmed, when nothing is new about it: most money is told of four times.

    No lock is needed to see it: a payment confirms for ever, and its state moves forward only.
    """
    row = ask(session, _USED, payment=fact.id, order=fact.order_id).one_or_none()
    if row is None or rules.moves_forward(row.state, PaymentState(fact.status)):
        return None
    return str(row.manage_token)


def _locked(session: Session, gateway_order_id: str, now: datetime) -> _Deal:
    """The booking's lock comes first, so whoever else settles for it waits here."""
    found = session.execute(_DEAL, {"order": gateway_order_id}).one_or_none()
    if found is None:
        raise NotFound
    booking, order = found
    return _Deal(session, order, booking, now)


def _verdict(deal: _Deal, payment: Payment) -> tuple[Verdict, str]:
    """Where the payment decides alone nothing more need be read."""
    asked = rules.Asked(deal.order.amount, deal.order.currency)
    # The row never moves back, so a late word about an earlier state is read as what we know.
    meaning = rules.meaning(payment.state, payment.amount, payment.currency, asked)
    alone = of_payment(meaning, confirms=payment.confirms_id is not None)
    return (alone, "") if alone else decide(_case(deal, payment, meaning))


def _case(deal: _Deal, payment: Payment, meaning: rules.Meaning) -> Case:
    booking = deal.booking
    show = show_of(deal.session, booking)
    ends = booking.hold_expires_at
    return Case(
        meaning=meaning,
        same_basket=_same_basket(deal),
        state=booking.state,
        lapsed=ends is not None and ends <= deal.now,
        show=show.state,
        started=show.starts_at <= deal.now,
        confirms=payment.confirms_id is not None,
        refund_owed=record.refund_owed(deal.session, payment),
    )


def _same_basket(deal: _Deal) -> bool:
    order, booking = deal.order, deal.booking
    asked = (order.amount, order.currency, order.revision)
    if asked != (booking.total, booking.currency, booking.revision):
        return False
    return sorted(order.seats) == sorted(seat_names(deal.session, booking))


def _do(deal: _Deal, payment: Payment, verdict: Verdict, reason: str) -> Outcome:
    buys = verdict in {Verdict.CONFIRM, Verdict.RECLAIM}
    takes = verdict is Verdict.RECLAIM
    holders = lock_holders(deal.session, deal.booking, deal.now) if takes else []
    if buys and not promos.keep(deal.session, deal.booking, deal.now):
        # the code's last use went to somebody else meanwhile, and with it the price that was paid
        verdict, reason = Verdict.REFUND, LATE
    if verdict is Verdict.RECLAIM:
        found = reclaim(deal.session, deal.booking, holders, deal.now)
        verdict, reason = (Verdict.CONFIRM, "") if found else (Verdict.REFUND, LATE)
    if verdict is Verdict.CONFIRM:
        confirm(deal.session, deal.booking, payment, deal.now)
    elif verdict is Verdict.REFUND:
        _give_back(deal, payment, reason)
    elif verdict is Verdict.WAIT:
        record.look_at(deal.order, deal.now + rules.WHILE_THE_BANK_THINKS)
    elif verdict is Verdict.TRY_AGAIN:
        letters.owe_payment_failed(
            deal.session, deal.booking, payment.error_code, payment.error_reason, deal.now
        )
    return OUTCOMES[verdict]


def _give_back(deal: _Deal, payment: Payment, reason: str) -> None:
    """Money that bought nothing is owed back, and its owner is told: both once."""
    refund = refunds.owe_all(deal.session, payment, reason, deal.now)
    if refund is not None:
        refund_letters.owe_on_its_way(deal.session, deal.booking, payment, refund)
