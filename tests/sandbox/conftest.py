"""What the room's tests share beside the suite's one `sandbox`."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox_process import SandboxProcess

DEADLINE = 10.0


@pytest.fixture
def sdk(sandbox: SandboxProcess) -> Any:
    """The real razorpay client, pointed at the sandbox."""
    return sandbox.client()


def wait_until(condition: Callable[[], object]) -> None:
    """Until it holds, or the test fails."""
    until = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
