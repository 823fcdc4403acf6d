"""Years of sent mails and thousands that wait: a look at the outbox and its page cost what they always did."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bookingapp import clock, create_app
from bookingapp.db import db
from bookingapp.email import claims, depth, queries
from bookingapp.settings import Settings
from tests.email import plans
from tests.factories import Cinema
from tests.postgres import Databases
from tests.torture import history

GROWING = "outbox_message", "outbox_attempt", "outbox_mime"
LEASE = timedelta(seconds=60)
RATIO = 1.3
# Both have had one mail a minute for a day; the figures of today are not the history.
A_DAY = 1500
SIZES = [
    pytest.param(20_000, 500, 15, id="small", marks=pytest.mark.timeout(300)),
    pytest.param(
        1_000_000, 10_000, 40, id="full", marks=[pytest.mark.torture, pytest.mark.timeout(3600)]
    ),
]


@dataclass(frozen=True)
class Town:
    """A cinema with a manager at its screen."""

    app: Flask
    screen: FlaskClient

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Its database is the current one."""
        with self.app.app_context():
            yield
            db.session.remove()


@pytest.fixture
def another(settings: Settings, engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:  # fmt: skip
    """A second cinema on the same engine."""
    folder, url, name = tmp_path / "another", "", ""
    folder.mkdir()
    if engine == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "matinee.db")
    else:
        databases: Databases = request.getfixturevalue("databases")
        name = databases.take()
        url = databases.server.url(name)
    app = create_app(replace(settings, instance_dir=str(folder), database_url=url))
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if name:
        databases.server.drop(name)


def town(app: Flask, sent: int, waiting: int) -> Town:
    """So many mails sent long ago, the last day's, and those that wait."""
    with app.app_context():
        email = Cinema(app).staff("manager")
        history.fill(sent + A_DAY, waiting)
        screen = app.test_client()
        screen.post("/account/login", data={"email": email, "password": Cinema.PASSWORD})
        db.session.remove()
    return Town(app, screen)


def tick() -> None:
    """What a look at the outbox does that finds work; nothing is sent."""
    dues = claims.claim(clock.now(), limit=50, lease=LEASE)
    assert len(dues) == 50
    claims.give_back(dues, clock.now())


def nothing_due() -> None:
    """What most looks do."""
    assert claims.claim(clock.now() - timedelta(days=9999), limit=50, lease=LEASE) == []


def figures_of_health() -> None:
    """What is asked for by `/healthz` and `/metrics`."""
    assert queries.oldest_due(clock.now()) is not None
    depth.depth()


def page(screen: FlaskClient) -> Callable[[], None]:
    """The manager's outbox page."""

    def look() -> None:
        answer = screen.get("/office/outbox")
        assert answer.status_code == 200
        assert "past" in answer.text or "Waiting" in answer.text

    return look


@pytest.mark.parametrize(("sent", "waiting", "rounds"), SIZES)
def test_however_long_the_history_a_tick_and_the_page_cost_the_same_and_read_no_table_whole(
    app: Flask,
    another: Flask,
    sent: int,
    waiting: int,
    rounds: int,
    engine: str,
    figures: dict[str, object],
) -> None:
    towns = {"new": town(another, 0, waiting), "old": town(app, sent, waiting)}
    ratios = compared(towns, rounds, engine)
    figures.update({"sent": sent, "waiting": waiting})
    figures.update({what: f"{ratio:.2f} x" for what, ratio in ratios.items()})
    with towns["old"].inside(), plans.asked() as asked:
        for deed in deeds(towns["old"]).values():
            deed()
    assert len(asked.statements) > 10
    assert asked.scans(*GROWING) == []
    assert {what for what, ratio in ratios.items() if ratio > RATIO} == set()


def compared(towns: dict[str, Town], rounds: int, engine: str) -> dict[str, float]:
    """What each deed costs in the old town against the new, in turn. What else goes on only adds."""
    least: dict[tuple[str, str], float] = {}
    ratios: dict[str, float] = {}
    for number in range(rounds):
        for name, one in towns.items():
            with one.inside():
                for what, deed in deeds(one).items():
                    took = cost(deed, engine)
                    least[name, what] = min(took, least.get((name, what), took))
        ratios = {what: least["old", what] / least["new", what] for what in deeds(towns["new"])}
        if number > 2 and max(ratios.values()) <= RATIO:
            break
    return ratios


def deeds(one: Town) -> dict[str, Callable[[], None]]:
    """What is measured."""
    return {"tick": tick, "idle look": nothing_due, "health": figures_of_health, "page": page(one.screen)}  # fmt: skip


def cost(deed: Callable[[], None], engine: str) -> float:
    """CPU of this process, where the database is in it; else the time that passes. The best of three."""
    watch = time.process_time if engine == "sqlite" else time.perf_counter
    best = float("inf")
    for _ in range(3):
        began = watch()
        deed()
        best = min(best, watch() - began)
    return best
