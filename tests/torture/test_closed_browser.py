"""The browser is closed at the gateway after the money went: nobody comes back, and all get tickets."""

import time

from tests.house import wait_for
from tests.torture.ground import Ground, unharmed
from tests.torture.letterbox import Postbox, by_id
from tests.torture.people import Person
from tests.torture.scale import sizes

A_MINUTE = 60
# Instants are the house's own: paid at the gateway is what we noted, sent is the row's.
GONE = """SELECT outbox_message.sent_at FROM outbox_message JOIN booking ON booking.id = booking_id
          WHERE manage_token = :token AND booking.state = 'confirmed' AND kind = 'booking_confirmation'
          AND outbox_message.state = 'sent'"""


# With a real browser this is walked on SQLite by tests/journey.
@sizes(2, 10, small_on=["postgresql"])
def test_browser_closed_after_paying_is_confirmed_and_mailed_within_a_minute(
    ground: Ground, size: int, postbox: Postbox, figures: dict[str, object]
) -> None:
    house = ground.house(postbox.port).open()
    people, paid_at, took = [Person(house) for _ in range(size)], {}, {}
    seats = ground.seats()
    for person in people:
        person.goes_to_the_gateway(*next(seats))
        person.pays("silent")
        paid_at[person.token] = time.monotonic()

    def all_have_mail() -> bool:
        for token, paid in paid_at.items():
            if token not in took and ground.ask(GONE, token=token):
                took[token] = time.monotonic() - paid
        return len(took) == size

    wait_for(all_have_mail, "mail for everybody", 3 * A_MINUTE)
    unharmed(house)
    assert max(took.values()) <= A_MINUTE
    assert [len(copies) for copies in by_id(postbox.contents).values()] == [1] * size
    assert all(person.has_a_ticket() for person in people)
    figures.update({"mailed": len(took), "slowest": f"{max(took.values()):.0f} s"})
