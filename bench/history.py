"""history_cost_ratio: what pages, purchases and mails cost with years behind them, against a new house.

Two servers, one on the demo's database and one on the same with half a million bookings and a million
sent mails, in turn. The value is the worst of the parts.
"""

import time
from dataclasses import dataclass

from bench import buyer, furnish, past
from bench.house import House, Server, close
from bench.letters import owe
from bench.maths import Result
from bench.pages import request_cpu
from bench.purchases import settled_cpu

NAMES = ("history_cost_ratio",)
RUNS = 5
REQUESTS, PURCHASES, MAILS = 100, 15, 150


@dataclass(frozen=True)
class Town:
    """One of the two cinemas: its server, and what to ask it for."""

    server: Server
    showings: str
    seats: str

    def costs(self) -> dict[str, float]:
        """CPU of one of each. The caller is in this cinema's application context."""
        before = settled_cpu(self.server)
        _, done, _ = buyer.run(self.server, self.showings, 1, PURCHASES)
        bought = settled_cpu(self.server)
        owe(MAILS)
        sent = settled_cpu(self.server)
        return {
            "purchase": (bought - before) / done,
            "mail": (sent - bought) / MAILS,
            "programme": request_cpu(self.server, "/", REQUESTS),
            "seat map": request_cpu(self.server, self.seats, REQUESTS),
        }


def run(house: House) -> list[Result]:
    """The new one and the old one in turn."""
    folders = [house.copy(), house.copy()]
    began = time.monotonic()
    past.fill(folders[1] / "matinee.db")
    filled = time.monotonic() - began
    apps = [house.app(folder) for folder in folders]
    with house.serving(folders[0]) as new, house.serving(folders[1]) as old:
        towns = []
        for app, server in zip(apps, (new, old), strict=True):
            with app.app_context():
                showings = ",".join(map(str, furnish.to_sell()))
                towns.append(Town(server, showings, f"/showtime/{furnish.big_showing()}"))
        ratios: list[dict[str, float]] = []
        for _ in range(RUNS + 1):
            costs = []
            for app, town in zip(apps, towns, strict=True):
                with app.app_context():
                    costs.append(town.costs())
            ratios.append({part: costs[1][part] / costs[0][part] for part in costs[0]})
    for app in apps:
        close(app)
    return [_result(ratios[1:], filled)]


def _result(ratios: list[dict[str, float]], filled: float) -> Result:
    """The first round warmed both up and is left out."""
    parts = {part: [one[part] for one in ratios] for part in ratios[0]}
    medians = {part: sorted(values)[len(values) // 2] for part, values in parts.items()}
    worst = max(medians, key=lambda part: medians[part])
    said = ", ".join(f"{part} {value:.2f}" for part, value in medians.items())
    return Result(NAMES[0], parts[worst], f"worst of: {said}; history filled in {filled:.0f} s")
