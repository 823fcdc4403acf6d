"""page_p95_ratio_while_draining: how much slower a page is while 2 000 mails go out.

One reader asks for the programme 25 times a second, first of an idle server, then of one that drains,
in turn. The must is given as a ratio or 10 ms, the larger.
"""

import json
import subprocess
import sys
import time
from statistics import median

from bench import letters
from bench.house import House, Server, close
from bench.maths import Result, page_excused, percentile

NAMES = ("page_p95_ratio_while_draining",)
RUNS = 3
MAILS = 2000
SECONDS = 6
PAUSE = 0.04


def run(house: House) -> list[Result]:
    """Idle, draining, and until all is sent."""
    instance = house.copy()
    app = house.app(instance)
    idle: list[float] = []
    busy: list[float] = []
    with app.app_context(), house.serving(instance) as server:
        read(server, 2)
        for _ in range(RUNS):
            idle.append(percentile(read(server, SECONDS), 0.95))
            letters.owe(MAILS)
            wait_until_below(MAILS)
            busy.append(percentile(read(server, SECONDS), 0.95))
            wait_until_below(1)
    close(app)
    quiet, loud = median(idle), median(busy)
    ratios = [one / other for one, other in zip(busy, idle, strict=True)]
    note = f"p95 {loud:.1f} ms while draining, {quiet:.1f} ms idle; allowed: 1.5 x or + 10 ms"
    return [Result(NAMES[0], ratios, note, excused=page_excused(quiet, loud))]


def read(server: Server, seconds: float) -> list[float]:
    """Milliseconds of each page, measured by a process of its own."""
    given = [sys.executable, "-m", "bench.while_draining", str(server.port), str(seconds)]
    took: list[float] = json.loads(subprocess.run(given, capture_output=True, check=True).stdout)
    return took


def wait_until_below(mails: int) -> None:
    """Until fewer mails than that wait."""
    until = time.monotonic() + 180
    while letters.waiting() >= mails:
        if time.monotonic() > until:
            raise TimeoutError("the outbox does not become empty")
        time.sleep(0.1)


def reader(port: int, seconds: float) -> None:
    """The reader's own side."""
    from bench.client import Client  # noqa: PLC0415 (the reader needs nothing else)

    browser = Client("127.0.0.1", port)
    took = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        if browser.get("/").status != 200:
            raise RuntimeError("no page")
        took.append((time.monotonic() - began) * 1000)
        time.sleep(PAUSE)
    print(json.dumps(took))


if __name__ == "__main__":
    reader(int(sys.argv[1]), float(sys.argv[2]))
