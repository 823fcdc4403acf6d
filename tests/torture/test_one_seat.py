"""Everybody wants the same seat at the same moment, through the house's real door."""

from collections import Counter

import requests

from tests.torture.ground import Ground, unharmed
from tests.torture.people import Person, together, words
from tests.torture.scale import sizes

CROWD = 40
LIVE = """SELECT count(*) FROM booking_seat JOIN seat ON seat.id = seat_id
          WHERE showtime_id = :showing AND name = :name AND released_at IS NULL"""

DOUBLE = """SELECT count(*) FROM (SELECT seat_id FROM booking_seat WHERE released_at IS NULL
            GROUP BY showtime_id, seat_id HAVING count(*) > 1) AS double"""


@sizes(6, 200)
def test_of_forty_who_press_hold_on_one_seat_one_has_it_and_the_others_are_told(
    ground: Ground, size: int, figures: dict[str, object]
) -> None:
    house = ground.house().open()
    crowd = [Person(house) for _ in range(CROWD)]
    seats = ground.seats()
    for person in crowd:
        person.looks_at_seats(next(seats)[0])
    slowest, winners = 0.0, set()
    for _ in range(size):
        showing, name = next(seats)
        answers = together([person.about_to_hold(showing, name) for person in crowd])
        told_kindly(answers, name)
        assert ground.ask(LIVE, showing=showing, name=name) == [1]
        slowest = max(slowest, *(answer.elapsed.total_seconds() for answer in answers))
        winners |= {place for place, answer in enumerate(answers) if answer.status_code == 303}
    unharmed(house)
    twice = ground.ask(DOUBLE)[0]
    assert twice == 0
    figures.update(
        {"presses": size * CROWD, "seats given twice": twice, "different winners": len(winners),
         "slowest answer": f"{slowest * 1000:.0f} ms"})  # fmt: skip


def told_kindly(answers: list[requests.Response], name: str) -> None:
    """One goes on to the checkout; each of the others reads which seat is gone."""
    assert Counter(answer.status_code for answer in answers) == {303: 1, 409: CROWD - 1}
    for answer in answers:
        if answer.status_code == 409:
            assert f"{name} was taken a moment ago." in words(answer.text)
