"""How a plan of any shape stands on the page's grid of half seats. Pure: places in, rows out.

Columns are counted from 1. Consecutive rows of one category form a block with one heading; a seat of
another category in such a row keeps its own look. The row's letter stands in the aisle nearest the
middle, or else at the row's edge.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple, TypeVar

from bookingapp.catalogue.plans import Place

SEAT = 2  # half columns a seat is wide, half rows it is deep
Word = TypeVar("Word", int, str)
NARROWEST, WIDEST = 8, 80  # the stylesheet's classes w8 to w80


class Row(NamedTuple):
    """A row of seats with the half columns they start at. `letter_at` None: outside, at the edge."""

    name: str
    letter_at: int | None
    gap: bool
    seats: tuple[tuple[Place, int], ...]


class Block(NamedTuple):
    """Rows under one heading."""

    category_id: int
    rows: tuple[Row, ...]


class Layout(NamedTuple):
    """A whole plan, `columns` half seats wide."""

    columns: int
    blocks: tuple[Block, ...]


def lay_out(places: Sequence[Place]) -> Layout:
    """The plan on its grid. Places come in order of y, then x."""
    lines = [tuple(line) for _, line in groupby(places, key=lambda place: place.y)]
    if not lines:
        return Layout(NARROWEST, ())
    right = max(place.x for place in places) + SEAT
    first = min(place.x for place in places)
    letters = [_letter(line, first, right) for line in lines]
    shown = [at for at in letters if at is not None]
    left = min([first, *shown])
    blocks: list[tuple[int, list[Row]]] = []
    above = lines[0][0].y
    for line, letter in zip(lines, letters, strict=True):
        category = _most(place.category_id for place in line)
        if not blocks or blocks[-1][0] != category:
            blocks.append((category, []))
        rows = blocks[-1][1]
        rows.append(_row(line, letter, left, gap=bool(rows) and line[0].y - above > SEAT))
        above = line[0].y
    width = max([right, *(at + SEAT for at in shown)]) - left
    return Layout(
        min(max(width, NARROWEST), WIDEST), tuple(Block(c, tuple(rows)) for c, rows in blocks)
    )


def _row(line: tuple[Place, ...], letter: int | None, left: int, *, gap: bool) -> Row:
    return Row(
        name=_most(place.row for place in line),
        letter_at=None if letter is None else letter - left + 1,
        gap=gap,
        seats=tuple((place, place.x - left + 1) for place in line),
    )


def _letter(line: Sequence[Place], first: int, right: int) -> int | None:
    """Where a row's letter begins: in an aisle as wide as a seat, else beside the row, else None."""
    aisles = [
        (one.x + other.x) // 2 for one, other in pairwise(line) if other.x - one.x >= 2 * SEAT
    ]
    if aisles:
        return min(aisles, key=lambda at: abs(2 * at + SEAT - first - right))
    if line[0].x >= SEAT:
        return line[0].x - SEAT
    return line[-1].x + SEAT if line[-1].x + 2 * SEAT <= right else None


def _most(values: Iterable[Word]) -> Word:
    """What stands there most often; the first of equals."""
    return Counter(values).most_common(1)[0][0]
