"""Runs the house as if it were early afternoon at the demo cinema.

`python -m tests.pages.afternoon app.py`: the programme then has a day before it, at whatever hour the
pages are looked at. Time runs on from there; the browser and the payment sandbox keep the real time.
"""

import runpy
import sys
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import time_machine

from tests.house import House

KOCHI = ZoneInfo("Asia/Kolkata")
NIGHT = timedelta(hours=4)  # until then it is still the day before
LOOK_AT = time(13, 40)


class AfternoonHouse(House):
    """A house where it is early afternoon."""

    program = ("-m", "tests.pages.afternoon", "app.py")


def afternoon(instant: datetime) -> datetime:
    """Twenty to two on the cinema's day of that instant."""
    return datetime.combine((instant.astimezone(KOCHI) - NIGHT).date(), LOOK_AT, KOCHI)


if __name__ == "__main__":
    program = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path.insert(0, ".")
    with time_machine.travel(afternoon(datetime.now(UTC)), tick=True):
        runpy.run_path(program, run_name="__main__")
