"""drain_vs_seed_design and cpu_ms_per_mail: our drain in one process against design A's steps on two.

Both send to the same sink, in turn, so a busy machine slows both.
"""

from pathlib import Path

from bench import letters
from bench.house import House, close
from bench.maths import Result
from bench.workers import Took, Worker, at_once

NAMES = ("drain_vs_seed_design", "cpu_ms_per_mail")
RUNS = 5
OURS, THEIRS = 2000, 160
PROCESSES = 2
# A mail server of one's own takes several connections; marks of mails under way share commits.
CONNECTIONS = "8"


def run(house: House) -> list[Result]:
    """Pairs of runs: theirs, ours."""
    instance = house.copy()
    ratios: list[float] = []
    cost: list[float] = []
    ours_rate = theirs_rate = 0.0
    for _ in range(RUNS):
        theirs_rate = seed_design(house.sink.port)
        took = ours(house, instance, OURS, MAIL_CONNECTIONS=CONNECTIONS)
        ours_rate = took.done / took.seconds
        ratios.append(ours_rate / theirs_rate)
        cost.append(took.cpu_ms / took.done)
    note = f"last {ours_rate:.0f}/s on one process, {CONNECTIONS} connections : {theirs_rate:.0f}/s by stand-ins of A's steps, no broker, 2 processes"
    return [
        Result("drain_vs_seed_design", ratios, note),
        Result(
            "cpu_ms_per_mail",
            cost,
            f"claim to marked sent, {CONNECTIONS} connections, {house.sink.name}",
        ),
    ]


def seed_design(port: int) -> float:
    """Mails a second by design A's steps."""
    workers = [Worker("bench.seed_design", str(port), str(THEIRS)) for _ in range(PROCESSES)]
    seconds, took = at_once(workers)
    return sum(one.done for one in took) / seconds


def ours(house: House, instance: Path, mails: int, **more: str) -> Took:
    """Owe so many and one to get warm, and drain them; checked to have gone out, every one."""
    app = house.app(instance, **more)
    with app.app_context():
        letters.owe(mails + 1)
        before = letters.states().get("sent", 0)
        took = Worker("bench.draining", env=house.environment(instance, **more)).go().took()
        gone = letters.states().get("sent", 0) - before
    close(app)
    if (gone, took.done) != (mails + 1, mails):
        raise RuntimeError(f"{mails} owed, {gone} sent, the drain says {took.done}")
    return took
