"""What the room's tests share beside the suite's one `sandbox`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.house import wait_for
from tests.sandbox.merchant import Merchant, merchant
from tests.sandbox_process import SandboxProcess

DEADLINE = 10.0


@pytest.fixture
def sdk(sandbox: SandboxProcess) -> Any:
    """The real razorpay client, pointed at the sandbox."""
    return sandbox.client()


def wait_until(condition: Callable[[], object]) -> None:
    """Until it holds, or the test fails."""
    wait_for(condition, "change", DEADLINE)


@pytest.fixture
def shop(sandbox: SandboxProcess) -> Iterator[Merchant]:
    """A merchant whose page may use this sandbox."""
    with merchant() as running:
        running.sandbox_url = sandbox.base_url
        yield running


@pytest.fixture
def fields(sandbox: SandboxProcess, shop: Merchant) -> dict[str, str]:
    """What a merchant's form sends along to pay a fresh order of INR 450."""
    return {
        "key_id": sandbox.key_id,
        "order_id": sandbox.order(45000)["id"],
        "amount": "45000",
        "currency": "INR",
        "name": "The Roxy",
        "description": "Metropolis, 2 seats",
        "prefill[email]": "asha@example.com",
        "callback_url": f"{shop.url}/return",
        "cancel_url": f"{shop.url}/left",
    }
