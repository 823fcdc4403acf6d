"""SIGKILL again and again while mails go out: none is lost, none comes twice but from the dot."""

import itertools
import random
import threading
import time
from functools import partial

from tests.torture.ground import Ground, at_once, unharmed
from tests.torture.letterbox import Postbox, by_id, copies_are_alike, settle
from tests.torture.people import together
from tests.torture.scale import sizes

CRASHED = "outbox_attempt WHERE outcome = 'crashed' AND phase = 'dot'"
# How long a mail takes at most: a kill lies anywhere within one.
A_MAIL = 0.03
NAMES = ("first.test", "second.test", "third.test", "fourth.test")


def arrived(postbox: Postbox, enough: int) -> bool:
    """Whether so many mails are there."""
    return len(postbox.received) >= enough


@sizes(60, 1500, small_on=["sqlite"])
def test_killed_at_random_moments_while_mails_go_out_none_is_lost(
    ground: Ground, size: int, postbox: Postbox, figures: dict[str, object]
) -> None:
    kills = 3 if size < 100 else 20
    house, owed = ground.house(postbox.port), set(ground.owe(size))
    for kill in range(kills):
        house.open()
        # each within its share of the mails, at any moment of a mail
        enough = (kill + random.random()) * size / (kills + 1)
        at_once(partial(arrived, postbox, round(enough)), "mails", 120)
        pass_by(random.random() * A_MAIL)
        house.kill()
    doubtful = settle(ground, house.open(), 240)
    unharmed(house)
    figures["kills"] = kills
    judge(ground, postbox, owed, doubtful, figures)


# On SQLite one process sends: the storm above. Small: two processes, tests/email/test_takeover.py.
@sizes(0, 1500, small_on=[], full_on=["postgresql"])
def test_of_four_processes_on_postgresql_one_is_killed_every_second_and_no_mail_is_lost(
    ground: Ground, size: int, postbox: Postbox, figures: dict[str, object]
) -> None:
    # small claims, so that all find work
    houses = [
        ground.house(postbox.port, public_url=f"http://{name}", outbox_batch="5") for name in NAMES
    ]
    together([house.open for house in houses])
    owed, kills, began = set(ground.owe(size)), 0, time.monotonic()
    openings = {house: threading.Thread() for house in houses}
    for house in itertools.cycle(houses):
        pass_by(began + kills - time.monotonic())
        if openings[house].ident:
            openings[house].join(60)
        if arrived(postbox, size * 9 // 10):
            break
        house.kill()
        kills += 1
        openings[house] = threading.Thread(target=house.open)
        openings[house].start()
    between = (time.monotonic() - began) / kills
    for opening in openings.values():
        opening.join(60)
    doubtful = settle(ground, houses[0], 600)
    for house in houses:
        unharmed(house)
    figures.update(
        {
            "kills": kills,
            "processes": len(set(postbox.greetings)),
            "between kills": f"{between:.1f} s",
        }
    )
    judge(ground, postbox, owed, doubtful, figures)


def judge(
    ground: Ground, postbox: Postbox, owed: set[str], doubtful: set[str], figures: dict[str, object]
) -> None:
    """None lost; who came twice was left at the dot by a crash, and has the same bytes."""
    letters = by_id(postbox.contents)
    twice = {message_id for message_id, copies in letters.items() if len(copies) > 1}
    assert set(letters) == owed
    assert twice <= doubtful
    assert copies_are_alike(letters) <= ground.count(CRASHED)
    figures.update(
        {"mails": len(owed), "lost": len(owed - set(letters)), "left at the dot": len(doubtful),
         "duplicates": copies_are_alike(letters)})  # fmt: skip


def pass_by(seconds: float) -> None:
    """A moment chosen by chance or by the clock, not by what happened."""
    threading.Event().wait(max(0, seconds))
