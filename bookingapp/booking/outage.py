"""The job of a gateway that is down: keep holds longer, and ask now and then whether it answers."""

import logging

from bookingapp import clock
from bookingapp.booking import service
from bookingapp.payments import gateway
from bookingapp.payments import service as payments
from bookingapp.payments.gateway import GatewayError

log = logging.getLogger(__name__)


def run() -> bool:
    """One round. Whether the gateway was asked."""
    line = gateway.connect()
    if not line.health.down:
        return False
    service.keep_holds_longer()
    if not payments.take_probe(line.name, clock.now()):
        return False
    try:
        line.probe()
    except GatewayError as error:
        log.info("the gateway is still down: %s", error)
    return True
