"""Many want the same at the same moment. The database has the last word, and nobody sees a crash."""

import logging
import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask

from bookingapp.booking.models import Booking
from bookingapp.db import db
from tests.booking.guests import Guest, guest, let_lapse, live_claims
from tests.factories import Cinema

CROWD = 40


def at_once(deeds: list[Callable[[], int]]) -> list[int]:
    """Do all of these in threads that start at one moment; their answers in order."""
    gate = threading.Barrier(len(deeds))
    answers = [0] * len(deeds)

    def one(place: int) -> None:
        gate.wait(30)
        answers[place] = deeds[place]()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def press(person: Guest, showtime: int, *seats: str) -> Callable[[], int]:
    return lambda: person.hold(showtime, *seats).status_code


@pytest.mark.settings(limit_holds_per_address=1000)
def test_of_forty_who_press_hold_on_one_seat_one_has_it(
    app: Flask, cinema: Cinema, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        showtime = cinema.showtime()
        crowd = [guest(app) for _ in range(CROWD)]
        answers = at_once([press(person, showtime, "C3") for person in crowd])
        assert Counter(answers) == {303: 1, 409: CROWD - 1}
        assert list(live_claims(showtime)) == ["C3"]
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []


@pytest.mark.settings(limit_holds_per_address=1000)
def test_whoever_shares_a_seat_with_a_neighbour_has_all_or_nothing(
    app: Flask, cinema: Cinema
) -> None:
    showtime = cinema.showtime()
    row = [f"C{n}" for n in range(1, 7)]
    pairs = [[row[i], row[i + 1]] for i in range(5)] * 4
    # half of them name their seats the other way round: a ring of waiting if order did not matter
    deeds = [
        press(guest(app), showtime, *(pair if n % 2 else reversed(pair)))
        for n, pair in enumerate(pairs)
    ]
    answers = at_once(deeds)
    assert set(answers) <= {303, 409}
    held = Counter(live_claims(showtime).values())
    assert held
    assert set(held.values()) == {2}
    assert len(held) == answers.count(303)


@pytest.mark.settings(limit_holds_per_address=1000)
def test_many_want_the_seats_of_a_lapsed_hold(app: Flask, cinema: Cinema) -> None:
    showtime = cinema.showtime()
    late = guest(app)
    late.hold(showtime, "C1", "C2", "C3")
    let_lapse(late.token)
    crowd = [press(guest(app), showtime, f"C{1 + n % 3}") for n in range(15)]
    assert Counter(at_once(crowd)) == {303: 3, 409: 12}


def same_browser(app: Flask, showtime: int, tabs: int) -> list[Guest]:
    """Tabs of one browser: they send the same session cookie."""
    first = guest(app)
    first.hold(showtime, "A1")
    first.client.post(f"/b/{first.token}/release")
    cookie = first.client.get_cookie("matinee")
    assert cookie is not None
    found = [guest(app) for _ in range(tabs)]
    for tab in found:
        tab.client.set_cookie("matinee", cookie.value)
    return found


def test_a_finger_that_slips_books_once(app: Flask, cinema: Cinema) -> None:
    for _ in range(5):
        showtime = cinema.showtime()
        tabs = same_browser(app, showtime, 8)
        assert at_once([press(tab, showtime, "C3", "C4") for tab in tabs]) == [303] * 8
        assert len({tab.token for tab in tabs}) == 1
        tabs[0].client.post(f"/b/{tabs[0].token}/release")


def test_two_tabs_with_other_seats_leave_one_hold(app: Flask, cinema: Cinema) -> None:
    showtime = cinema.showtime()
    tabs = same_browser(app, showtime, 6)
    answers = at_once([press(tab, showtime, f"C{n}") for n, tab in enumerate(tabs, 1)])
    assert set(answers) <= {303, 409}
    db.session.rollback()
    assert db.session.query(Booking).filter(Booking.hold_expires_at.is_not(None)).count() == 1
    assert len(live_claims(showtime)) == 1
