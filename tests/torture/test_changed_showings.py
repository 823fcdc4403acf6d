"""A sold-out showing is moved and another called off, with SIGKILLs meanwhile: each guest is told once."""

import itertools
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from functools import partial

from sqlalchemy import select

from bookingapp import clock
from bookingapp.catalogue.models import (
    PriceCard,
    Screen,
    Seat,
    SeatCategory,
    SeatPlan,
    Showtime,
    ShowtimeState,
)
from bookingapp.db import transaction
from tests.house import House, wait_for
from tests.torture.ground import Ground, at_once, unharmed
from tests.torture.letterbox import IN_DOUBT, Postbox, by_id, copies_are_alike, settle
from tests.torture.people import Manager, Person, hidden, together
from tests.torture.scale import sizes
from tests.torture.test_kill_storm import pass_by

ZONE = "Asia/Kolkata"
WIDE = 20
AT_ONCE = 3
A_BOOKING = 0.03
BEFORE_THEM = """SELECT count(*) FROM outbox_message m WHERE due_at IS NOT NULL AND NOT uncertain
    AND NOT EXISTS (SELECT 1 FROM outbox_message e WHERE e.booking_id = m.booking_id AND e.uncertain
    AND e.due_at IS NOT NULL)"""
LEFT = "changed_booking WHERE outcome = 'waiting'"
REFUNDS = "SELECT coalesce(sum(amount), 0) FROM refund WHERE state = 'processed'"
SEATED = """SELECT count(DISTINCT seat_id) FROM booking_seat
            WHERE showtime_id = :showing AND released_at IS NULL AND booking_id IS NOT NULL"""
VALID = """SELECT count(*) FROM ticket JOIN booking ON booking.id = ticket.booking_id
           WHERE booking.showtime_id = :showing AND ticket.state = 'valid'"""


