"""The gateway's settlement report as a CSV file somebody sends: bytes to lines, or a refusal that names the place.

Each line becomes what the API would have told, so that from here on both go the same way.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from bookingapp.payments import settlement_file_rules as rules
from bookingapp.payments.answers import ReportLine
from bookingapp.payments.settlement_file_rules import WITHOUT_TAX
from bookingapp.payments.settlement_rules import ZONE

# A month of a busy house. They are written in one transaction, and on SQLite a buyer waits for its second.
MOST_LINES = 10_000
MOST_SAID = 40
Value = TypeVar("Value")


@dataclass(frozen=True)
class FileLine:
    """A line of the file by its number. `day`: when it was paid out, or came to be; None if the file is silent."""

    number: int
    line: ReportLine
    day: date | None


@dataclass(frozen=True)
class Report:
    """What a file says. `sums`: lines passed over, since they only add up others."""

    lines: list[FileLine]
    sums: int


@dataclass(frozen=True)
class _Row:
    """A line's cells by column. `names`: what the file calls the columns."""

    number: int
    cells: dict[str, str]
    names: dict[str, str]

    def read(
        self, column: str, reader: Callable[[str], Value | None], no: type[rules.ReportCellOdd]
    ) -> Value:
        """A cell's value. Raises `no`, naming the place."""
        text = self.cells.get(column, "")
        value = reader(text)
        if value is None:
            said = "".join(letter for letter in text if letter.isprintable())[:MOST_SAID]
            raise no(line=self.number, column=self.names.get(column, column), said=said)
        return value

    def day(self, column: str) -> datetime | None:
        """A day, if one is given."""
        if not self.cells.get(column):
            return None
        return self.read(column, rules.one_day, rules.ReportCellNoDay)


def read(data: bytes) -> Report:
    """Every line of a report. Raises a refusal at the first that can't be read."""
    rows = _rows(_text(data))
    _number, head = next(rows, (1, []))
    places = rules.columns(head)
    names = {column: head[place] for column, place in places.items()}
    lines, sums = list[FileLine](), 0
    for number, cells in rows:
        if len(cells) < len(head) or any(cells[len(head) :]):
            raise rules.ReportRowBroken(line=number)
        row = _Row(number, {column: cells[place] for column, place in places.items()}, names)
        if row.cells["type"].lower() == rules.SUM_OF_OTHERS:
            sums += 1
            continue
        if len(lines) == MOST_LINES:
            raise rules.ReportTooLong(most=MOST_LINES)
        lines.append(_line(row))
    if not lines:
        raise rules.ReportEmpty
    return Report(lines, sums)


def _text(data: bytes) -> str:
    if not data:
        raise rules.ReportMissing
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise rules.ReportNoText from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that say something, each with the number of the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            raise rules.ReportRowBroken(line=number) from None
        if any(cells):
            yield number, cells


def _line(row: _Row) -> FileLine:
    currency = row.read("currency", rules.one_currency, rules.ReportCellOdd)
    sums = {
        name: row.read(name, lambda text: rules.one_sum(text, currency), rules.ReportCellNoSum)
        for name in ("amount", "credit", "debit", "tax", "fee", WITHOUT_TAX)
        if name in row.cells
    }
    fee = sums.pop("fee", 0) + (sums["tax"] + sums.pop(WITHOUT_TAX) if WITHOUT_TAX in sums else 0)
    created, settled = row.day("created_at"), row.day("settled_at")
    told = row.cells | sums | {
        "entity_id": row.read("entity_id", rules.one_id, rules.ReportCellOdd),
        "settlement_id": row.cells["settlement_id"]
        and row.read("settlement_id", rules.one_id, rules.ReportCellOdd),
        "type": row.read("type", rules.one_kind, rules.ReportCellOdd),
        "fee": fee,
        "settled_at": int(settled.timestamp()) if settled else None,
    }  # fmt: skip
    at = settled or created
    return FileLine(row.number, ReportLine.read(told), at.astimezone(ZONE).date() if at else None)
