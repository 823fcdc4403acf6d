"""Webhook events: written in the transaction they tell of, delivered by the worker."""

import json
import sqlite3
import time
from typing import Protocol

from .entities import Entity
from .signing import new_id

ACCOUNT = "acc_MatineeSandbox"


class Announce(Protocol):
    """Tells the merchant that something happened to these entities."""

    def __call__(self, db: sqlite3.Connection, event: str, **entities: Entity) -> None: ...


def queue(db: sqlite3.Connection, event: str, **entities: Entity) -> None:
    now = time.time()
    body = {
        "entity": "event",
        "account_id": ACCOUNT,
        "event": event,
        "contains": list(entities),
        "payload": {name: {"entity": entity} for name, entity in entities.items()},
        "created_at": int(now),
    }
    db.execute(
        "INSERT INTO events (id, event, body, next_at, created_at) VALUES (?, ?, ?, ?, ?)",
        (new_id("evt"), event, json.dumps(body), now, now),
    )


def keep_quiet(db: sqlite3.Connection, event: str, **entities: Entity) -> None:
    """No webhook is set up: nothing is kept for later either."""
