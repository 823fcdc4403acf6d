"""People at browsers without script: they open the seat map, press "hold", pay, come back or don't."""

import html
import itertools
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from tests.house import House

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
ACTION = re.compile(r'action="(http[^"]+)"')
T = TypeVar("T")
_numbers = itertools.count(1)


@dataclass
class Person:
    """One browser. `token` is of their booking, `email` their own."""

    house: House
    browser: requests.Session = field(default_factory=requests.Session)
    token: str = ""
    email: str = field(default_factory=lambda: f"guest{next(_numbers)}@example.com")
    _csrf: str = ""
    _pay_page: str = ""
    brought: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """No proxy stands between neighbours."""
        self.browser.trust_env = False

    def see(self, path: str) -> str:
        """A page that must be there."""
        answer = self.browser.get(self.house.url + path, timeout=60)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.text

    def looks_at_seats(self, showing: int) -> None:
        """The seat map, whose form has the token that a press needs."""
        self._csrf = dict(hidden(self.see(f"/showtime/{showing}")))["csrf_token"]

    def about_to_hold(self, showing: int, *seats: str) -> Callable[[], requests.Response]:
        """The finger is on the button; calling the answer presses it."""
        sent = self.browser.prepare_request(requests.Request(
            "POST", f"{self.house.url}/showtime/{showing}/hold",
            data={"csrf_token": self._csrf, "seat": list(seats)},
        ))  # fmt: skip
        return lambda: self.browser.send(sent, allow_redirects=False, timeout=120)

    def goes_to_the_gateway(self, showing: int, *seats: str) -> None:
        """Seats, details, and on to where the money is."""
        self.looks_at_seats(showing)
        held = self.about_to_hold(showing, *seats)()
        assert held.status_code == 303, f"{held.status_code} {held.text[:2000]}"
        checkout = urlsplit(held.headers["Location"]).path
        self.token = checkout.split("/")[2]
        fields = {**dict(hidden(self.see(checkout))), "email": self.email, "action": "pay"}
        self._moved(self.browser.post(self.house.url + checkout, fields, allow_redirects=False))
        self._pay_page = self.see(f"/b/{self.token}/pay")

    def pays(self, choice: str = "pay") -> None:
        """Press a button there: "pay", or "silent", which closes the browser after the money went."""
        found = ACTION.search(self._pay_page)
        assert found, "no gateway on the pay page"
        at = urlsplit(found.group(1))
        paid = self.browser.post(
            f"{at.scheme}://{at.netloc}/v1/checkout/pay",
            {**dict(hidden(self._pay_page)), "choice": choice}, timeout=60,
        )  # fmt: skip
        assert paid.ok, paid.text[:500]
        self.brought = {k: v for k, v in hidden(paid.text) if k.startswith("razorpay_")}

    def comes_back(self) -> float:
        """The request that confirms the booking; how many seconds it took."""
        began = time.perf_counter()
        answer = self.browser.post(
            self.house.url + "/b/return", self.brought, allow_redirects=False, timeout=120
        )
        took = time.perf_counter() - began
        assert self._moved(answer) == f"/b/{self.token}"
        return took

    def buys(self, showing: int, *seats: str) -> None:
        """The whole way."""
        self.goes_to_the_gateway(showing, *seats)
        self.pays()
        self.comes_back()

    def has_a_ticket(self) -> bool:
        """Whether the booking page shows it."""
        return '<p class="no">' in self.see(f"/b/{self.token}")

    def _moved(self, answer: requests.Response) -> str:
        assert answer.status_code == 303, f"{answer.status_code} {answer.text[:2000]}"
        return urlsplit(answer.headers["Location"]).path


class Manager(Person):
    """Somebody with the house's password."""

    def signs_in(self) -> None:
        """At the staff's door."""
        email, password = (self.house.instance / "demo-login.txt").read_text().split()
        fields = dict(hidden(self.see("/account/login")))
        answer = self.browser.post(
            self.house.url + "/account/login", {**fields, "email": email, "password": password},
            allow_redirects=False, timeout=60,
        )  # fmt: skip
        assert answer.status_code == 303, answer.text[:2000]

    def reads(self, path: str) -> str:
        """A page's words."""
        return words(self.see(path))


def hidden(page: str) -> list[tuple[str, str]]:
    """A page's hidden fields."""
    return [(name, html.unescape(value)) for name, value in HIDDEN.findall(page)]


def words(page: str) -> str:
    """What a reader reads."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def together(deeds: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of these in threads that start at one moment; the first error is raised at the end."""
    gate = threading.Barrier(len(deeds))

    def one(deed: Callable[[], T]) -> T:
        gate.wait(60)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as threads:
        begun = [threads.submit(one, deed) for deed in deeds]
        return [thread.result(300) for thread in begun]
