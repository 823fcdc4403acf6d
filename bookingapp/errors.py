"""An expected "no" is not a crash. A refusal carries a code and values; `web.py` gives it words.

Rooms subclass `Refused` in their `rules.py`, one class per reason. Nothing here knows of HTTP.
"""

from typing import Any, ClassVar


class Refused(Exception):  # noqa: N818 (a refusal is an answer, not an error)
    """Something a person asked for can't be done. `values` fill the sentence that says why."""

    code: ClassVar[str] = "refused"

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 (whatever the sentence needs)
        super().__init__(self.code)
        self.values = values


class NotFound(Refused):
    """No such thing, or not yours to see: the answer is the same on purpose."""

    code = "not_found"


class Forbidden(Refused):
    """Signed in, but this is not your role's page."""

    code = "forbidden"


class TooMany(Refused):
    """A limit that keeps the house fair."""

    code = "too_many"
