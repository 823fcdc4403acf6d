"""Two halls, drawn as text and read into seats.

Two signs are one place: `##` a seat, `wc` room for a wheelchair, `+1` the companion's seat beside it,
`==` a place on a sofa. A dot is half a seat's width of floor, an empty line a cross aisle. Rows I and
O are left out, as in real halls, because they look like 1 and 0 on a ticket.
"""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["standard", "wheelchair", "companion"]

KINDS: dict[str, Kind] = {"##": "standard", "==": "standard", "wc": "wheelchair", "+1": "companion"}
ROW_DEPTH = CROSS_AISLE = 2  # in half seats
PLACE_OR_FLOOR = re.compile(r"##|==|wc|\+1|\.")

HALL_1 = """
Front     A  ....########..########....
Front     B  ..##########..##########..
Front     C  ############..############

Stalls    D  wc+1########..########+1wc
Stalls    E  ############..############
Stalls    F  ############..############
Stalls    G  ############..############
Stalls    H  ############..############
Stalls    J  ############..############
Stalls    K  ..##########..##########..

Balcony   L  ..##########..##########..
Balcony   M  ############..############
Balcony   N  ############..############
Balcony   P  ..######################..
"""

STUDIO = """
Studio    A  ....##############...
Studio    B  ...################..
Studio    C  ..##################.
Studio    D  ...################..
Studio    E  ..##################.
Studio    F  ...wc+1############..

Box       G  ..====.====.====.====
"""


@dataclass(frozen=True)
class SeatDraft:
    """A place on a plan; x and y are half seats, and it spans x and x + 1."""

    row: str
    number: int
    x: int
    y: int
    category: str
    kind: Kind

    @property
    def name(self) -> str:
        """What stands on the ticket."""
        return f"{self.row}{self.number}"


@dataclass(frozen=True)
class Hall:
    """A screen's name and its places."""

    name: str
    seats: tuple[SeatDraft, ...]


def read(drawing: str) -> tuple[SeatDraft, ...]:
    """The seats of a drawing, from the screen to the back and from left to right."""
    seats: list[SeatDraft] = []
    y = 0
    for line in drawing.strip("\n").splitlines():
        if not line.strip():
            y += CROSS_AISLE
            continue
        category, row, places = line.split()
        seats.extend(_read_row(category, row, places, y))
        y += ROW_DEPTH
    return tuple(seats)


def _read_row(category: str, row: str, places: str, y: int) -> list[SeatDraft]:
    """One line's seats. Raises ValueError at a sign that is neither a place nor floor."""
    signs = PLACE_OR_FLOOR.findall(places)
    if "".join(signs) != places:
        raise ValueError(f"row {row} can't be read: {places}")
    seats: list[SeatDraft] = []
    x = 0
    for sign in signs:
        if sign in KINDS:
            seats.append(SeatDraft(row, len(seats) + 1, x, y, category, KINDS[sign]))
        x += len(sign)
    return seats


HALLS = (Hall("Hall 1", read(HALL_1)), Hall("Studio", read(STUDIO)))
