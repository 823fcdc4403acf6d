"""The mail server refuses, hangs or drops. Buyers don't feel it, the manager sees it, mail goes later."""

import itertools
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.house import wait_for
from tests.mailservers import FaultyServer
from tests.torture.ground import Ground, Grounds, unharmed
from tests.torture.letterbox import Postbox
from tests.torture.people import Manager, Person
from tests.torture.scale import sizes

ROW = """SELECT outbox_message.state, attempts FROM outbox_message JOIN booking ON booking.id = booking_id
         WHERE manage_token = :token"""
BREAKER = "SELECT breaker FROM mail_transport"
RATIO, MORE_SECONDS = 1.5, 0.010
# How the server is sick, and the words the manager is to read.
SICK = {
    "refuses": ("421 4.3.2 We are closed for repairs", "421 4.3.2 We are closed for repairs"),
    "hangs": ("hang", "did not answer in 5 s"),
    "drops": ("drop", "the connection was closed"),
}
OUT_OF_ORDER = pytest.mark.parametrize("sickness", list(SICK))


@OUT_OF_ORDER
@sizes(1, 10, small_on=["sqlite"])
def test_sick_mail_server_delays_the_mail_burns_no_try_and_the_manager_reads_why(
    ground: Ground, size: int, sickness: str, faulty: FaultyServer, figures: dict[str, object]
) -> None:
    faulty.faults["CONNECT"], why = SICK[sickness]
    house = ground.house(faulty.port).open()
    people = [Person(house) for _ in range(size)]
    for person, (showing, seat) in zip(people, ground.seats(), strict=False):
        person.buys(showing, seat)
        assert person.has_a_ticket()
    wait_for(lambda: ground.ask(BREAKER) == ["open"], "open breaker", 120)
    manager = Manager(house)
    manager.signs_in()
    page = manager.reads("/office/outbox")
    assert why in page
    assert people[0].email in page
    assert {ground.ask(ROW, token=person.token)[0] for person in people} == {("queued", 0)}
    faulty.faults.clear()
    faulty.go_on.set()
    if size == 1:
        # who starts anew has mended something; by itself the house looks after a minute
        house.close()
        house.open()
    wait_for(lambda: not ground.unsettled(), "mail", 180)
    assert {ground.ask(ROW, token=person.token)[0] for person in people} == {("sent", 1)}
    assert (len(faulty.taken), ground.ask(BREAKER)) == (size, ["closed"])
    unharmed(house)
    figures.update(
        {"server": sickness, "mails": len(faulty.taken), "lost": size - len(faulty.taken)}
    )


@sizes(150, 150, small_on=[])
def test_confirming_request_does_not_feel_a_sick_mail_server(
    ground: Ground,
    size: int,
    grounds: Callable[[str], Grounds],
    servers: dict[str, int],
    figures: dict[str, object],
) -> None:
    more = grounds(ground.engine)
    houses = {name: more.make() for name in servers}
    took: dict[str, list[float]] = {name: [] for name in servers}
    tills = {name: till(houses[name], port) for name, port in servers.items()}
    for turn in range(size):
        # in turn, each time another one first: what else the machine does meets all alike
        for name in list(servers)[turn % len(servers) :] + list(servers)[: turn % len(servers)]:
            took[name].append(next(tills[name]))
    for name in servers:
        unharmed(houses[name].houses[0])
    p95 = {name: sorted(times)[int(len(times) * 0.95)] for name, times in took.items()}
    figures.update({f"p95 {name}": f"{seconds * 1000:.1f} ms" for name, seconds in p95.items()})
    bound = max(p95["healthy"] * RATIO, p95["healthy"] + MORE_SECONDS)
    assert {name for name, seconds in p95.items() if seconds > bound} == set()


def till(ground: Ground, port: int) -> Iterator[float]:
    """Each turn a purchase; how long the request took that confirmed it."""
    house = ground.house(port).open()
    for showing, seat in itertools.islice(ground.seats(), 1000):
        person = Person(house)
        person.goes_to_the_gateway(showing, seat)
        person.pays()
        yield person.comes_back()


@pytest.fixture
def servers(postbox: Postbox) -> Iterator[dict[str, int]]:
    """One healthy mail server and three sick ones, by their ports."""
    hanging, dropping = FaultyServer(), FaultyServer()
    hanging.faults["CONNECT"], dropping.faults["CONNECT"] = "hang", "drop"
    with socket.socket() as closed:
        # bound, and nobody listens: connections are refused
        closed.bind(("127.0.0.1", 0))
        refusing = int(closed.getsockname()[1])
        yield {"healthy": postbox.port, "refuses": refusing, "hangs": hanging.port,
               "drops": dropping.port}  # fmt: skip
    for server in (hanging, dropping):
        server.stop()
