"""Money on its way back: claim, write down what was learned, and what the office may do."""

from bookingapp import clock
from bookingapp.again import until_done
from bookingapp.booking import give_back
from bookingapp.db import transaction
from bookingapp.payments import refunds
from bookingapp.payments.answers import GatewayRefund
from bookingapp.payments.refunds import Due


@until_done
def claim_refund() -> Due | None:
    """The refund whose turn it is, now nobody else's for a minute."""
    with transaction() as session:
        return refunds.claim(session, clock.now())


@until_done
def settle_refund(fact: GatewayRefund, refund_id: int | None = None) -> None:
    """What the gateway says of a refund, and the letter that follows. Raises NotFound."""
    with transaction() as session:
        give_back.settle_refund(session, fact, clock.now(), refund_id)


@until_done
def note_refund_trouble(refund_id: int, why: str, *, certain: bool = False) -> None:
    """No answer, or no: later again. `certain`: nothing was done at the gateway."""
    with transaction() as session:
        _, _, refund = give_back.lock(session, refund_id)
        refunds.trouble(refund, why, clock.now(), certain=certain)


def try_refund_again(refund_id: int, actor_id: int) -> None:
    """Somebody in the office wants it tried now. Raises NotFound, RefundOver."""
    with transaction() as session:
        _, _, refund = give_back.lock(session, refund_id)
        refunds.hurry(session, refund, clock.now(), actor_id)


def paid_back_by_hand(refund_id: int, words: str, actor_id: int) -> None:
    """Somebody paid it back in another way. Raises NotFound, NoteMissing, RefundOver, RefundUnderWay."""
    with transaction() as session:
        give_back.by_hand(session, refund_id, words, clock.now(), actor_id)
