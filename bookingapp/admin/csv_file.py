"""A table as a file for a spreadsheet: UTF-8 with its mark, streamed, and no cell that calculates.

Names and notes come from anybody. A cell that begins as a formula would be one on the manager's desk,
so a sign before it makes it text again.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

FORMULA = re.compile(r"\s*[=+\-@]|[\t\r\n]")
# what is typed into a telephone is no formula, and is to be dialled
PHONE = re.compile(r"\+[\d\s().\-/]+")


def answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The download. Texts are made harmless; numbers stay numbers."""
    made = Response(stream_with_context(_lines(head, rows)), content_type="text/csv; charset=utf-8")
    made.headers.set("Content-Disposition", "attachment", filename=name)
    return made


def cell(value: object) -> object:
    """A value as a cell says it."""
    if isinstance(value, str) and FORMULA.match(value) and not PHONE.fullmatch(value):
        return f"'{value}"
    return "" if value is None else value


def _lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow(head)
    for row in rows:
        writer.writerow([cell(value) for value in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()
