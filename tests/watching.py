"""Who watches the house: a drain that has just come round, rows, a token, an address elsewhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from bookingapp import heartbeat
from tests.admin.rows import Rows
from tests.factories import Cinema

TOKEN = pytest.mark.settings(metrics_token="let the scraper in")
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture(autouse=True)
def beating() -> Iterator[None]:
    """A drain that has just come round."""
    heartbeat.beat("drain")
    yield
    heartbeat.clear()


@pytest.fixture
def rows(cinema: Cinema) -> Rows:
    """What happened before."""
    return Rows(cinema)


def health(client: FlaskClient, **how: Any) -> tuple[int, dict[str, Any]]:
    answer = client.get("/healthz", **how)
    return answer.status_code, answer.get_json()
