"""Grounds to play on, and the table of what the full size found."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.email.conftest import nobody_drains, owe
from tests.house import House
from tests.postgres import Cluster, binaries
from tests.torture import record
from tests.torture.ground import Ground, Grounds
from tests.torture.letterbox import Postbox
from tests.torture.record import Found, Row

# Some scenarios drain in this process.
__all__ = ["nobody_drains", "owe"]
_rows: list[Row] = []


@pytest.fixture(scope="session")
def demo_cluster(
    postgres: Cluster, demo_instance: Path, tmp_path_factory: pytest.TempPathFactory
) -> Cluster:
    """PostgreSQL with a demo cinema to clone; the same manager, the same posters."""
    folder = tmp_path_factory.mktemp("demo_on_postgresql") / "instance"
    shutil.copytree(demo_instance, folder)
    postgres.create("demo", "migrated")
    House(folder, database_url=postgres.url("demo")).flask("demo")
    return postgres


@pytest.fixture
def grounds(
    request: pytest.FixtureRequest, demo_instance: Path, tmp_path: Path
) -> Iterator[Callable[[str], Grounds]]:
    """Makers of grounds on an engine."""
    made: list[Grounds] = []

    def maker(engine: str) -> Grounds:
        cluster = request.getfixturevalue("demo_cluster") if engine == "postgresql" else None
        made.append(Grounds(engine, demo_instance, tmp_path, cluster))
        return made[-1]

    yield maker
    for each in made:
        each.clear()


@pytest.fixture
def ground(request: pytest.FixtureRequest, grounds: Callable[[str], Grounds]) -> Ground:
    """A cinema of this test's own."""
    return grounds(request.param).make()


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A mail server that takes everything."""
    box = Postbox()
    yield box
    box.stop()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> dict[str, object]:
    """What is worth telling of this scenario; kept in docs/torture.md at full size."""
    values = request.node.callspec.params
    told: dict[str, object] = {}
    found = Found(
        engine=str(values.get("ground") or values["engine"]),
        size=str(values.get("size", "")),
        figures=told,
        full=request.node.get_closest_marker("torture") is not None,
    )
    request.node.user_properties.append(("torture", found))
    return told


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A full-size scenario is over."""
    found: Found | None = dict(report.user_properties).get("torture")  # type: ignore[assignment]
    if report.when == "call" and found and found["full"]:
        name = record.scenario(report.location[2])
        _rows.append(Row(name, found, report.passed, report.duration))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what was found; a run of a part leaves the rest of the table as it is."""
    if not _rows:
        return
    given = session.config.option
    all_tests = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    whole = all_tests and not given.keyword and not given.deselect
    version = subprocess.run(
        [binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    record.write(_rows, version.stdout.split()[2], whole=whole)
