"""A customer with a phone, and what their mailbox holds. All of them go to one cinema."""

import email
import email.policy
import itertools
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.house import House, wait_for

PHONE = {"width": 360, "height": 800}
_numbers = itertools.count(1)
ZBARIMG_MISSING = "zbarimg is missing. Install it: apt-get install zbar-tools"


@dataclass
class Customer:
    """Somebody on the way to the cinema. `complaints`: what the browser held against our pages."""

    page: Page
    house: House
    scripts: bool
    address: str = field(default_factory=lambda: f"asha{next(_numbers)}@example.com")
    complaints: list[str] = field(default_factory=list)

    def choose_seats(self) -> None:
        """Tomorrow's first showing with room, the best two seats."""
        self.page.goto(self.house.url)
        self.page.locator("nav.days a").nth(1).click()
        self.page.locator("a.stub:not(.few)").first.click()
        self.page.get_by_role("button", name="Find them").click()
        expect(self.page.locator("input.seat:checked")).to_have_count(2)

    def hold(self) -> None:
        """On to page 2."""
        self.choose_seats()
        self.page.get_by_role("button", name="Hold seats").click()
        self.page.get_by_label("E-mail").fill(self.address)
        self.page.get_by_label("Name").fill("Asha O'Menon")

    def go_to_pay(self) -> None:
        """On to the gateway: its pop-up where scripts run, else its page."""
        self.page.locator(".thumb button.btn[value=pay]").click()
        self.page.wait_for_url("**/pay")
        if not self.scripts:
            self.page.locator("form[data-gateway] button.btn").click()

    def at_gateway(self, choice: str) -> None:
        """Press one of the sandbox's buttons, and the way back where no script presses it."""
        where = self.page.frame_locator("iframe") if self.scripts else self.page
        where.get_by_role("button", name=choice, exact=True).click()
        if not self.scripts:
            self.page.get_by_role("button", name="Return to The Lantern").click()

    def mail(self, subject: str = "") -> EmailMessage:
        """Their newest mail with these words in its subject, parsed without defects."""

        def newest() -> EmailMessage | None:
            for path in reversed(self.house.mails()):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if subject in message["Subject"] and message["To"] == self.address:
                    assert isinstance(message, EmailMessage)
                    return message
            return None

        message = wait_for(newest, f"mail about {subject!r}", 60)
        assert [part.defects for part in message.walk() if part.defects] == []
        return message


@pytest.fixture(scope="session")
def open_house(demo_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo cinema, open for all customers."""
    folder = tmp_path_factory.mktemp("journey") / "house"
    shutil.copytree(demo_instance, folder)
    house = House(folder).open()
    yield house
    house.close()


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def customer(
    request: pytest.FixtureRequest, browser: Browser, open_house: House
) -> Iterator[Customer]:
    """A customer on a phone, with and without JavaScript; their browser may complain of nothing."""
    scripts = request.param == "with JavaScript"
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    someone = Customer(context.new_page(), open_house, scripts)
    someone.page.on("console", lambda line: _note(someone, line.type, line.text))
    someone.page.on("pageerror", lambda error: someone.complaints.append(str(error)))
    yield someone
    assert someone.complaints == []
    assert "Traceback" not in open_house.log
    context.close()


def _note(customer: Customer, kind: str, text: str) -> None:
    # A refusal is an answer with its number; the browser writes every such number down.
    if kind == "error" and "the server responded with a status of 4" not in text:
        customer.complaints.append(text)


def decode(picture: bytes, folder: Path) -> str:
    """What a scanner at the door reads."""
    (folder / "qr.png").write_bytes(picture)
    try:
        done = subprocess.run(
            ["zbarimg", "-q", "--raw", "--nodbus", str(folder / "qr.png")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise AssertionError(ZBARIMG_MISSING) from None
    return done.stdout.strip()
