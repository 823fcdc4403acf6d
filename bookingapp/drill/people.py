"""A customer at a browser without script, and a manager in the office. They read pages as people do."""

import html
import itertools
import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests

from bookingapp.drill.house import DrillError, DrillHouse

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
ACTION = re.compile(r'<form method="post" action="(http[^"]+)"')
HEADING = re.compile(r"(?s)<h1[^>]*>(.*?)</h1>")
NOTICE = re.compile(r'(?s)<div class="note (?!info)[^"]*"[^>]*>\s*<strong>(.*?)</strong>')
ROW = re.compile(r"(?s)<tr\b.*?</tr>")
SECONDS = 60
_numbers = itertools.count(1)


def words(part: str) -> str:
    """What a reader reads."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", part)).split())


def headline(page: str) -> str:
    """A page's heading, and what its notices say in bold."""
    parts = [words(found) for found in (*HEADING.findall(page)[:1], *NOTICE.findall(page))]
    return ". ".join(part.rstrip(".") for part in parts if part)


@dataclass
class Browser:
    """Keeps cookies, goes where it is sent, believes no proxy."""

    house: DrillHouse
    session: requests.Session = field(default_factory=requests.Session)
    page: str = ""
    at: str = ""

    def __post_init__(self) -> None:
        """Nobody stands between neighbours."""
        self.session.trust_env = False

    def open(self, path: str) -> str:
        """A page, after all redirects."""
        return self._came(self.session.get(urljoin(self.house.url, path), timeout=SECONDS))

    def press(self, path: str, **fields: str | list[str]) -> str:
        """A form of the page that is open, with what is typed into it."""
        data: dict[str, str | list[str]] = {**self.hidden(), **fields}
        return self._came(self.session.post(urljoin(self.house.url, path), data, timeout=SECONDS))

    def hidden(self) -> dict[str, str]:
        """The hidden fields of the page that is open."""
        return {name: html.unescape(value) for name, value in HIDDEN.findall(self.page)}

    def _came(self, answer: requests.Response) -> str:
        self.page, self.at = answer.text, urlsplit(answer.url).path
        return self.page


@dataclass
class Customer(Browser):
    """`token` is of their booking, `brought` what the gateway gave them to take back."""

    email: str = field(default_factory=lambda: f"drill{next(_numbers)}@example.com")
    token: str = ""
    brought: dict[str, str] = field(default_factory=dict)

    def holds(self, showing: int, seat: str) -> None:
        """Take a seat."""
        self.open(f"/showtime/{showing}")
        self.press(f"/showtime/{showing}/hold", seat=[seat])
        if not self.at.endswith("/checkout"):
            raise DrillError(f"the seat could not be held: {headline(self.page)}")
        self.token = self.at.split("/")[2]

    def presses_pay(self) -> None:
        """Say where the ticket goes, and on to the gateway."""
        self.press(f"/b/{self.token}/checkout", email=self.email, action="pay")

    def goes_to_pay(self, house: DrillHouse) -> None:
        """A free seat, details, and the page with the gateway's form."""
        self.holds(*house.next_seat())
        self.presses_pay()

    def chooses(self, choice: str, **more: str) -> None:
        """A button on the gateway's page."""
        form = ACTION.search(self.page)
        if form is None:
            raise DrillError(f"no gateway on the page: {headline(self.page)}")
        form_fields = {**self.hidden(), "choice": choice, **more}
        there = urljoin(html.unescape(form.group(1)), "/v1/checkout/pay")
        answer = self.session.post(there, form_fields, timeout=SECONDS)
        given = {n: html.unescape(v) for n, v in HIDDEN.findall(answer.text)}
        self.brought = {n: v for n, v in given.items() if n.startswith(("razorpay_", "error["))}

    def comes_back(self) -> str:
        """With what the gateway gave; what they read then."""
        answer = self.session.post(self.house.url + "/b/return", self.brought, timeout=SECONDS)
        return headline(self._came(answer))

    def looks(self) -> str:
        """What the booking's own page says."""
        return headline(self.open(f"/b/{self.token}"))


@dataclass
class Manager(Browser):
    """Signed in with the password that the drill's cinema made."""

    def signs_in(self) -> None:
        """At the staff's door."""
        email, password = login(self.house)
        self.open("/account/login")
        self.press("/account/login", email=email, password=password)

    def booking_says(self, number: str) -> list[str]:
        """State and money on the booking's page in the office."""
        page = self.open(f"/office/bookings/{number.lower()}")
        return [
            told
            for row in ROW.findall(page)
            if re.search(r"\b(pay|rfnd|order)_", told := words(row))
        ]

    def money_says(self, number: str) -> str:
        """This booking's row on the money page; empty without one."""
        page = self.open("/office/money")
        return next((words(row) for row in ROW.findall(page) if number in row), "")

    def warning(self) -> str:
        """What stands above every page of the office."""
        return next((words(note) for note in NOTICE.findall(self.open("/office/bookings"))), "")


def login(house: DrillHouse) -> tuple[str, str]:
    """The demo manager's address and password."""
    email, password = (house.folder / "demo-login.txt").read_text(encoding="utf-8").split()
    return email, password
