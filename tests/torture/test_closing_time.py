"""SIGTERM: the house closes within seconds, politely, and forgets nothing."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import requests

from tests.house import House, wait_for
from tests.mailservers import FaultyServer
from tests.torture.ground import Ground, unharmed
from tests.torture.letterbox import Postbox, by_id, copies_are_alike, settle
from tests.torture.people import Person, together
from tests.torture.scale import sizes

# Ten seconds on a machine with nothing else to do are many on a busy one.
SECONDS, AT_MOST = 10, 30
# About the defaults: the server is given 45 s for a mail, the house takes 20 s to close.
PATIENT = {
    "mail_timeout_seconds": "40",
    "mail_deadline_seconds": "45",
    "outbox_lease_seconds": "50",
}
CONFIRMED = "booking WHERE state = 'confirmed' AND email = :email"


@sizes(1, 10, small_on=["sqlite"])
def test_sigterm_while_a_mail_is_being_sent_finishes_that_mail_and_ends_with_0(
    ground: Ground, size: int, faulty: FaultyServer, figures: dict[str, object]
) -> None:
    house = ground.house(faulty.port, **PATIENT).open()
    longest = 0.0
    for showing, seat in itertools.islice(ground.seats(), size):
        faulty.go_on.clear()
        faulty.reached.clear()
        faulty.faults["DOT"] = "wait"
        Person(house).buys(showing, seat)
        assert faulty.reach("DOT").wait(60)
        closing = Closing(house)
        wait_for(lambda: not house_answers(house), "closed door")
        faulty.faults.clear()
        released = time.monotonic()
        faulty.go_on.set()
        assert closing.exit_code() == 0
        longest = max(longest, time.monotonic() - released)
        # it was finished, not cut off
        assert ground.ask(
            "SELECT DISTINCT state FROM outbox_message WHERE sent_at IS NOT NULL"
        ) == ["sent"]
        assert ground.unsettled() == 0
        house.open()
    assert house.close() == 0
    letters = by_id(faulty.taken)
    unharmed(house)
    assert longest < SECONDS
    assert (len(letters), copies_are_alike(letters)) == (size, 0)
    figures.update(
        {"mails": len(letters), "duplicates": copies_are_alike(letters),
         "longest from the 250 to the end": f"{longest:.1f} s"})  # fmt: skip


# Twenty seconds of waiting: once is enough for every day.
@sizes(1, 3, small_on=["sqlite"])
def test_sigterm_while_the_mail_server_hangs_ends_with_0_and_the_mail_goes_after_the_next_start(
    ground: Ground, size: int, faulty: FaultyServer, figures: dict[str, object]
) -> None:
    house = ground.house(faulty.port, **PATIENT).open()
    longest = 0.0
    seats = ground.seats()
    for _ in range(size):
        before = len(faulty.taken)
        faulty.go_on.clear()
        faulty.reached.clear()
        faulty.faults["RCPT"] = "hang"
        Person(house).buys(*next(seats))
        assert faulty.reach("RCPT").wait(60)
        began = time.monotonic()
        assert house.close() == 0
        longest = max(longest, time.monotonic() - began)
        faulty.faults.clear()
        faulty.go_on.set()
        house.open()
        settle(ground, house, 180)
        assert len(faulty.taken) == before + 1
    unharmed(house)
    assert longest < AT_MOST
    figures.update({"mails": len(faulty.taken), "longest to the end": f"{longest:.1f} s"})


@sizes(6, 40, small_on=["postgresql"])
def test_sigterm_while_people_come_back_from_paying_loses_nobody(
    ground: Ground, size: int, postbox: Postbox, figures: dict[str, object]
) -> None:
    house = ground.house(postbox.port).open()
    people = list(itertools.islice(paying(house, ground), size))
    first, closing = threading.Event(), []

    def close() -> bool:
        assert first.wait(60)
        closing.append(Closing(house))
        return False

    answered = together([*(back(person, first) for person in people), close])
    assert closing[0].exit_code() == 0
    house.open()
    wait_for(lambda: all(ground.count(CONFIRMED, email=p.email) for p in people), "tickets", 120)
    settle(ground, house)
    letters = by_id(postbox.contents)
    unharmed(house)
    assert (len(letters), copies_are_alike(letters)) == (size, 0)
    figures.update(
        {"paid": size, "answered before the door closed": sum(answered), "mails": len(letters)})  # fmt: skip


class Closing:
    """SIGTERM, and meanwhile one may do something else."""

    def __init__(self, house: House) -> None:
        """Sent at once."""
        self._codes: list[int] = []
        self._thread = threading.Thread(target=lambda: self._codes.append(house.close()))
        self._thread.start()

    def exit_code(self) -> int:
        """Wait for the end."""
        self._thread.join(60)
        assert self._codes, "still open after a minute"
        return self._codes[0]


def house_answers(house: House) -> bool:
    """Whether the door is open."""
    with suppress(requests.RequestException):
        requests.get(house.url + "/healthz", timeout=5)
        return True
    return False


def paying(house: House, ground: Ground) -> Iterator[Person]:
    """People whose money is with the gateway and who are about to come back."""
    for showing, seat in ground.seats():
        person = Person(house)
        person.goes_to_the_gateway(showing, seat)
        person.pays()
        yield person


def back(person: Person, answered: threading.Event) -> Callable[[], bool]:
    """They come back; False if the door was closed by then."""

    def go() -> bool:
        with suppress(requests.RequestException):
            person.comes_back()
            answered.set()
            return True
        return False

    return go
