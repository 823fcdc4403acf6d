"""What every test may ask for. Databases are real, on both engines; commits are real too.

`app` runs each test on SQLite and on PostgreSQL. `@pytest.mark.settings(name=value)` changes settings,
`@pytest.mark.engine("sqlite")` keeps a test to one engine, with a reason beside it.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask_migrate
import hypothesis
import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse
from xdist.scheduler import LoadScopeScheduling

from bookingapp import create_app
from bookingapp.accounts import passwords
from bookingapp.db import db
from bookingapp.settings import Settings
from tests import shared
from tests.factories import Cinema
from tests.postgres import Cluster, Databases, cluster

if TYPE_CHECKING:
    from tests.sandbox_process import SandboxProcess

# Every test has an app of its own; its templates need compiling only once.
_templates = FileSystemBytecodeCache(tempfile.mkdtemp(prefix="matinee-templates-"))
# What shares one walk through one house.
PAGES = "tests/pages/"
SECRET = "a test's secret key, 32 characters or more"
pytest_plugins = ["tests.browser", "tests.dnsserver", "tests.house", "tests.mailservers"]


shared.install()
# How long an example takes says how busy the machine is, not whether the rule holds.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Our own marks."""
    config.addinivalue_line("markers", "settings(**values): settings this test needs")
    config.addinivalue_line(
        "markers", "engine(name): only on this engine, for the reason beside it"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both engines run the same suite."""
    if "engine" not in metafunc.fixturenames:
        return
    only = metafunc.definition.get_closest_marker("engine")
    metafunc.parametrize(
        "engine", [only.args[0]] if only else ["sqlite", "postgresql"], indirect=True
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that open whole houses are spread among the others: the cores can't carry many at once.

    The first of them fills the demo, and the others wait for it.
    """
    houses = [item for item in items if _opens_a_house(item)]
    for item in houses:
        if not item.get_closest_marker("timeout") and not item.get_closest_marker("torture"):
            item.add_marker(pytest.mark.timeout(300))
    if not hasattr(config, "workerinput"):
        return
    others = [item for item in items if not _opens_a_house(item)]
    items[:] = others
    for number, item in enumerate(houses):
        items.insert(number * (len(others) + len(houses)) // len(houses), item)


def _opens_a_house(item: pytest.Item) -> bool:
    return "demo_instance" in getattr(item, "fixturenames", ()) and PAGES not in item.nodeid


class Schedule(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Every test goes to whoever is free; those about pages go to one, who walks past them all once.

    xdist's own groups are of no use with pytest 9.2: it marks them in a name that nobody reads any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        return PAGES if nodeid.startswith(PAGES) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Schedule:
    """Who runs which test."""
    return Schedule(config, log)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """Which database this test runs on."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One PostgreSQL server for all tests, with a migrated template."""
    with cluster() as server:
        server.create("migrated")
        _migrate(
            Settings(
                database_url=server.url("migrated"), instance_dir=str(server.folder / "instance")
            )
        )
        yield server


@pytest.fixture(scope="session")
def databases(postgres: Cluster) -> Iterator[Databases]:
    """Migrated databases to take and give back."""
    found = Databases(postgres, "migrated")
    yield found
    found.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file to copy."""

    def migrate(folder: Path) -> None:
        _migrate(Settings(instance_dir=str(folder)))

    return shared.once(tmp_path_factory, "template", migrate) / "matinee.db"


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database of this test's own."""
    if engine == "sqlite":
        instance = tmp_path / "instance"
        instance.mkdir(exist_ok=True)
        shutil.copy(request.getfixturevalue("sqlite_template"), instance / "matinee.db")
        yield ""
        return
    databases: Databases = request.getfixturevalue("databases")
    name = databases.take()
    yield databases.server.url(name)
    databases.give_back(name)


@pytest.fixture
def settings(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A test's settings; `@pytest.mark.settings(...)` changes some."""
    values: dict[str, Any] = {
        "instance_dir": str(tmp_path / "instance"),
        "database_url": database_url,
        "secret_key": SECRET,
        "limit_requests": False,
        "public_url": "http://cinema.test",
    }
    if "sandbox" in request.fixturenames:
        values.update(sandbox_settings(request.getfixturevalue("sandbox")))
    for mark in request.node.iter_markers("settings"):
        values.update(mark.kwargs)
    return Settings(**values)


def sandbox_settings(sandbox: "SandboxProcess") -> dict[str, Any]:
    """Settings that point the real SDK at a running sandbox."""
    return {
        "payment_gateway": "razorpay",
        "razorpay_key_id": sandbox.key_id,
        "razorpay_key_secret": sandbox.key_secret,
        "razorpay_base_url": sandbox.base_url,
        "razorpay_checkout_js": sandbox.base_url + "/v1/checkout.js",
    }


class Visitor(FlaskClient):
    """Each request has an application context of its own, as it has behind a real server.

    Flask would reuse the test's, and with it the signed-in person and the rows read before.
    """

    def open(self, *args: Any, **values: Any) -> TestResponse:
        """Ask for a page."""
        with self.application.app_context():
            return super().open(*args, **values)


class Keyboard(FlaskCliRunner):
    """Each command has an application context of its own, too."""

    def invoke(self, *args: Any, **values: Any) -> Result:
        """Run a command."""
        with self.app.app_context():
            return super().invoke(*args, **values)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on an empty database."""
    app = create_app(settings)
    app.testing = True
    app.jinja_env.bytecode_cache = _templates
    app.test_client_class = Visitor
    app.test_cli_runner_class = Keyboard
    # Tests post forms without reading a token first; test_access.py proves that tokens are demanded.
    app.config["WTF_CSRF_ENABLED"] = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        shared.lend(db.engine)
        yield app
        db.session.remove()
        shared.take_back(db.engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a screen. `app.test_client()` gives another person."""
    return app.test_client()


@pytest.fixture
def cinema(app: Flask) -> Cinema:
    """A factory of a small cinema: name only what the test is about."""
    return Cinema(app)


@pytest.fixture
def sign_in(app: Flask, cinema: Cinema) -> Callable[[FlaskClient, str], FlaskClient]:
    """Sign a client in as staff of a role, through the login page."""

    def enter(client: FlaskClient, role: str) -> FlaskClient:
        email = cinema.staff(role)
        answer = client.post("/account/login", data={"email": email, "password": Cinema.PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    return enter


@pytest.fixture
def slow_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as slowly as in production; elsewhere tests hash them in no time."""
    monkeypatch.setattr(passwords, "_hasher", shared.REAL_HASHER)


@pytest.fixture(scope="session")
def sandbox_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SandboxProcess"]:
    """One payment sandbox process for all tests."""
    from tests.sandbox_process import SandboxProcess  # noqa: PLC0415

    process = SandboxProcess.start(tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite3")
    yield process
    process.stop()


@pytest.fixture
def sandbox(sandbox_session: "SandboxProcess") -> Iterator["SandboxProcess"]:
    """The payment sandbox, without faults left by another test."""
    sandbox_session.clear_faults()
    yield sandbox_session
    sandbox_session.clear_faults()


def _migrate(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
