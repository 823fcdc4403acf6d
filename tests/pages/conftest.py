"""One demo house for all tests of the pages, in its afternoon, and one walk through it."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import shared
from tests.house import House
from tests.pages.afternoon import AfternoonHouse
from tests.pages.audit import Findings, audit, listen
from tests.pages.walk import walk


@pytest.fixture(scope="session")
def afternoon_house(
    demo_instance: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The demo cinema, open, at twenty to two."""
    folder = tmp_path_factory.mktemp("pages") / "house"
    shutil.copytree(demo_instance, folder)
    house = AfternoonHouse(folder).open()
    yield house
    house.close()


@pytest.fixture(scope="session")
def findings(
    afternoon_house: House, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Findings]:
    """What was found at each stop of the walk. One walk a run: it takes a core for a minute."""
    (shared.whole_run(tmp_path_factory) / "walked").mkdir(exist_ok=False)
    found: dict[str, Findings] = defaultdict(Findings)
    complaints: list[str] = []

    def visit(name: str, page: Page) -> None:
        # What was said on the way here belongs to this stop; what axe provokes belongs to nobody.
        found[name].complaints += complaints
        audit(page, found[name])
        complaints.clear()

    walk(afternoon_house, browser, visit, lambda page: listen(page, complaints))
    assert "Traceback" not in afternoon_house.log
    return dict(found)
