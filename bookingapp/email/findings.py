"""What `mail doctor` finds: a line each, how grave it is, and what to do about it."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """ok; note: nothing to say or nothing to be known; warning: works, not for long; failure."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAILURE = "failure"


class Finding(NamedTuple):
    """`part`: a transport's name, or "sender". `what` was looked at, what was seen, what to `do`."""

    part: str
    what: str
    level: Level
    said: str
    do: str = ""


class Findings(list[Finding]):
    """The findings of one part, in the order they were made."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def ok(self, what: str, said: str) -> None:
        """It is well."""
        self.append(Finding(self._part, what, Level.OK, said))

    def note(self, what: str, said: str, do: str = "") -> None:
        """Worth knowing, or not to be known from here."""
        self.append(Finding(self._part, what, Level.NOTE, said, do))

    def warn(self, what: str, said: str, do: str = "") -> None:
        """Mails go, but not as well or not as long as they should."""
        self.append(Finding(self._part, what, Level.WARNING, said, do))

    def fail(self, what: str, said: str, do: str = "") -> None:
        """Mails don't go, or don't arrive."""
        self.append(Finding(self._part, what, Level.FAILURE, said, do))
