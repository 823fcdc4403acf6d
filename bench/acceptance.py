"""commit_to_accepted_ms_p50 and _p99: from the commit that owes a mail to the server's 250.

An idle server is asked over HTTP to send a ticket again; both instants are the outbox row's own. The row
is written a little before its commit, so the truth is slightly better than the number.
"""

import random
import re
import time

from sqlalchemy import select

from bench import letters
from bench.house import House, Server, close
from bench.maths import Result, percentile
from bookingapp.booking.models import Booking
from bookingapp.db import db
from bookingapp.email.models import OutboxMessage

NAMES = ("commit_to_accepted_ms_p50", "commit_to_accepted_ms_p99")
RUNS = 3
MAILS = 100
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


def run(house: House) -> list[Result]:
    """One mail at a time, at irregular intervals, so that no poll is met by habit."""
    instance = house.copy()
    app = house.app(instance)
    halves: list[float] = []
    worst: list[float] = []
    with app.app_context(), house.serving(instance) as server:
        tokens = sold()
        for run_ in range(RUNS):
            before = last()
            for token in tokens[run_ * MAILS : (run_ + 1) * MAILS]:
                send_again(server, token)
            took = times(before)
            halves.append(percentile(took, 0.5))
            worst.append(percentile(took, 0.99))
    close(app)
    note = f"{MAILS} mails a run, one at a time, {house.sink.name}"
    return [
        Result("commit_to_accepted_ms_p50", halves, note),
        Result("commit_to_accepted_ms_p99", worst, note),
    ]


def send_again(server: Server, token: str) -> None:
    """Ask for the ticket once more and wait until it is gone."""
    browser = server.client()
    found = CSRF.search(browser.get(f"/b/{token}").text)
    browser.post(f"/b/{token}/resend", [("csrf_token", found.group(1) if found else "")])
    browser.close()
    until = time.monotonic() + 30
    while letters.waiting():
        if time.monotonic() > until:
            raise TimeoutError("a mail was not sent")
        time.sleep(random.uniform(0.02, 0.06))


def sold() -> list[str]:
    """Manage links of bookings with an address."""
    found = select(Booking.manage_token).where(Booking.sold, Booking.email != "")
    return list(db.session.scalars(found.order_by(Booking.id.desc()).limit(RUNS * MAILS)))


def last() -> int:
    """The newest mail's id."""
    db.session.rollback()
    return (
        db.session.scalar(select(OutboxMessage.id).order_by(OutboxMessage.id.desc()).limit(1)) or 0
    )


def times(since: int) -> list[float]:
    """Milliseconds from owed to accepted of the mails after that one."""
    db.session.rollback()
    rows = db.session.execute(
        select(OutboxMessage.created_at, OutboxMessage.sent_at).where(OutboxMessage.id > since)
    ).tuples()
    took = [(sent - owed).total_seconds() * 1000 for owed, sent in rows if sent is not None]
    if len(took) != MAILS:
        raise RuntimeError(f"{len(took)} of {MAILS} mails went out")
    return took
