"""A showing as a stub to tear off, and what to say when one is full."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bookingapp.booking import queries as booking
from bookingapp.catalogue import rules
from bookingapp.catalogue.programme import Showing
from bookingapp.catalogue.rules import Sale


class Stub(NamedTuple):
    """`state`: open, few, sold_out, started, off_sale or cancelled."""

    showing: Showing
    state: str
    free: int

    @property
    def sells(self) -> bool:
        """Whether there are seats to be had."""
        return self.state in {"open", "few"}


class Instead(NamedTuple):
    """Showings that are full, and the one to take instead; None when there is none."""

    full: tuple[Stub, ...]
    stub: Stub | None


def stub(showing: Showing, free: int, now: datetime) -> Stub:
    """How a showing stands in the programme."""
    verdict = sale(showing, now)
    if verdict is Sale.STARTED or verdict is Sale.CANCELLED:
        return Stub(showing, verdict.value, free)
    if verdict is not Sale.OPEN:
        return Stub(showing, "off_sale", free)
    if free == 0:
        return Stub(showing, "sold_out", 0)
    return Stub(showing, "few" if rules.few_left(free, showing.capacity) else "open", free)


def sale(showing: Showing, now: datetime) -> Sale:
    """Whether a showing sells just now."""
    return rules.sale(
        showing.state, showing.starts_at, showing.on_sale_from, showing.on_sale_until, now
    )


def free_of(showings: Iterable[Showing]) -> dict[int, int]:
    """How many seats each has left, by its id."""
    return booking.free_counts({showing.id: showing.capacity for showing in showings})


def stubs(showings: Iterable[Showing], free: Mapping[int, int], now: datetime) -> list[Stub]:
    """Stubs in the order of the showings; `free` names the seats left of each."""
    return [stub(showing, free.get(showing.id, 0), now) for showing in showings]


def instead(of_day: Sequence[Stub], later: Iterable[Stub] = ()) -> Instead | None:
    """For the full ones of a day the next with seats, else the one before, else another day's."""
    full = tuple(stub for stub in of_day if stub.state == "sold_out")
    if not full:
        return None
    open_ = [stub for stub in of_day if stub.sells]
    after = [stub for stub in open_ if stub.showing.starts_at > full[0].showing.starts_at]
    others = [*after[:1], *open_[-1:], *(stub for stub in later if stub.sells)]
    return Instead(full, others[0] if others else None)
