"""What the address bar asks a list for: searches, choices and the place to go on from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from flask import request

SIZE = 50
LONGEST = 100
# The largest row id both engines take.
LAST_ID = 2**31 - 1


@dataclass(frozen=True)
class Asked:
    """`q` what was typed, the others what was chosen, `before` the row to go on from."""

    q: str = ""
    state: str = ""
    kind: str = ""
    fault: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None

    @property
    def narrowed(self) -> bool:
        """Whether the list shows less than everything."""
        return bool(self.address())

    def address(self) -> dict[str, str]:
        """The filters again, for a link that keeps them."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "before"}
        return {name: str(value) for name, value in given.items() if value}


def read(given: Mapping[str, str] | None = None) -> Asked:
    """The request's wishes. What makes no sense is left out: a list is no place to be refused."""
    told = request.args if given is None else given
    before = _number(told.get("before", ""))
    return Asked(
        q=told.get("q", "").strip()[:LONGEST],
        state=told.get("state", ""),
        kind=told.get("kind", ""),
        fault=told.get("fault", ""),
        since=_day(told.get("since", "")),
        until=_day(told.get("until", "")),
        before=before if 0 < before <= LAST_ID else None,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # beyond these no time zone can tell when the day began
    return found if 2000 <= found.year <= 9000 else None
