"""Play a case, look at it as staff will, and compare with what it has to come to."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bookingapp.drill.cases import Case, weather
from bookingapp.drill.house import DrillError, DrillHouse
from bookingapp.drill.people import Customer, Manager

# A refund's turn comes every fifteen seconds, and its letter after that.
LONGEST = 60.0
BOOKING = "SELECT number, state FROM booking WHERE manage_token = ?"
MAILS = """SELECT m.kind FROM outbox_message m JOIN booking b ON b.id = m.booking_id
    WHERE b.manage_token = ? AND m.state <> 'cancelled' ORDER BY m.id"""


@dataclass(frozen=True)
class Seen:
    """One case as it went. `wrong`: what differs from the expectation."""

    case: str
    title: str
    booking: str
    state: str
    customer: list[str]
    mails: list[str]
    money_page: str
    office: list[str]
    wrong: list[str]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def play(house: DrillHouse, manager: Manager, case: Case) -> Seen:
    """One case from fine weather to fine weather."""
    customer = Customer(house)
    weather(house, "/fine")
    try:
        told = case.play(customer, manager)
    except DrillError as error:
        weather(house, "/fine")
        return Seen(case.name, case.title, "", "", [], [], "", [], [str(error)])
    deadline = time.monotonic() + LONGEST
    seen = _look(manager, customer, case, told)
    while seen.wrong and time.monotonic() < deadline:
        time.sleep(1)
        seen = _look(manager, customer, case, told)
    weather(house, "/fine")
    return seen


def _look(manager: Manager, customer: Customer, case: Case, told: list[str]) -> Seen:
    house, token = customer.house, customer.token
    ((number, state),) = house.rows(BOOKING, token)
    seen = Seen(
        case.name, case.title, number, state,
        [*told, customer.looks()],
        [kind for (kind,) in house.rows(MAILS, token)],
        manager.money_says(number),
        manager.booking_says(number),
        [],
    )  # fmt: skip
    seen.wrong.extend(_differences(case, seen))
    return seen


def _differences(case: Case, seen: Seen) -> Iterator[str]:
    """In words."""
    if not any(case.sees in part for part in seen.customer):
        yield f"the customer should read “{case.sees}”"
    if not any(case.warned in part for part in seen.customer):
        yield f"the office should read “{case.warned}” meanwhile"
    if seen.state != case.booking:
        yield f"the booking should be {case.booking}"
    if sorted(seen.mails) != sorted(case.mails):
        yield f"the mails should be {', '.join(case.mails) or 'none'}"
    if bool(case.money) != bool(seen.money_page) or case.money not in seen.money_page:
        yield f"the money page should say {case.money or 'nothing'}"
    if not any(case.office in part for part in seen.office or [""]):
        yield f"the office should read “{case.office}”"
