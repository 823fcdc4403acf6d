"""The office, open for business."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.admin.rows import Rows
from tests.factories import Cinema


@pytest.fixture
def rows(cinema: Cinema) -> Rows:
    """What happened before."""
    cinema.theater()
    return Rows(cinema)


@pytest.fixture
def manager(client: FlaskClient, sign_in: Callable[[FlaskClient, str], FlaskClient]) -> FlaskClient:
    """A manager, signed in."""
    return sign_in(client, "manager")
