"""No page, in no state, by day or night, on a phone or a desk, gives a person or a browser trouble."""

import pytest

from tests.pages.audit import Findings
from tests.pages.walk import STOPS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),  # the first test waits for the walk through all pages
]


def test_the_walk_leads_past_every_page(findings: dict[str, Findings]) -> None:
    assert tuple(findings) == STOPS


@pytest.mark.parametrize("stop", STOPS)
def test_axe_finds_nothing_by_day_and_night_on_phones_and_desks(
    findings: dict[str, Findings], stop: str
) -> None:
    assert {where: said for where, said in findings[stop].axe.items() if said} == {}
    assert len(findings[stop].axe) == 4


@pytest.mark.parametrize("stop", STOPS)
def test_no_page_is_wider_than_its_screen(findings: dict[str, Findings], stop: str) -> None:
    assert findings[stop].too_wide == {360: 0, 1280: 0}


@pytest.mark.parametrize("stop", STOPS)
def test_the_browser_complains_of_nothing(findings: dict[str, Findings], stop: str) -> None:
    assert findings[stop].complaints == []
