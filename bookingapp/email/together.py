"""One commit for the marks of mails that are on their way at the same time: a group commit.

Who comes first writes for all who have come meanwhile, each waits until its own mark is durable. Nobody
waits for company: alone, it is a transaction like any other. Marks of one sort are written by one
statement for all of them.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy.exc import OperationalError

from bookingapp.db import DatabaseBusyError
from bookingapp.ready import Driver, brief

I = TypeVar("I")  # noqa: E741 (an item)
T = TypeVar("T")
# One answer for each item, in their order. A sort of marks is known by its function.
Write = Callable[[Driver, Sequence[I]], Sequence[T]]


class Apart(Exception):  # noqa: N818
    """The answer is not the same for all: each is to be asked alone."""


class _Mark:
    """One thing to write, and what came of it."""

    def __init__(self, write: Write[Any, Any], item: object) -> None:
        self.write, self.item = write, item
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None


_lock = threading.Lock()
_leading = threading.Lock()
_waiting: list[_Mark] = []


def together(write: Write[I, T], item: I) -> T:
    """`write` the item in a transaction, perhaps with others'. When it returns, that is durable.

    `write` may run twice: when another of the group fails, each gets a transaction of its own.
    """
    mark = _Mark(write, item)
    with _lock:
        _waiting.append(mark)
    with _leading:
        if not mark.done:
            _write(_group(mark))
    if mark.error is not None:
        raise mark.error
    return cast("T", mark.result)


def _group(mine: _Mark) -> list[_Mark]:
    """All who wait now. Mine is among them, unless who led before was torn away in the middle."""
    with _lock:
        group = list(_waiting)
        _waiting.clear()
    return group if mine in group else [*group, mine]


def _write(group: Sequence[_Mark]) -> None:
    """In one transaction. One by one if that fails, unless it is the database that has no time."""
    sorts: dict[Write[Any, Any], list[_Mark]] = {}
    for mark in group:
        sorts.setdefault(mark.write, []).append(mark)
    try:
        with brief() as driver:
            answers = [
                write(driver, [mark.item for mark in marks]) for write, marks in sorts.items()
            ]
    except Exception as error:  # noqa: BLE001 (whose fault it was shows when each writes alone)
        if len(group) > 1 and not isinstance(error, OperationalError | DatabaseBusyError):
            for mark in group:
                _write([mark])
            return
        for mark in group:
            mark.error, mark.done = error, True
        return
    for marks, results in zip(sorts.values(), answers, strict=True):
        for mark, result in zip(marks, results, strict=True):
            mark.result, mark.done = result, True
