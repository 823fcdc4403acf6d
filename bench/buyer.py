"""Customers as processes of their own, so that their CPU is nobody's cost.

`python -m bench.buyer PORT DATABASE SHOWINGS BUYERS PURCHASES` buys and prints seconds, purchases,
tries over. `python -m bench.buyer PORT DATABASE PATH CLIENTS SECONDS` reads one page and prints
seconds and requests.
"""

import contextlib
import itertools
import random
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.client import Answer, Client

if TYPE_CHECKING:
    from bench.house import Server

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
SEAT = re.compile(r'<input type="checkbox" class="seat[^>]*? name="seat" value="([^"]+)"[^>]*>')
ACTION = re.compile(r'action="(http[^"]+)"')
SELECT = re.compile(
    r'<select class="input" id="type-[^"]+" name="(type-[^"]+)".*?</select>', re.DOTALL
)
CHOSEN = re.compile(r'<option value="(\d+)"[^>]* selected>')
SECRET = """SELECT secret FROM ticket_code JOIN booking ON booking.id = booking_id WHERE manage_token = ?"""
SEATS = 2
TRIES = 20


class WrongAnswerError(RuntimeError):
    """A page was not what a customer needs to go on."""


@dataclass
class Purchase:
    """One customer's way from the seat map to the ticket. `again`: seats lost to somebody quicker."""

    port: int
    database: str
    showing: int
    again: int = 0

    def go(self) -> None:
        """Buy two seats. Raises WrongAnswerError."""
        self.browser = Client("127.0.0.1", self.port)
        checkout = self._hold()
        paying = self._details(checkout)
        self._pay(self._page(paying))
        self.browser.close()

    def _hold(self) -> str:
        for self.again in range(TRIES):
            plan = self._page(f"/showtime/{self.showing}")
            free = [tag.group(1) for tag in SEAT.finditer(plan) if " disabled" not in tag.group(0)]
            wanted = [("seat", name) for name in random.sample(free, SEATS)]
            held = self.browser.post(f"/showtime/{self.showing}/hold", [*_hidden(plan), *wanted])
            if held.status == 303 and held.location.endswith("/checkout"):
                return held.location
        raise WrongAnswerError(f"no seats in {TRIES} tries: {held.status} {held.text[:300]}")

    def _details(self, checkout: str) -> str:
        form = self._page(checkout)
        kinds = [
            (found.group(1), kind.group(1))
            for found in SELECT.finditer(form)
            if (kind := CHOSEN.search(found.group(0)))
        ]
        typed = [
            ("email", f"buyer{random.randrange(10**12)}@example.com"),
            ("name", "A Guest"),
            ("phone", ""),
        ]
        fields = [*dict(_hidden(form)).items(), *kinds, *typed, ("action", "pay")]
        return _moved(self.browser.post(checkout, fields))

    def _pay(self, page: str) -> None:
        """Press "pay" on the gateway's page, come back, look at the booking and at the ticket."""
        action = ACTION.search(page)
        if action is None:
            raise WrongAnswerError("no gateway on the pay page")
        at = urlsplit(action.group(1))
        gateway = Client(str(at.hostname), int(at.port or 80))
        paid = gateway.post("/v1/checkout/pay", [*_hidden(page), ("choice", "pay")])
        gateway.close()
        answer = [
            (name, value) for name, value in _hidden(paid.text) if name.startswith("razorpay")
        ]
        booking = _moved(self.browser.post("/b/return", answer))
        self._page(booking)
        self._page(f"/t/{self._secret(booking.rpartition('/')[2])}")

    def _secret(self, token: str) -> str:
        """What a camera reads in the page's QR code; no text says it."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as rows:
            found = rows.execute(SECRET, (token,)).fetchone()
        if found is None:
            raise WrongAnswerError("paid, and no ticket")
        return str(found[0])

    def _page(self, path: str) -> str:
        answer = self.browser.get(path)
        if answer.status != 200:
            raise WrongAnswerError(f"{path}: {answer.status} {answer.text[:300]}")
        return answer.text


def _hidden(page: str) -> list[tuple[str, str]]:
    return [(name, _plain(value)) for name, value in HIDDEN.findall(page)]


def _plain(value: str) -> str:
    return value.replace("&amp;", "&").replace("&#39;", "'").replace("&#34;", '"')


def _moved(answer: Answer) -> str:
    if answer.status != 303:
        raise WrongAnswerError(f"{answer.status} {answer.text[:2000]}")
    return answer.location


def together(threads: int, work: Callable[[], None]) -> float:
    """Seconds that `threads` take to do `work` at the same time; the first error ends us."""
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 (told below)
            errors.append(error)

    started = time.monotonic()
    running = [threading.Thread(target=guarded) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if errors:
        raise errors[0]
    return time.monotonic() - started


def buy(port: int, database: str, showings: list[int], buyers: int, purchases: int) -> None:
    """`purchases` in all, by `buyers` at once, each with a new browser."""
    left = itertools.count()
    again: list[int] = []

    def work() -> None:
        while next(left) < purchases:
            purchase = Purchase(port, database, random.choice(showings))
            purchase.go()
            again.append(purchase.again)

    print(together(buyers, work), len(again), sum(again))


def read(port: int, path: str, clients: int, seconds: float) -> None:
    """One page over and over."""
    done = itertools.count()
    until = time.monotonic() + seconds

    def work() -> None:
        browser = Client("127.0.0.1", port)
        while time.monotonic() < until:
            if browser.get(path).status != 200:
                raise WrongAnswerError(path)
            next(done)

    print(together(clients, work), next(done), 0)


def run(server: "Server", what: str, many: int, amount: float) -> tuple[float, int, int]:
    """Start such a process and wait: seconds, how many were done, tries over."""
    given = [str(server.port), str(server.instance / "matinee.db"), what, str(many), str(amount)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.buyer", *given], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    seconds, count, again = done.stdout.split()
    return float(seconds), int(count), int(again)


def main(port: int, database: str, what: str, many: int, amount: float) -> None:
    """A path is read, a list of showings is bought from."""
    if what.startswith("/"):
        read(port, what, many, amount)
    else:
        buy(port, database, [int(one) for one in what.split(",")], many, int(amount))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
