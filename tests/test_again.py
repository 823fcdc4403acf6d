"""What the database ended for another deed's sake is done once more, and nothing else is."""

import pytest
from sqlalchemy.exc import DBAPIError

from bookingapp.again import TRIES, until_done

DEADLOCK, SERIALISATION, UNIQUE = "40P01", "40001", "23505"


class EndedError(Exception):
    """What the driver raises."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class Deed:
    """Ends so, one time after the other, and then is done. It counts how often it was begun."""

    def __init__(self, *ends: str) -> None:
        self.ends, self.begun = list(ends), 0

    def __call__(self) -> str:
        self.begun += 1
        if self.ends:
            raise DBAPIError("UPDATE seat", {}, EndedError(self.ends.pop(0)))
        return "done"


@pytest.mark.parametrize(
    "ends", [[], [DEADLOCK], [SERIALISATION, DEADLOCK], [DEADLOCK] * (TRIES - 1)]
)
def test_a_deed_that_had_to_give_way_is_begun_anew_until_it_is_done(ends: list[str]) -> None:
    deed = Deed(*ends)
    assert until_done(deed)() == "done"
    assert deed.begun == len(ends) + 1


@pytest.mark.parametrize(
    ("ends", "begun"), [([UNIQUE], 1), ([DEADLOCK, UNIQUE], 2), ([DEADLOCK] * TRIES, TRIES)]
)
def test_another_error_and_the_last_of_many_are_raised(ends: list[str], begun: int) -> None:
    deed = Deed(*ends)
    with pytest.raises(DBAPIError) as raised:
        until_done(deed)()
    assert isinstance(raised.value.orig, EndedError)
    assert raised.value.orig.sqlstate == ends[-1]
    assert deed.begun == begun
