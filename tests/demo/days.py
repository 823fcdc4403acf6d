"""Moments that several tests of the demo look at."""

from datetime import date, datetime, time

from bookingapp.demo.week import ZONE

SUNDAY = date(2026, 11, 22)
NOON = datetime.combine(SUNDAY, time(12), ZONE)