@sizes(6, 300, small_on=["sqlite"])
def test_a_full_showing_moved_and_one_called_off_with_kills_in_between_tell_everybody_once(
    ground: Ground, size: int, postbox: Postbox, figures: dict[str, object]
) -> None:
    house = ground.house(postbox.port).open()
    big, other = hall(ground, "Arena", size), hall(ground, "Tent", size, named_alike=size * 3 // 4)
    moving, off = showing(ground, big, 30), showing(ground, big, 40)
    moved, cancelled = audience(house, moving, size), audience(house, off, size)
    settle(ground, house)
    manager = Manager(house)
    manager.signs_in()
    move(manager, ground, moving, other)
    kills = killed_meanwhile(house, ground, 1 if size < 50 else 12)
    call_off(manager, off)
    kills += killed_meanwhile(house, ground, 1 if size < 50 else 12)
    wait_for(lambda: not ground.count("showing_change WHERE finished_at IS NULL"), "end", 120)
    owed = ground.ask("SELECT sum(total) FROM booking WHERE showtime_id = :off", off=off)[0]
    wait_for(lambda: ground.ask(REFUNDS) == [owed], "money back", 600)
    doubtful = ask_again(ground, house) | settle(ground, house, 600)
    unharmed(house)
    [new] = ground.ask("SELECT to_showtime_id FROM showing_change WHERE kind = 'move'")
    assert ground.ask(SEATED, showing=new) == ground.ask(VALID, showing=new) == [size]
    assert ground.ask(SEATED, showing=moving) == ground.ask(SEATED, showing=off) == [0]
    assert ground.ask("SELECT state FROM showtime WHERE id = :new", new=new) == ["on_sale"]
    letters = by_id(postbox.contents)
    assert copies_are_alike(letters) <= len(doubtful)
    told = kinds(letters)
    for person in moved:
        assert told[person.email] == Counter(["booking_confirmation", "showtime_moved"])
    for person in cancelled:
        assert told[person.email] == Counter(
            ["booking_confirmation", "booking_cancellation", "payment_refund"]
        )
    assert f"Moved {size}" in manager.reads(f"/office/showings/{moving}")
    assert f"Cancelled {size}" in manager.reads(f"/office/showings/{off}")
    figures.update(
        {"bookings moved": size, "cancelled": size, "kills": kills, "mails": len(letters),
         "duplicates": copies_are_alike(letters), "given back": f"{owed / 100:.2f}"})  # fmt: skip


def ask_again(ground: Ground, house: House) -> set[str]:
    """Letters a crash left in doubt, sent at once: a later letter of their booking waits behind them."""
    wait_for(lambda: ground.ask(BEFORE_THEM) == [0], "mails", 600)
    doubtful = ground.ask(IN_DOUBT)
    if doubtful:
        house.flask("outbox", "retry", *(public_id for public_id, _ in doubtful))
    return {message_id for _, message_id in doubtful}


def hall(ground: Ground, name: str, size: int, named_alike: int | None = None) -> int:
    """The id of a new hall with a fifth more seats than guests; some named as in the other hall."""
    room = size + size // 5 + WIDE
    alike = room if named_alike is None else named_alike
    with ground._app.app_context(), transaction() as session:
        category = session.scalars(select(SeatCategory).order_by(SeatCategory.id)).first()
        assert category is not None
        screen = Screen(theater_id=category.theater_id, name=name)
        session.add(screen)
        session.flush()
        plan = SeatPlan(screen_id=screen.id, version=1, published_at=clock.now())
        session.add(plan)
        session.flush()
        session.add_all(
            Seat(
                seat_plan_id=plan.id, category_id=category.id, row=f"{'R' if n < alike else 'X'}{n // WIDE}",
                number=n % WIDE + 1, name=f"{'R' if n < alike else 'X'}{n // WIDE}-{n % WIDE + 1}",
                x=2 * (n % WIDE), y=2 * (n // WIDE),
            )
            for n in range(room)
        )  # fmt: skip
        return screen.id


def showing(ground: Ground, screen: int, hours: float) -> int:
    """The id of a showing on sale there, so many hours from now."""
    at = clock.now().replace(second=0, microsecond=0) + timedelta(hours=hours)
    with ground._app.app_context(), transaction() as session:
        plan = session.scalars(select(SeatPlan.id).where(SeatPlan.screen_id == screen)).one()
        like = session.scalars(select(Showtime).order_by(Showtime.id)).first()
        card = session.scalars(select(PriceCard.id).order_by(PriceCard.id)).first()
        assert like is not None
        row = Showtime(
            movie_id=like.movie_id, seat_plan_id=plan, price_card_id=card or 0, starts_at=at,
            ends_at=at + timedelta(hours=2), state=ShowtimeState.ON_SALE,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def audience(house: House, of: int, size: int) -> list[Person]:
    """So many guests, each with a seat that is paid; some at once."""
    people = [Person(house) for _ in range(size)]
    seats = (f"R{n // WIDE}-{n % WIDE + 1}" for n in itertools.count())
    deeds = [partial(buy, person, of, name) for person, name in zip(people, seats, strict=False)]
    for start in range(0, size, AT_ONCE):
        together(deeds[start : start + AT_ONCE])
    return people


def buy(person: Person, of: int, seat: str) -> None:
    """And leave: browsers that stay would fill the gateway's lines, a hundred at most."""
    person.buys(of, seat)
    person.browser.close()


def move(manager: Manager, ground: Ground, of: int, screen: int) -> None:
    """To another hall an hour later, as the office does it: look, then press."""
    asked = ground.ask("SELECT starts_at FROM showtime WHERE id = :of", of=of)[0]
    at = datetime.fromisoformat(asked) if isinstance(asked, str) else asked
    wall = clock.local(
        at.replace(tzinfo=at.tzinfo or clock.now().tzinfo) + timedelta(hours=1), ZONE
    )
    page = manager.see(
        f"/office/showings/{of}/move?day={wall.date()}&time={wall:%H:%M}&screen={screen}"
        "&words=The+roof+leaks."
    )
    assert "find no seat" not in page
    press(manager, f"/office/showings/{of}/move", dict(hidden(page)))


def call_off(manager: Manager, of: int) -> None:
    """With a reason."""
    page = manager.see(f"/office/showings/{of}/cancel")
    press(manager, f"/office/showings/{of}/cancel", {**dict(hidden(page)), "words": "No power."})


def press(manager: Manager, path: str, fields: dict[str, str]) -> None:
    """A button of the office; a page answers where to look on."""
    answer = manager.browser.post(
        manager.house.url + path, fields, allow_redirects=False, timeout=120
    )
    assert answer.status_code == 303, answer.text[:2000]


def killed_meanwhile(house: House, ground: Ground, kills: int) -> int:
    """SIGKILL at random moments while bookings are settled, a new start each time. How often it hit."""
    hit = 0
    for left in shares(ground.count(LEFT), kills):
        at_once(lambda left=left: ground.count(LEFT) <= left, "progress", 120)  # type: ignore[misc]
        pass_by(random.random() * A_BOOKING)
        hit += ground.count(LEFT) > 0
        house.kill()
        house.open()
    at_once(lambda: not ground.count(LEFT), "end of the change", 300)
    return hit


def shares(whole: int, parts: int) -> Iterator[int]:
    """How many are left when the next kill comes."""
    return (whole * (parts - n) // (parts + 1) for n in range(parts))


def kinds(letters: dict[str, list[bytes]]) -> dict[str, Counter[str]]:
    """Recipient to the kinds of letters, each Message-ID once."""
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for message_id, copies in letters.items():
        head = message_from_bytes(copies[0], policy=policy.default)
        found = re.match(r"<(\w+)\.", message_id)
        assert found, message_id
        told[str(head["To"])][found[1]] += 1
    return told
