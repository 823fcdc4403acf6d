"""The gateway hangs for half a minute and many press "pay": few wait, the others buy and look as ever."""

import itertools
import select
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from typing import Any

import pytest

from tests.house import wait_for
from tests.torture.ground import Ground
from tests.torture.people import Person, hidden
from tests.torture.scale import sizes

PLACES, RATIO, MORE_MS = 6, 1.5, 10.0
HANGS, LOOKS_A_SECOND, A_MOMENT = 30, 20, 0.25
OPEN = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
    AND now() - xact_start > interval '1 second'"""


class Hanging(ThreadingHTTPServer):
    """Takes every request and answers none; counts how many stand there at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Silent)
        self.lock, self.now, self.most, self.over = threading.Lock(), 0, 0, threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def close(self) -> None:
        """Let go of everybody."""
        self.over.set()
        self.shutdown()
        self.server_close()


class Silent(BaseHTTPRequestHandler):
    """One request that gets no answer."""

    server: Hanging

    def do_POST(self) -> None:
        """Stand there. Who goes away does not any more; who has just come may be one of those, back."""
        if self._goes_away(A_MOMENT):
            return
        house = self.server
        with house.lock:
            house.now += 1
            house.most = max(house.most, house.now)
        until = time.monotonic() + HANGS
        while time.monotonic() < until and not house.over.is_set():
            if self._goes_away(A_MOMENT / 5):
                break
        with house.lock:
            house.now -= 1
        self.close_connection = True

    def _goes_away(self, seconds: float) -> bool:
        return bool(select.select([self.connection], [], [], seconds)[0])

    def do_GET(self) -> None:
        """Whether it is there at all is answered, as of every neighbour in these tests."""
        if self.path == "/healthz":
            self.send_response(204)
            self.end_headers()
        else:
            self.do_POST()

    def log_message(self, *_words: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    server = Hanging()
    yield server
    server.close()


@sizes(10, 40)
def test_while_the_gateway_hangs_six_wait_and_other_pages_hardly_feel_it(
    ground: Ground, size: int, hanging: Hanging, figures: dict[str, object]
) -> None:
    full = size > 10
    seconds = 15 if full else 3
    house = ground.house(
        payment_gateway="razorpay", razorpay_key_id="k", razorpay_key_secret="s",
        razorpay_base_url=hanging.url, razorpay_checkout_js=hanging.url + "/checkout.js",
        gateway_timeout_seconds=str(HANGS if full else 8), gateway_max_waiting=str(PLACES),
    )  # fmt: skip
    house.sandbox_url = hanging.url
    house.open()
    people = [about_to_pay(Person(house), *seat) for seat in itertools.islice(ground.seats(), size)]
    looker = Person(house)
    pages = itertools.cycle(["/", f"/showtime/{next(ground.seats())[0]}"])
    look_for(looker, pages, 1)
    quiet = look_for(looker, pages, seconds)
    with ThreadPoolExecutor(size) as hands:
        began = time.monotonic()
        pressed = [hands.submit(press) for press in people]
        wait_for(lambda: hanging.now == PLACES, "people waiting")
        loud = look_for(looker, pages, seconds)
        assert ground.engine != "postgresql" or ground.ask(OPEN) == [0]
        # seats are held as ever
        buyer = Person(house)
        showing, seat = next(ground.seats())
        buyer.looks_at_seats(showing)
        assert buyer.about_to_hold(showing, seat)().status_code == 303
        told_at_once = sum(1 for press in pressed if press.done())
        answers = [press.result(120) for press in pressed]
        took = time.monotonic() - began
    unharmed_but_for_the_gateway(house)
    assert set(answers) == {"/trying"}
    assert hanging.most <= PLACES
    assert told_at_once >= size - PLACES
    assert ground.count("booking WHERE state = 'held' AND email <> ''") >= size
    figures.update({
        "press “pay”": size, "waited at once": hanging.most, "all were told after": f"{took:.0f} s",
        "p95 before": f"{quiet:.1f} ms", "p95 meanwhile": f"{loud:.1f} ms",
    })  # fmt: skip
    if full:
        assert loud <= max(quiet * RATIO, quiet + MORE_MS)


def about_to_pay(person: Person, showing: int, seat: str) -> Callable[[], str]:
    """Everything is filled in; calling the answer presses the button. Where it leads."""
    person.looks_at_seats(showing)
    held = person.about_to_hold(showing, seat)()
    path = "/b/" + held.headers["Location"].split("/b/")[1]
    fields = {**dict(hidden(person.see(path))), "email": person.email, "action": "pay"}

    def press() -> str:
        answer = person.browser.post(
            person.house.url + path, fields, allow_redirects=False, timeout=120
        )
        assert answer.status_code == 303, answer.text[:500]
        return "/" + answer.headers["Location"].rpartition("/")[2]

    return press


def look_for(person: Person, pages: Iterator[str], seconds: float) -> float:
    """Look at pages so many times a second; the 95th percentile in milliseconds, of three stretches."""
    return median(_stretch(person, pages, seconds / 3) for _ in range(3))


def _stretch(person: Person, pages: Iterator[str], seconds: float) -> float:
    took = []
    for number in range(int(seconds * LOOKS_A_SECOND)):
        began = time.perf_counter()
        person.see(next(pages))
        spent = time.perf_counter() - began
        took.append(spent * 1000)
        threading.Event().wait(max(0.0, 1 / LOOKS_A_SECOND - spent) if number else 0)
    return sorted(took)[int(len(took) * 0.95)]


def unharmed_but_for_the_gateway(house: Any) -> None:
    """That the gateway is down is an error in the log, and the only one."""
    known = "the gateway is down"
    said = [line for line in house.log.splitlines() if known not in line]
    assert not [line for line in said if " ERROR " in line or "Traceback" in line], house.log[
        -3000:
    ]
