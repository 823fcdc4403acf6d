"""The demo cinema, filled on a Sunday at noon: for each test, or once for all that only look at it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask

from bookingapp import create_app
from bookingapp.db import db
from bookingapp.demo import service
from bookingapp.posters import PosterFiles
from bookingapp.settings import Settings
from tests.demo.days import NOON


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, PosterFiles]]:
    """The real posters, drawn once for all tests here."""
    folder = tmp_path_factory.mktemp("posters")
    return folder, service.hang_posters(folder)


@pytest.fixture(autouse=True)
def posters_are_copied(
    drawn: tuple[Path, dict[str, PosterFiles]],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the test that measures a fill waits for the drawing."""
    drawn_in, files = drawn

    def copied(folder: Path) -> dict[str, PosterFiles]:
        shutil.copytree(drawn_in, folder, dirs_exist_ok=True)
        return files

    if request.node.originalname != "test_a_fill_takes_less_than_ten_seconds":
        monkeypatch.setattr(service, "hang_posters", copied)


@pytest.fixture
def filled(app: Flask, settings: Settings) -> service.DemoReport:
    """The demo cinema, filled on a Sunday at noon."""
    assert app
    return service.fill(NOON, settings)


@dataclass
class Kept:
    """A demo that was filled once for those who only look at it."""

    settings: Settings
    report: service.DemoReport


KEPT: dict[str, Kept] = {}


@pytest.fixture
def seen(app: Flask, engine: str, request: pytest.FixtureRequest) -> Iterator[service.DemoReport]:
    """As `filled`, for tests that change nothing: one fill on each engine."""
    assert app
    if engine not in KEPT:
        KEPT[engine] = _keep(engine, request)
    kept = KEPT[engine]
    with create_app(kept.settings).app_context():
        yield kept.report
        db.session.remove()
        db.engine.dispose()


def _keep(engine: str, request: pytest.FixtureRequest) -> Kept:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("demo")
    settings = replace(request.getfixturevalue("settings"), instance_dir=str(folder))
    if engine == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder)
    else:
        databases = request.getfixturevalue("databases")
        settings = replace(settings, database_url=databases.server.url(databases.take()))
    with create_app(settings).app_context():
        kept = Kept(settings, service.fill(NOON, settings))
        db.session.remove()
        db.engine.dispose()
    return kept
