"""rtt_share_of_limit: mails a second to a server far away, as a share of what arithmetic allows.

The limit: eight connections, each mail one pipelined round trip of 20 ms and 150 ms at the dot.
"""

from dataclasses import replace

from bench import drain, sinks
from bench.house import House
from bench.maths import Result, round_trip_limit

NAMES = ("rtt_share_of_limit",)
RUNS = 3
MAILS = 160
CONNECTIONS = 8


def run(house: House) -> list[Result]:
    """The same drain against a distant server."""
    limit = round_trip_limit(CONNECTIONS, sinks.ROUND_TRIP, sinks.AT_THE_DOT)
    shares: list[float] = []
    rate = 0.0
    with sinks.distant() as far:
        there = replace(house, sink=far)
        instance = house.copy()
        for _ in range(RUNS):
            took = drain.ours(there, instance, MAILS, MAIL_CONNECTIONS=str(CONNECTIONS))
            rate = took.done / took.seconds
            shares.append(rate / limit)
    return [Result("rtt_share_of_limit", shares, f"last {rate:.1f}/s of {limit:.1f}/s; {far.name}")]
