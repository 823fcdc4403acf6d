"""Going to pay: record, call, record. No transaction is open while the gateway is asked."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bookingapp import clock
from bookingapp.booking import details, hold, longer
from bookingapp.booking import order as orders
from bookingapp.booking.details import Details
from bookingapp.booking.order import Ordered
from bookingapp.db import transaction
from bookingapp.payments import breaker, gateway, record
from bookingapp.payments.gateway import GatewayBroken, GatewayError, GatewayOrder, GatewaySlow
from bookingapp.payments.rules import GatewayDown, PaymentRefused, PaymentSlow
from bookingapp.settings import current

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PayPage:
    """Ready to pay. `gateway_order_id` None: it cost nothing and is confirmed.

    `agreed` False: the amount is not the one its payer saw, so nothing was ordered yet.
    """

    token: str
    number: str
    amount: int
    currency: str
    gateway_order_id: str | None
    agreed: bool = True


def start_payment(
    token: str, said: Details | None = None, seen: Callable[[int], bool] = lambda _: True
) -> PayPage:
    """Get a booking an order at the gateway; pressed twice, it is the same one.

    `said`: who is coming, written down first; `seen` tells whether the total is the one they saw.
    The first press for a basket extends the hold. A booking that costs nothing is confirmed. Raises
    NotFound, AlreadyPaid, HoldOver, NowhereToSend, NotOnSale, what `details.write` raises,
    PaymentRefused, and PaymentSlow or GatewayDown: then the seats are kept as long as a hold may be, and the next press
    goes on where this one stopped.
    """
    settings = current()
    with transaction() as session:
        now = clock.now()
        booking = hold.lock_held(session, token, now)
        if said is not None:
            details.write(session, booking, said, now, settings.limit_holds_per_email)
        if not seen(booking.total):
            return PayPage(
                token, booking.number, booking.total, booking.currency, None, agreed=False
            )
        ordered = orders.order(session, booking, now, settings)
    known = ordered.gateway_order_id
    if known is None and ordered.order_id is not None:
        known = _made(token, ordered, ordered.order_id)
    return PayPage(token, ordered.number, ordered.amount, ordered.currency, known)


def _made(token: str, ordered: Ordered, order_id: int) -> str:
    """The gateway's id of an order of ours. What it refuses is over; its trouble costs nobody the seats."""
    try:
        answer = _asked(ordered)
    except PaymentRefused:
        with transaction() as session:
            record.refused(session, order_id)
        raise
    except (PaymentSlow, GatewayDown):
        with transaction() as session:
            longer.one(session, token, clock.now(), _longest())
        raise
    with transaction() as session:
        return record.made_at_gateway(session, order_id, answer, clock.now())


def keep_holds_longer() -> int:
    """While the gateway is down nobody on the way to paying shall lose the seats. How many were kept."""
    with transaction() as session:
        return longer.all_on_their_way(session, clock.now(), _longest())


def _longest() -> timedelta:
    return timedelta(minutes=current().hold_max_minutes)


def _asked(ordered: Ordered) -> GatewayOrder:
    """The gateway's order for ours, made there at most once as far as anybody can tell."""
    try:
        # Our row is not new: an earlier press may have made the order and lost the answer.
        found = None if ordered.fresh else _looked_up(ordered)
        return found or _created(ordered)
    except (GatewaySlow, GatewayBroken) as error:
        log.warning("order %s: the gateway is slow: %s", ordered.receipt, error)
        raise PaymentSlow from None
    except GatewayError as error:
        if breaker.in_vain(error):
            log.error("order %s: the gateway does not take it: %s", ordered.receipt, error)  # noqa: TRY400 (said whole)
            raise PaymentRefused from None
        log.warning("order %s: the gateway gave none: %s", ordered.receipt, error)
        raise GatewayDown from None


def _created(ordered: Ordered) -> GatewayOrder:
    """Ask for it; without a good answer it may exist all the same, so look before giving up."""
    try:
        return _create(ordered)
    except gateway.GatewayBusy:
        raise
    except GatewaySlow:
        found = _looked_up(ordered)
        if found is None:
            raise
        return found
    except GatewayBroken:
        return _looked_up(ordered) or _create(ordered)


def _create(ordered: Ordered) -> GatewayOrder:
    return gateway.connect().create_order(
        amount=ordered.amount,
        currency=ordered.currency,
        receipt=ordered.receipt,
        notes={"booking": ordered.number},
    )


def _looked_up(ordered: Ordered) -> GatewayOrder | None:
    found = gateway.connect().order_by_receipt(ordered.receipt)
    same = found and (found.amount, found.currency) == (ordered.amount, ordered.currency)
    return found if same else None
