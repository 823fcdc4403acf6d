"""People with browsers who visit every page: what they do, one deed each. `walk.py` is their way.

What is done to the database by hand is what time or a mail server would do: a hold runs out, a mail
does not arrive.
"""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.house import House, wait_for
from tests.pages.afternoon import afternoon

Visit = Callable[[str, Page], None]
ADDRESS = "asha@example.com"


class Tour:
    """A browser per person; `visit` looks at each stop, `met` is told of each person's page."""

    def __init__(
        self, house: House, browser: Browser, visit: Visit, met: Callable[[Page], None]
    ) -> None:
        self.house, self.visit, self._browser, self._met = house, visit, browser, met
        self._contexts: list[BrowserContext] = []
        self.reader, self.buyer, self.rival = self.person(), self.person(), self.person()

    def person(self) -> Page:
        """Somebody new, with an empty cookie jar."""
        context = self._browser.new_context(base_url=self.house.url)
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        page = context.new_page()
        self._met(page)
        return page

    def end(self) -> None:
        """Everybody goes home."""
        for context in self._contexts:
            context.close()

    def sql(self, statement: str, *values: object) -> str:
        """One statement by hand; the first value of the first row."""
        with sqlite3.connect(self.house.instance / "matinee.db", timeout=20) as connection:
            row = connection.execute(statement, values).fetchone()
        connection.close()
        return str(row[0]) if row else ""

    def showing(self, hall: str, number: int = 0, movie: int | None = None) -> str:
        """The address of a coming day's showing in a hall, with room for everybody of the tour."""
        tomorrow = afternoon(datetime.now(UTC)).astimezone(UTC) + timedelta(hours=12)
        ask = """SELECT s.id FROM showtime s JOIN seat_plan p ON p.id = s.seat_plan_id
            JOIN screen h ON h.id = p.screen_id WHERE s.starts_at > ? AND h.name LIKE ?
            AND s.movie_id = coalesce(?, s.movie_id)
            AND (SELECT count(*) FROM seat e WHERE e.seat_plan_id = p.id) > 30 +
            (SELECT count(*) FROM booking_seat c WHERE c.showtime_id = s.id AND c.released_at IS NULL)
            ORDER BY s.starts_at LIMIT 1 OFFSET ?"""
        return "/showtime/" + self.sql(ask, str(tomorrow), hall or "%", movie, number)

    def choose(self, page: Page, address: str, people: int = 2) -> list[str]:
        """Best seats, ticked; their names."""
        page.goto(f"{address}?together={people}")
        ticked = page.locator("input.seat:checked")
        expect(ticked).to_have_count(people)
        return [str(seat) for seat in ticked.evaluate_all("seats => seats.map(s => s.value)")]

    def hold(self, page: Page, address: str, seats: list[str] | None = None) -> str:
        """Hold the best two, or these; the token."""
        if seats:
            page.goto(f"{address}?" + "&".join(f"seat={name}" for name in seats))
        else:
            self.choose(page, address)
        page.get_by_role("button", name="Hold seats").click()
        page.wait_for_url("**/checkout")
        return page.url.split("/")[-2]

    def go_to_pay(self, page: Page) -> None:
        """Type the address and open the gateway's pop-up."""
        page.get_by_label("E-mail").fill(ADDRESS)
        page.get_by_label("Name").fill("Asha Menon")
        page.locator(".thumb button.btn[value=pay]").click()
        page.wait_for_url("**/pay")
        expect(self.gateway(page, "Pay by UPI")).to_be_visible()

    def gateway(self, page: Page, choice: str) -> Locator:
        """A button of the gateway's pop-up."""
        return page.frame_locator("iframe").get_by_role("button", name=choice, exact=True)

    def lapse(self, token: str) -> None:
        """The hold's time is over."""
        self.sql("UPDATE booking SET hold_expires_at = created_at WHERE manage_token = ?", token)

    def mail_of(self, token: str) -> str:
        """The public id of a booking's mail, once it is written."""
        ask = (
            "SELECT m.public_id FROM outbox_message m JOIN booking b ON b.id = m.booking_id"
            " WHERE b.manage_token = ? AND m.state = 'simulated'"
        )
        return wait_for(lambda: self.sql(ask, token), "mail")

    def bounce(self, mail: str) -> None:
        """The mail server says that there is no such mailbox."""
        self.sql(
            "UPDATE outbox_message SET state = 'dead', fault = 'recipient', last_code = 550, attempts = 1,"
            " last_error = '550 5.1.1 no such user', recipient = 'asha@exmaple.com'"
            " WHERE public_id = ? RETURNING id", mail,
        )  # fmt: skip

    def pay_out(self, token: str) -> None:
        """The gateway pays a booking's money out, and a stranger's with it."""
        for entity, amount in (("p.gateway_payment_id", "p.amount"), ("'pay_Stranger'", "54321")):
            self.sql(
                "INSERT INTO settlement_line (entity_id, settlement_id, kind, amount, credit, debit, fee,"
                " tax, currency, utr, payment_ref, order_ref, receipt, method, settled_at, day, noted_at)"
                f" SELECT {entity}, 'setl_TOUR1234567', 'payment', {amount}, {amount} - 850, 0, 850, 130,"
                " 'INR', '1790000000tour12', '', '', o.receipt, 'upi', b.confirmed_at, '2026-11-22',"
                " b.confirmed_at FROM payment p JOIN payment_order o ON o.id = p.payment_order_id"
                " JOIN booking b ON b.id = p.confirms_id WHERE b.manage_token = ? RETURNING id", token,
            )  # fmt: skip

    def sign_in(self, page: Page, who: str) -> None:
        """One of the demo's staff."""
        _, password = (self.house.instance / "demo-login.txt").read_text().split()
        page.goto("/account/login")
        page.get_by_label("E-mail").fill(f"{who}@example.com")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/office/**")

    def number_of(self, token: str) -> str:
        """A booking's number."""
        return self.sql("SELECT number FROM booking WHERE manage_token = ?", token)

    def ticket_of(self, token: str) -> str:
        """What the code says, from the mail."""
        number = self.number_of(token)
        for path in self.house.mails():
            text = path.read_bytes().replace(b"=\r\n", b"").replace(b"=\n", b"")
            if number.encode() in text and (found := re.search(rb"/t/[\w-]+", text)):
                return found[0].decode()
        raise AssertionError(f"no ticket link in any mail of {number}")

    def sold_out(self) -> str:
        """A coming showing without a free seat, as the demo has one."""
        ask = """SELECT s.id FROM showtime s WHERE s.starts_at > ? AND NOT EXISTS (
            SELECT 1 FROM seat e WHERE e.seat_plan_id = s.seat_plan_id AND NOT EXISTS (
            SELECT 1 FROM booking_seat c WHERE c.showtime_id = s.id AND c.seat_id = e.id
            AND c.released_at IS NULL))"""
        return "/showtime/" + self.sql(ask, str(afternoon(datetime.now(UTC)).astimezone(UTC)))
