"""What happens in a drill, case by case, and what it has to come to."""

from collections.abc import Callable
from dataclasses import dataclass

import requests

from bookingapp.drill.house import DrillHouse, until
from bookingapp.drill.people import Customer, Manager, headline

BACK_SECONDS = 60.0
CONFIRMED = ("booking_confirmation",)
SENT_BACK = ("payment_refund", "payment_refund")
DOWN = "The payment gateway does not answer"
ON_ITS_WAY = ("payment_refund",)


Play = Callable[[Customer, Manager], list[str]]


@dataclass(frozen=True)
class Case:
    """`play` is what the customer does, and tells what they saw on the way. The rest is expected.

    `sees`: words among what they saw; `warned`: what the office read meanwhile; `money`: words of the money page's row, empty for no row;
    `office`: words of the booking's page in the office.
    """

    name: str
    title: str
    play: Play
    sees: str
    booking: str
    mails: tuple[str, ...]
    money: str = ""
    office: str = ""
    warned: str = ""


def weather(house: DrillHouse, what: str, **fields: str) -> None:
    """Press a button on the sandbox's weather page."""
    with requests.Session() as session:
        session.trust_env = False
        session.post(f"{house.sandbox_url}/sandbox/weather{what}", fields, timeout=10)


def paying(choice: str, **more: str) -> Play:
    """Go to pay, press this at the gateway, come back."""

    def play(customer: Customer, _manager: Manager) -> list[str]:
        customer.goes_to_pay(customer.house)
        customer.chooses(choice, **more)
        return [customer.comes_back()]

    return play


def never_coming_back(case: str) -> Play:
    """Only the gateway's own word reaches the house."""

    def play(customer: Customer, _manager: Manager) -> list[str]:
        customer.goes_to_pay(customer.house)
        customer.chooses("weather", case=case)
        return ["(the browser was closed)"]

    return play


def with_refunds(mode: str) -> Play:
    """A wrong sum, so that money has to go back, which goes as ordered."""
    wrong = paying("weather", case="wrong_amount")

    def play(customer: Customer, manager: Manager) -> list[str]:
        weather(customer.house, "/refunds", mode=mode)
        return wrong(customer, manager)

    return play


def too_late(customer: Customer, _manager: Manager) -> list[str]:
    """The hold runs out at the gateway, and somebody else takes the seat."""
    showing, seat = customer.house.next_seat()
    customer.holds(showing, seat)
    customer.presses_pay()
    customer.house.time_is_over(customer.token)
    Customer(customer.house).holds(showing, seat)
    customer.chooses("pay")
    return [customer.comes_back()]


def late_but_free(customer: Customer, _manager: Manager) -> list[str]:
    """The hold runs out at the gateway, and nobody wants the seat."""
    customer.goes_to_pay(customer.house)
    customer.house.time_is_over(customer.token)
    customer.chooses("pay")
    return [customer.comes_back()]


def forged(customer: Customer, _manager: Manager) -> list[str]:
    """Somebody claims to have paid."""
    customer.goes_to_pay(customer.house)
    order = customer.hidden()["order_id"]
    customer.brought = {"razorpay_order_id": order, "razorpay_payment_id": "pay_AAAAAAAAAAAAAA",
                        "razorpay_signature": "0" * 64}  # fmt: skip
    return [customer.comes_back()]


def in_trouble(trouble: str) -> Play:
    """The API is ill when somebody presses "pay"; it gets well, and the page goes on by itself."""

    def play(customer: Customer, manager: Manager) -> list[str]:
        house = customer.house
        weather(house, "/trouble", trouble=trouble)
        customer.holds(*house.next_seat())
        customer.presses_pay()
        again = f"/b/{customer.token}/trying?n=1"
        told = [headline(customer.page), *(headline(customer.open(again)) for _ in range(2))]
        told += [warning(customer), f"(office: {manager.warning()})"]
        weather(house, "/fine")
        until(
            lambda: "/pay" in (customer.open(again) and customer.at), "the pay page", BACK_SECONDS
        )
        customer.chooses("pay")
        return [*dict.fromkeys(told), customer.comes_back()]

    return play


def warning(customer: Customer) -> str:
    """What a page with a form says while the gateway is down."""
    return headline(customer.open(f"/b/{customer.token}/checkout"))


CASES = (
    Case("late_success", "The bank says yes after a while", paying("late", late_seconds="2"),
         "We are checking your payment", "confirmed", CONFIRMED),
    Case("double_webhook", "Each webhook comes twice, the browser never", never_coming_back("double_webhook"),
         "See you", "confirmed", CONFIRMED),
    Case("out_of_order", "Webhooks in the wrong order, the browser never", never_coming_back("out_of_order"),
         "See you", "confirmed", CONFIRMED),
    Case("late_free", "Paid after the hold, the seat is still free", late_but_free,
         "See you", "confirmed", CONFIRMED),
    Case("late_taken", "Paid after the hold, the seat is somebody else's", too_late,
         "Your money is on its way back", "expired", SENT_BACK, office="Given back Refund"),
    Case("wrong_amount", "Another sum is paid", paying("weather", case="wrong_amount"),
         "which is not what these seats cost", "held", SENT_BACK, office="Given back Refund"),
    Case("paid_twice", "It is paid twice", paying("weather", case="paid_twice"),
         "See you", "confirmed", (*CONFIRMED, *SENT_BACK), office="Given back Refund"),
    Case("refund_pending", "A refund stays pending", with_refunds("pending"),
         "which is not what these seats cost", "held", ON_ITS_WAY, money="On its way"),
    Case("refund_failed", "A refund fails", with_refunds("failed"),
         "which is not what these seats cost", "held", ON_ITS_WAY, money="Refund failed",
         office="Failed Refund"),
    Case("payment_failed", "The bank says no", paying("fail", reason="insufficient_funds"),
         "There was not enough money in the account", "held", ("payment_failed",), office="insufficient_funds"),
    Case("order_lost", "The order is made, its answer lost", in_trouble("order_lost"),
         "See you", "confirmed", CONFIRMED),
    Case("429", "Too many requests (429)", in_trouble("429"),
         "Payment is not working just now", "confirmed", CONFIRMED, warned=DOWN),
    Case("500", "A fault over there (500)", in_trouble("500"),
         "Payment is not working just now", "confirmed", CONFIRMED, warned=DOWN),
    Case("html", "A page of HTML instead of an answer", in_trouble("html"),
         "Payment is not working just now", "confirmed", CONFIRMED, warned=DOWN),
    Case("hang", "Nothing is answered", in_trouble("hang"),
         "Payment is not working just now", "confirmed", CONFIRMED, warned=DOWN),
    Case("forged_return", "Somebody claims to have paid", forged,
         "That did not arrive whole", "held", ()),
)  # fmt: skip
