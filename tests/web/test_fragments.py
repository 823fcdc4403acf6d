"""Pieces that are kept are kept for the same values only."""

from collections.abc import Callable

import pytest
from flask import Flask

from bookingapp.web import fragments


@pytest.fixture
def draw() -> Callable[[str], Callable[[], str]]:
    """A caller that counts on its own fingers."""
    return lambda text: lambda: text


@pytest.mark.engine("sqlite")  # no database is asked
def test_the_same_values_are_drawn_once(
    app: Flask, draw: Callable[[str], Callable[[], str]]
) -> None:
    with app.test_request_context("/"):
        assert fragments.remembered("once", 1, caller=draw("first")) == "first"
        assert fragments.remembered("once", 1, caller=draw("second")) == "first"
        assert fragments.remembered("once", 2, caller=draw("other")) == "other"


@pytest.mark.engine("sqlite")
def test_another_root_of_addresses_is_another_piece(
    app: Flask, draw: Callable[[str], Callable[[], str]]
) -> None:
    with app.test_request_context("/", base_url="http://a.test/"):
        assert fragments.remembered("root", caller=draw("at the root")) == "at the root"
    with app.test_request_context("/", base_url="http://a.test/tickets"):
        assert fragments.remembered("root", caller=draw("below")) == "below"


@pytest.mark.engine("sqlite")
def test_a_debugging_developer_always_sees_it_drawn(
    app: Flask, draw: Callable[[str], Callable[[], str]]
) -> None:
    app.debug = True
    with app.test_request_context("/"):
        assert fragments.remembered("debug", caller=draw("old")) == "old"
        assert fragments.remembered("debug", caller=draw("new")) == "new"


@pytest.mark.engine("sqlite")
def test_only_so_many_pieces_are_kept_and_the_oldest_goes_first(
    app: Flask, draw: Callable[[str], Callable[[], str]]
) -> None:
    with app.test_request_context("/"):
        fragments.remembered("oldest", caller=draw("kept"))
        fragments.remembered("used", caller=draw("kept"))
        for number in range(fragments.KEPT - 1):
            fragments.remembered("filling", number, caller=draw(""))
            fragments.remembered("used", caller=draw("drawn again"))
        assert fragments.remembered("used", caller=draw("drawn again")) == "kept"
        assert fragments.remembered("oldest", caller=draw("drawn again")) == "drawn again"
