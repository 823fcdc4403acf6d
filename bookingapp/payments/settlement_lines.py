"""Steps that write the gateway's lines down, whether its API told them or a file. Each takes the caller's session.

The API tells what is true now, so it brings a known line up to date. A file may be old: what it has and nobody
knew is written down, what contradicts is named and left as it was.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bookingapp.payments.answers import ReportLine
from bookingapp.payments.settlement_file import FileLine
from bookingapp.payments.settlement_models import SettlementLine
from bookingapp.payments.settlement_rules import today

CHUNK = 500
T = TypeVar("T")
# What of a line is compared, by the report's own column names. Either side may be silent about the later ones.
MONEY = {
    "type": "kind", "currency": "currency", "amount": "amount", "credit": "credit", "debit": "debit",
    "fee": "fee", "tax": "tax",
}  # fmt: skip
WORDS = {
    "settlement_utr": "utr", "payment_id": "payment_ref", "order_id": "order_ref", "order_receipt": "receipt",
}  # fmt: skip
Known = dict[str, dict[str, SettlementLine]]


@dataclass(frozen=True)
class Clash:
    """A cell of the file that says something else than was read before."""

    number: int
    line: ReportLine
    column: str
    told: object
    known: object


@dataclass(frozen=True)
class TakenIn:
    """What became of a file's lines. `new`: nobody knew them, or not that they were paid out."""

    lines: int
    new: int
    clashes: list[Clash]

    @property
    def differ(self) -> int:
        """Lines that contradict what was read before."""
        return len({clash.number for clash in self.clashes})


def keep(session: Session, day: date, lines: Sequence[ReportLine], now: datetime) -> None:
    """What the API told of a day; what is known is brought up to date, nothing is taken away."""
    for chunk in _chunks(sorted(lines, key=_place)):
        known = _known(session, chunk)
        for line in chunk:
            rows = known[line.entity_id]
            row = _row_of(rows, line)
            if row is None or not _older(line, row):
                _write(rows, line, row or _new(session, now), day)
        session.flush()


def take_in(session: Session, told: Sequence[FileLine], now: datetime) -> TakenIn:
    """What a file says and nobody knew."""
    new, clashes = 0, list[Clash]()
    for chunk in _chunks(sorted(told, key=lambda each: _place(each.line))):
        known = _known(session, [each.line for each in chunk])
        for each in chunk:
            rows = known[each.line.entity_id]
            row = _row_of(rows, each.line)
            if row is None or (each.line.settlement_id and not row.settlement_id):
                _write(rows, each.line, row or _new(session, now), each.day or today(now))
                new += 1
            elif not _older(each.line, row):
                clashes += _clashes(each, row)
        session.flush()
    return TakenIn(len(told), new, sorted(clashes, key=lambda clash: clash.number))


def _place(line: ReportLine) -> tuple[str, str]:
    """One order for all who write lines down, so that two of them never wait for each other."""
    return line.entity_id, line.settlement_id


def _chunks(lines: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(lines), CHUNK):
        yield lines[start : start + CHUNK]


def _known(session: Session, lines: Sequence[ReportLine]) -> Known:
    ids = [line.entity_id for line in lines]
    found: Known = defaultdict(dict)
    for row in session.scalars(select(SettlementLine).where(SettlementLine.entity_id.in_(ids))):
        found[row.entity_id][row.settlement_id] = row
    return found


def _row_of(rows: dict[str, SettlementLine], line: ReportLine) -> SettlementLine | None:
    """Where a line stands already; money on hold had no settlement yet, and its line is the same one."""
    if line.settlement_id:
        return rows.get(line.settlement_id) or rows.get("")
    return rows.get("") or next(iter(rows.values()), None)


def _older(line: ReportLine, row: SettlementLine) -> bool:
    """Whether a line tells of money on hold that is paid out by now."""
    return bool(row.settlement_id and not line.settlement_id)


def _new(session: Session, now: datetime) -> SettlementLine:
    row = SettlementLine(settlement_id="", noted_at=now, note="")
    session.add(row)
    return row


def _write(
    rows: dict[str, SettlementLine], line: ReportLine, row: SettlementLine, day: date
) -> None:
    rows.pop(row.settlement_id, None)
    for name, value in vars(line).items():
        setattr(row, name, value)
    row.day = day
    rows[line.settlement_id] = row


def _clashes(each: FileLine, row: SettlementLine) -> Iterator[Clash]:
    line = each.line
    for column, name in (MONEY | WORDS).items():
        told, known = getattr(line, name), getattr(row, name)
        if told != known and (column in MONEY or (told and known)):
            yield Clash(each.number, line, column, told, known)
    if line.settled_at and row.settled_at and today(line.settled_at) != today(row.settled_at):
        days = today(line.settled_at), today(row.settled_at)
        yield Clash(each.number, line, "settled_at", *days)
