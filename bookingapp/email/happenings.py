"""What befell the sending in this process lately, beside its mails: for the outbox page. In memory.

A full disk can't be written down in a database; so the last few happenings stay here for a day.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bookingapp import clock

KEPT, KEPT_FOR = 5, timedelta(days=1)
# What happens again within so long is the same happening, still going on.
GOES_ON = timedelta(minutes=15)


class What(StrEnum):
    """clock: it was put forward or back by `by`. database: it could not be written, as `words` say."""

    CLOCK = "clock"
    DATABASE = "database"


@dataclass(frozen=True)
class Happening:
    """`at` for the first time, `last` for the last so far. `over`: it no longer goes on."""

    what: What
    at: datetime
    last: datetime
    words: str = ""
    by: timedelta = timedelta()
    over: bool = False


_lock = threading.Lock()
_known: list[Happening] = []


def note(what: What, *, words: str = "", by: timedelta = timedelta()) -> None:
    """It has happened just now."""
    now = clock.now()
    new = Happening(what, now, now, words, by)
    with _lock:
        last = _known[-1] if _known else None
        if last and _same(last, new):
            _known[-1] = replace(last, last=now, over=False)
        else:
            _known.append(new)
        del _known[:-KEPT]


def over(what: What) -> None:
    """It no longer goes on."""
    _change(lambda one: replace(one, over=True) if one.what is what else one)


def recent() -> list[Happening]:
    """Those of the last day, the newest first."""
    since = clock.now() - KEPT_FOR
    with _lock:
        return [one for one in reversed(_known) if one.last >= since]


def forget() -> None:
    """The process begins anew."""
    with _lock:
        _known.clear()


def _change(how: Callable[[Happening], Happening]) -> None:
    with _lock:
        _known[:] = [how(one) for one in _known]


def _same(last: Happening, new: Happening) -> bool:
    return (
        last.what is new.what is What.DATABASE
        and last.words == new.words
        and new.at - last.last < GOES_ON
    )
