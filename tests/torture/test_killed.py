"""SIGKILL at the worst moments. What was paid for arrives, and it arrives once."""

import itertools
import threading
from contextlib import suppress

import requests

from tests.house import House
from tests.mailservers import FaultyServer
from tests.torture.ground import Ground, at_once, unharmed
from tests.torture.letterbox import by_id, copies_are_alike, settle
from tests.torture.people import Person
from tests.torture.scale import sizes

CONFIRMED = "booking WHERE manage_token = :token AND state = 'confirmed'"
STAGES = ("DOT", "RCPT", "DATA", "MAIL")
OWED = """SELECT outbox_message.state, phase, message_id FROM outbox_message JOIN booking
          ON booking.id = booking_id WHERE manage_token = :token"""


@sizes(2, 25, small_on=["sqlite"])
def test_killed_right_after_the_payments_commit_the_mail_arrives_once(
    ground: Ground, size: int, faulty: FaultyServer, figures: dict[str, object]
) -> None:
    house = ground.house(faulty.port).open()
    answered = 0
    for showing, seat in itertools.islice(ground.seats(), size):
        # the mail server says nothing until the next start: no mail can go before the kill
        faulty.go_on.clear()
        faulty.faults["CONNECT"] = "wait"
        person, before = Person(house), len(faulty.taken)
        person.goes_to_the_gateway(showing, seat)
        person.pays()
        answered += killed_while(house, person, ground)
        assert len(faulty.taken) == before
        faulty.faults.clear()
        faulty.go_on.set()
        house.open()
        settle(ground, house)
        assert len(faulty.taken) == before + 1
        assert person.has_a_ticket()
    letters = by_id(faulty.taken)
    unharmed(house)
    assert len(letters) == size
    assert copies_are_alike(letters) == 0
    figures.update(
        {"mails": len(letters), "duplicates": copies_are_alike(letters), "lost": size - len(letters),
         "killed before the browser had its answer": size - answered})  # fmt: skip


def killed_while(house: House, person: Person, ground: Ground) -> int:
    """They come back; the house dies as soon as their booking is confirmed. 1 if they were answered."""
    answers: list[float] = []

    def come_back() -> None:
        with suppress(requests.RequestException):
            answers.append(person.comes_back())

    back = threading.Thread(target=come_back)
    back.start()
    at_once(lambda: ground.count(CONFIRMED, token=person.token), "confirmed booking")
    house.kill()
    back.join(60)
    return len(answers)


@sizes(2, 24, small_on=["postgresql"])
def test_killed_while_a_mail_is_being_sent_it_arrives_once_unless_it_was_at_the_dot(
    ground: Ground, size: int, faulty: FaultyServer, figures: dict[str, object]
) -> None:
    house = ground.house(faulty.port).open()
    stages = list(itertools.islice(itertools.cycle(STAGES), size))
    doubtful: set[str] = set()
    for stage, (showing, seat) in zip(stages, ground.seats(), strict=False):
        faulty.go_on.clear()
        faulty.reached.clear()
        faulty.faults[stage] = "wait"
        person = Person(house)
        person.buys(showing, seat)
        assert faulty.reach(stage).wait(60), f"the mail never came to {stage}"
        house.kill()
        [(state, phase, message_id)] = ground.ask(OWED, token=person.token)
        # the mark is durable before the server sees the dot, and not set a moment sooner
        assert (state, phase) == ("sending", "dot" if stage == "DOT" else "claimed")
        faulty.faults.clear()
        faulty.go_on.set()
        house.open()
        in_doubt = settle(ground, house)
        assert in_doubt == ({message_id} if stage == "DOT" else set())
        doubtful |= in_doubt
        assert len(by_id(faulty.taken)[message_id]) == (2 if stage == "DOT" else 1)
    letters = by_id(faulty.taken)
    unharmed(house)
    assert len(letters) == size
    figures.update(
        {"kills at MAIL, RCPT, DATA": size - len(doubtful), "at the dot": len(doubtful),
         "lost": size - len(letters), "duplicates": copies_are_alike(letters)})  # fmt: skip
