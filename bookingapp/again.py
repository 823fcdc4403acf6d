"""A deed done once more, from its beginning, when the database ended it so that another could go on.

Locks are taken in one order everywhere (DECISIONS), so a ring of waiting is rare; PostgreSQL breaks one by
ending one of its deeds. Nothing of that was done, and asking again reads the truth. Only for deeds that
are one transaction and speak to nobody outside.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
# PostgreSQL: serialisation failure, deadlock.
GAVE_WAY = {"40001", "40P01"}
TRIES = 5
P = ParamSpec("P")
T = TypeVar("T")


def until_done(deed: Callable[P, T]) -> Callable[P, T]:
    """Decorates a service's deed: it may have to give way to another, and is done all the same."""

    @wraps(deed)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        return repeat(lambda: deed(*args, **kwargs))

    return done


def gave_way(error: DBAPIError) -> bool:
    """Whether the deed was ended for the sake of another one."""
    return getattr(error.orig, "sqlstate", None) in GAVE_WAY


def repeat(deed: Callable[[], T], when: Callable[[DBAPIError], bool] = gave_way) -> T:
    """Do it, and again after each such error; the last one is raised."""
    for _ in range(TRIES - 1):
        try:
            return deed()
        except DBAPIError as error:
            if not when(error):
                raise
            log.info("a deed gave way to another and is done once more: %s", type(error).__name__)
    return deed()
