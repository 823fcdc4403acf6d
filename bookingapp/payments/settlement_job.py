"""The job that reads the gateway's settlement reports: plan, claim a day, read its pages, write down.

No transaction is open while the gateway thinks. A day is read whole or not at all; the last days are
read again, since settlements come late.
"""

import logging
import time

from bookingapp.payments import gateway
from bookingapp.payments import settlement_service as service
from bookingapp.payments.answers import ReportLine
from bookingapp.payments.gateway import GatewayError, GatewayRefused
from bookingapp.payments.settlements import DueDay

log = logging.getLogger(__name__)
ROUND_SECONDS = 20.0
# The most the gateway gives at once.
PAGE = 1000
# A report of more lines than a hundred full houses a day is no report.
MOST_PAGES = 100


def run() -> int:
    """One round. How many days were read."""
    service.plan_settlement_days()
    until, days = time.monotonic() + ROUND_SECONDS, 0
    while time.monotonic() < until and (due := service.claim_settlement_day()):
        try:
            service.keep_settlement_report(due, _report(due))
        except GatewayError as error:
            log.warning("settlements of %s: later again: %s", due.day, error)
            says = error.says if isinstance(error, GatewayRefused) else ""
            service.note_settlement_trouble(due, says or str(error))
            break
        days += 1
    return days


def _report(due: DueDay) -> list[ReportLine]:
    """All pages of a day. A line that moved between two pages is told once."""
    line, found = gateway.connect(), dict[tuple[str, str], ReportLine]()
    for page in range(MOST_PAGES):
        lines = line.settlement_report(due.day, count=PAGE, skip=page * PAGE)
        found.update({(each.entity_id, each.settlement_id): each for each in lines})
        if len(lines) < PAGE:
            break
    return list(found.values())
