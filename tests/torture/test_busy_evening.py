"""Many buy while mails go out: no mail waits for the next look at the outbox, no buyer for the mails."""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from statistics import median

import pytest
import requests
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.house import wait_for
from tests.torture.ground import Ground, unharmed
from tests.torture.letterbox import Postbox, by_id, copies_are_alike
from tests.torture.people import Person
from tests.torture.scale import sizes
from tests.torture.sink import Sink

POLL = 60
# Far below the poll, far above what fifty slow mails and a busy machine take.
AT_ONCE = 30
SLOW = 0.1
WAITS = """SELECT created_at, sent_at FROM outbox_message WHERE kind = 'booking_confirmation'
           AND sent_at IS NOT NULL"""
A_SECOND, RATIO, MORE_MS = 20, 1.5, 10.0
ROUNDS, SECONDS, AT_MOST, MAILS = 3, 5, 18, 1000


class SlowPostbox(Postbox):
    """Thinks before it takes a mail."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd: a mail has arrived."""
        await asyncio.sleep(SLOW)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def slow_postbox() -> Iterator[SlowPostbox]:
    """A mail server in no hurry."""
    box = SlowPostbox()
    yield box
    box.stop()


@sizes(6, 50, small_on=["sqlite"])
def test_of_bookings_paid_during_a_slow_drain_no_mail_waits_for_the_next_look(
    ground: Ground, size: int, slow_postbox: SlowPostbox, figures: dict[str, object]
) -> None:
    house = ground.house(slow_postbox.port, outbox_poll_seconds=str(POLL)).open()
    for showing, seat in itertools.islice(ground.seats(), size):
        Person(house).buys(showing, seat)
    wait_for(lambda: len(slow_postbox.received) == size, "mails", AT_ONCE)
    wait_for(lambda: not ground.unsettled(), "marks")
    waited = [seconds(made, sent) for made, sent in ground.ask(WAITS)]
    unharmed(house)
    assert len(waited) == size
    assert max(waited) < AT_ONCE
    assert copies_are_alike(by_id(slow_postbox.contents)) == 0
    figures.update({"mails": size, "longest from commit to sent": f"{max(waited):.1f} s"})


def seconds(made: object, sent: object) -> float:
    """Between two instants as the engine gives them."""
    begin, end = (datetime.fromisoformat(str(instant)) for instant in (made, sent))
    return (end - begin).total_seconds()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server in a process of its own."""
    made = Sink()
    made.works()
    yield made
    made.close()


# PostgreSQL's writers never wait for the drain's.
@sizes(0, MAILS, small_on=[], full_on=["sqlite"])
def test_a_thousand_mails_go_out_and_who_books_meanwhile_hardly_feels_it(
    ground: Ground, size: int, sink: Sink, figures: dict[str, object]
) -> None:
    house = ground.house(sink.port).open()
    people = [Person(house) for _ in range(A_SECOND)]
    seats = ground.seats()
    for person, (showing, _) in zip(people, seats, strict=False):
        person.looks_at_seats(showing)
    turns = itertools.cycle(people)

    def presses() -> Iterator[Callable[[], requests.Response]]:
        for person, (showing, seat) in zip(turns, seats, strict=False):
            yield person.about_to_hold(showing, seat)

    buttons, idle, busy = presses(), [], []
    pressed(buttons, lambda: False, 2)
    for _ in range(ROUNDS):
        idle.append(p95(pressed(buttons, lambda: False, SECONDS)))
        ground.owe(size // ROUNDS)
        busy.append(p95(pressed(buttons, lambda: not ground.unsettled(), AT_MOST)))
        wait_for(lambda: not ground.unsettled(), "end of the sending", 120)
    unharmed(house)
    quiet, loud = median(idle), median(busy)
    figures.update({"p95 idle": f"{quiet:.1f} ms", "p95 while mails go out": f"{loud:.1f} ms"})
    assert loud <= max(quiet * RATIO, quiet + MORE_MS)


def pressed(
    buttons: Iterator[Callable[[], requests.Response]], enough: Callable[[], bool], at_most: float
) -> list[float]:
    """Twenty presses a second, whatever the last one takes; the milliseconds of each."""
    began, took = time.monotonic(), list[float]()

    def press(button: Callable[[], requests.Response]) -> None:
        answer = button()
        assert answer.status_code in {303, 409}, answer.text[:500]
        took.append(answer.elapsed.total_seconds() * 1000)

    with ThreadPoolExecutor(8) as hands:
        begun = []
        for number, button in enumerate(buttons):
            threading.Event().wait(max(0, began + number / A_SECOND - time.monotonic()))
            if time.monotonic() - began > at_most or (
                number % A_SECOND == 0 and number and enough()
            ):
                break
            begun.append(hands.submit(press, button))
        for hand in begun:
            hand.result(60)
    return took


def p95(values: list[float]) -> float:
    """Nineteen of twenty are quicker."""
    return sorted(values)[int(len(values) * 0.95)]
