"""One event delivered a hundred times while its buyer comes back: one confirmation, one letter."""

from collections.abc import Callable
from functools import partial

import requests

from tests.booking import events
from tests.sandbox_process import SandboxProcess
from tests.torture.ground import Ground, unharmed
from tests.torture.letterbox import Postbox, by_id, settle
from tests.torture.people import Person, together
from tests.torture.scale import sizes

ROUNDS = 5
CONFIRMED = "booking WHERE manage_token = :token AND state = 'confirmed'"


def gateway(sandbox: SandboxProcess) -> dict[str, str]:
    """Settings that point a house at a sandbox which tells nothing by itself."""
    return {
        "payment_gateway": "razorpay", "razorpay_key_id": sandbox.key_id,
        "razorpay_key_secret": sandbox.key_secret, "razorpay_base_url": sandbox.base_url,
        "razorpay_checkout_js": sandbox.base_url + "/v1/checkout.js",
        "razorpay_webhook_secret": events.SECRET,
    }  # fmt: skip


@sizes(12, 100)
def test_a_hundred_deliveries_of_one_event_and_the_browsers_return_confirm_once(
    ground: Ground, size: int, sandbox: SandboxProcess, postbox: Postbox, figures: dict[str, object]
) -> None:
    house = ground.house(postbox.port, **gateway(sandbox))
    house.sandbox_url = sandbox.base_url
    house.open()
    seats, slowest = ground.seats(), 0.0
    for _ in range(ROUNDS):
        person = Person(house)
        person.goes_to_the_gateway(*next(seats))
        person.pays()
        delivery = events.captured(sandbox, person.brought["razorpay_payment_id"])
        deliver = partial(delivery.send, house.url + events.ADDRESS)
        deeds: list[Callable[[], object]] = [*[deliver] * size, person.comes_back]
        answers = together(deeds)
        told = [answer for answer in answers if isinstance(answer, requests.Response)]
        assert {answer.status_code for answer in told} == {200}
        assert sorted(answer.text for answer in told).count("taken\n") == 1
        slowest = max(slowest, *(answer.elapsed.total_seconds() for answer in told))
        assert ground.count(CONFIRMED, token=person.token) == 1
    settle(ground, house)
    unharmed(house)
    letters = by_id(postbox.contents)
    assert [len(copies) for copies in letters.values()] == [1] * ROUNDS
    assert ground.count("webhook_event") == ROUNDS
    assert slowest < 5, "the gateway sends it again after 5 seconds"
    figures.update(
        {"deliveries": ROUNDS * size, "confirmations": ROUNDS, "letters": len(letters),
         "slowest answer": f"{slowest * 1000:.0f} ms"})  # fmt: skip
