"""purchases_per_s_1, _8, _32 and purchase_cpu_ms: from the seat map to the ticket page over HTTP.

Seat map, hold, details, pay, the sandbox's "pay" button, return, booking page, ticket page; two seats,
a new browser each time. The confirmation's mail is part of the cost: it is sent meanwhile.
"""

import time

from sqlalchemy import func, select

from bench import buyer, furnish
from bench.house import House, Server, close
from bench.maths import Result
from bookingapp.db import db
from bookingapp.email.models import OutboxMessage

NAMES = ("purchases_per_s_1", "purchases_per_s_8", "purchases_per_s_32", "purchase_cpu_ms")
RUNS = 3
PURCHASES = {1: 40, 8: 120, 32: 160}


def run(house: House) -> list[Result]:
    """Each number of buyers in turn, several times."""
    instance = house.copy()
    app = house.app(instance)
    with app.app_context():
        showings = ",".join(map(str, furnish.to_sell()))
    rates: dict[int, list[float]] = {many: [] for many in PURCHASES}
    cost: list[float] = []
    again = 0
    with app.app_context(), house.serving(instance) as server:
        buyer.run(server, showings, 1, 10)
        for _ in range(RUNS):
            for many, purchases in PURCHASES.items():
                before = settled_cpu(server)
                seconds, done, lost = buyer.run(server, showings, many, purchases)
                rates[many].append(done / seconds)
                again += lost
                if many == 1:
                    cost.append((settled_cpu(server) - before) / done)
    close(app)
    note = "whole purchases over HTTP, mail sent"
    return [
        *(Result(f"purchases_per_s_{many}", rate, note) for many, rate in rates.items()),
        Result(
            "purchase_cpu_ms", cost, f"server's CPU with its mail; {again} tries met taken seats"
        ),
    ]


def settled_cpu(server: Server) -> float:
    """The server's CPU when no mail is left to send, so that each load pays for its own."""
    until = time.monotonic() + 60
    while waiting():
        if time.monotonic() > until:
            raise TimeoutError("the outbox does not become empty")
        time.sleep(0.1)
    return server.cpu_ms


def waiting() -> int:
    """Mails due."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(OutboxMessage.due_at.is_not(None))) or 0
