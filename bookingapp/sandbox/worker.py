"""The one background thread: late captures when they are due, webhooks until they are taken."""

import logging
import sqlite3
import threading
import time

import requests

from .config import Config
from .events import Announce
from .ledger import capture_due
from .signing import sign
from .store import Store

log = logging.getLogger(__name__)

ANSWER_WITHIN = 5.0
MOST_ATTEMPTS = 12
LONGEST_PAUSE = 30.0
LONGEST_NAP = 60.0


class Worker(threading.Thread):
    """Sleeps until the next thing is due or something was written."""

    def __init__(self, store: Store, config: Config, announce: Announce) -> None:
        super().__init__(name="sandbox-worker", daemon=True)
        self._store, self._config, self._announce = store, config, announce
        self._stopping = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine must not see a local webhook

    def run(self) -> None:
        while not self._stopping.is_set():
            self._store.changed.clear()
            try:
                self._work()
                nap = self._time_to_next()
            except sqlite3.Error:
                log.exception("the sandbox's file could not be read or written")
                nap = 1.0
            self._store.changed.wait(nap)

    def stop(self) -> None:
        self._stopping.set()
        self._store.changed.set()
        self.join(timeout=ANSWER_WITHIN + 1)

    def _work(self) -> None:
        now = time.time()
        with self._store.read() as db:
            late = db.execute("SELECT 1 FROM payments WHERE capture_at <= ?", (now,)).fetchone()
        if late:
            with self._store.write() as db:
                capture_due(db, self._announce)
        event = self._event_due()
        if event is not None:
            self._deliver(event)

    def _event_due(self) -> sqlite3.Row | None:
        """One at a time: a webhook that hangs must not keep late money waiting behind a queue."""
        if not self._config.webhook_url:
            return None
        with self._store.read() as db:
            due: sqlite3.Row | None = db.execute(
                "SELECT * FROM events WHERE next_at <= ? ORDER BY next_at, rowid LIMIT 1",
                (time.time(),),
            ).fetchone()
            return due

    def _deliver(self, event: sqlite3.Row) -> None:
        answer, taken = self._post(event)
        attempts, copies = event["attempts"] + 1, event["copies"] - taken
        again = None if attempts >= MOST_ATTEMPTS else time.time() + pause(attempts)
        if taken:
            again = time.time() if copies > 0 else None
        with self._store.write() as db:
            db.execute(
                "UPDATE events SET attempts = ?, next_at = ?, delivered_at = ?, last_answer = ?,"
                " copies = ? WHERE id = ?",
                (attempts, again, time.time() if taken else None, answer, copies, event["id"]),
            )

    def _post(self, event: sqlite3.Row) -> tuple[str, bool]:
        """Signs the very bytes that are sent; only a 2xx counts as taken."""
        body = event["body"].encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Razorpay-Webhook/v1",
            "X-Razorpay-Event-Id": event["id"],
            "X-Razorpay-Signature": sign(body, self._config.webhook_secret),
        }
        try:
            answer = self._session.post(
                self._config.webhook_url,
                data=body,
                headers=headers,
                timeout=ANSWER_WITHIN,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return type(error).__name__, False
        return str(answer.status_code), answer.ok and answer.status_code < 300

    def _time_to_next(self) -> float:
        query = "SELECT min(capture_at) FROM payments"
        if self._config.webhook_url:
            query = (
                "SELECT min(due) FROM (SELECT min(capture_at) AS due FROM payments"
                " UNION ALL SELECT min(next_at) FROM events)"
            )
        with self._store.read() as db:
            due: float | None = db.execute(query).fetchone()[0]
        return LONGEST_NAP if due is None else min(LONGEST_NAP, max(0.0, due - time.time()))


def pause(attempts: int) -> float:
    """Short, doubling: a developer waits seconds where Razorpay takes a day."""
    return float(min(LONGEST_PAUSE, 0.25 * 2**attempts))
