"""A second start, and two processes on one database: nothing is lost, nobody gets a mail twice."""

from collections import Counter

from tests.house import House, wait_for
from tests.torture.ground import Ground, unharmed
from tests.torture.letterbox import Postbox, by_id, copies_are_alike, settle
from tests.torture.people import Manager, Person
from tests.torture.scale import sizes

TABLES = (
    "movie",
    "showtime",
    "booking",
    "booking_seat",
    "payment",
    "ticket",
    "outbox_message",
    "user",
)


@sizes(1, 5, small_on=["sqlite"])
def test_second_start_keeps_the_data(ground: Ground, size: int, figures: dict[str, object]) -> None:
    house = ground.house().open()
    person, manager = Person(house), Manager(house)
    person.buys(*next(ground.seats()))
    wait_for(house.mails, "mail", 60)
    manager.signs_in()
    before = amounts(ground)
    for _ in range(size):
        assert house.close() == 0
        # what `make run` does
        house.flask("db", "upgrade")
        told = house.flask("demo")
        assert (house.instance / "demo-login.txt").read_text().split()[1] in told
        house.open()
        assert amounts(ground) == before
        assert person.has_a_ticket()
        # the sessions outlive it too
        assert person.email in manager.reads("/office/outbox")
    unharmed(house)
    assert len(house.mails()) == 1
    figures.update({"starts": size + 1, "rows kept": sum(before.values())})


# The lock file is for SQLite alone; on PostgreSQL all send, which the next test shows.
@sizes(200, 2000, small_on=["sqlite"], full_on=["sqlite"])
def test_of_two_processes_on_sqlite_one_sends_and_the_other_takes_over(
    ground: Ground, size: int, postbox: Postbox, figures: dict[str, object]
) -> None:
    houses = two_houses(ground, postbox)
    owed = set(ground.owe(size))
    wait_for(lambda: len(postbox.received) > size // 4, "mails", 120)
    pid = int((ground.instance / "outbox.lock").read_text())
    [sender] = [
        name for name, house in houses.items() if house.process and house.process.pid == pid
    ]
    [survivor] = set(houses) - {sender}
    assert set(postbox.greetings) == {sender}
    houses[sender].kill()
    by_sender = len(postbox.received)
    doubtful = settle(ground, houses[survivor], 240)
    letters = by_id(postbox.contents)
    assert set(letters) == owed
    assert set(postbox.greetings[by_sender:]) == {survivor}
    assert {one for one, copies in letters.items() if len(copies) > 1} <= doubtful
    unharmed(houses[survivor])
    figures.update(
        {"mails": len(letters), "by the first": by_sender, "lost": len(owed - set(letters)),
         "duplicates": copies_are_alike(letters), "left at the dot": len(doubtful)})  # fmt: skip


# On SQLite only one process sends; the test above shows it.
@sizes(200, 2000, small_on=["postgresql"], full_on=["postgresql"])
def test_two_processes_on_postgresql_share_the_mails_and_none_goes_twice(
    ground: Ground, size: int, postbox: Postbox, figures: dict[str, object]
) -> None:
    houses = two_houses(ground, postbox)
    owed = set(ground.owe(size))
    wait_for(lambda: not ground.unsettled(), "end of the sending", 240)
    letters = by_id(postbox.contents)
    for house in houses.values():
        unharmed(house)
    shares = Counter(postbox.greetings)
    assert set(letters) == owed
    assert copies_are_alike(letters) == 0
    assert set(shares) == set(houses)
    figures.update(
        {"mails": len(letters), "duplicates": copies_are_alike(letters),
         "lost": len(owed - set(letters)), "shares": " and ".join(map(str, shares.values()))})  # fmt: skip


def two_houses(ground: Ground, postbox: Postbox) -> dict[str, House]:
    """Two open processes on one database, by the names they greet mail servers with."""
    # small claims, so that both find work
    return {
        name: ground.house(postbox.port, public_url=f"http://{name}", outbox_batch="10").open()
        for name in ("first.test", "second.test")
    }


def amounts(ground: Ground) -> dict[str, int]:
    """How much there is of everything."""
    return {table: ground.count(f'"{table}"') for table in TABLES}
