"""Money came, or did not: what the gateway says becomes rows, in one transaction a payment."""

from bookingapp import clock
from bookingapp.again import until_done
from bookingapp.booking import polling
from bookingapp.booking import settle as steps
from bookingapp.booking.polling import Due
from bookingapp.booking.service import refunding
from bookingapp.booking.settle import Settled
from bookingapp.db import transaction
from bookingapp.payments import gateway, record
from bookingapp.payments.answers import GatewayOrder, GatewayPayment


def settle(gateway_payment_id: str) -> Settled:
    """Ask the gateway what became of a payment and do what follows, once however often it is asked.

    Raises GatewayError when it gives no answer, NotFound for a payment of somebody else's order.
    """
    return settle_fact(gateway.connect().payment(gateway_payment_id))


def look_up(gateway_payment_id: str) -> None:
    """As `settle`, and the payment's refunds too: some are made in the gateway's own office.

    Raises GatewayError, NotFound.
    """
    line = gateway.connect()
    settle_fact(line.payment(gateway_payment_id))
    for made in line.refunds_of(gateway_payment_id):
        refunding.settle_refund(made)


@until_done
def settle_fact(fact: GatewayPayment) -> Settled:
    """As `settle`, with the gateway's answer in hand."""
    with transaction() as session:
        return steps.settle(session, fact, clock.now())


def look_again_soon(gateway_order_id: str) -> None:
    """Somebody waits for this order: let the reconciler ask in its next round."""
    with transaction() as session:
        polling.hurry(session, gateway_order_id, clock.now())


def claim_order_to_poll() -> Due | None:
    """The order whose turn it is, now nobody else's for a minute."""
    with transaction() as session:
        return polling.claim(session, clock.now())


def keep_found_order(order_id: int, answer: GatewayOrder) -> None:
    """An order whose answer was lost on the way was found again."""
    with transaction() as session:
        record.made_at_gateway(session, order_id, answer, clock.now())


def plan_next_look(order_id: int) -> None:
    """An order was looked at: say when to look again, or that nobody will pay it any more."""
    with transaction() as session:
        polling.plan(session, order_id, clock.now())


def note_left(token: str) -> None:
    """The customer came back from the gateway without paying. The seats stay theirs."""
    with transaction() as session:
        polling.left(session, token, clock.now())
