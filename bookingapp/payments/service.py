"""What calls to the gateway came to, written down for every process; one transaction each."""

import logging
from datetime import datetime

from bookingapp.db import FAILS, transaction
from bookingapp.payments import pulse
from bookingapp.payments.breaker import Health
from bookingapp.payments.line import GatewayError

log = logging.getLogger(__name__)


def note_fault(name: str, error: GatewayError, now: datetime) -> Health | None:
    """A call went wrong. None: that could not be written down, which must not hide the fault itself."""
    try:
        with transaction() as session:
            found = pulse.fault(session, name, error, now)
    except FAILS:
        log.exception("the gateway's fault could not be written down")
        return None
    if found.down and found.down_since == now:
        log.error("the gateway is down: %s", error)
    return found


def note_works(name: str) -> Health | None:
    """A call was answered after some were not."""
    try:
        with transaction() as session:
            found = pulse.works(session, name)
    except FAILS:
        log.exception("that the gateway answers could not be written down")
        return None
    log.warning("the gateway answers again")
    return found


def take_probe(name: str, now: datetime) -> bool:
    """Whether this process is the one that asks a gateway that is down."""
    with transaction() as session:
        return pulse.take_probe(session, name, now)
