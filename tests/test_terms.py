"""Terms of cancelling: how they are written, until when they hold, what they give back. Pure rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookingapp import terms
from bookingapp.settings import Settings
from bookingapp.settings_checks import SettingsError
from bookingapp.terms import Terms, TermsError

SHOW = datetime(2026, 12, 12, 14, 30, tzinfo=UTC)


def before(**span: float) -> datetime:
    return SHOW - timedelta(**span)


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        (before(days=9), [0, 50]),
        (before(hours=24), [0, 50]),
        (before(hours=24) + timedelta(microseconds=1), [50]),
        (before(hours=2), [50]),
        (before(hours=2) + timedelta(microseconds=1), []),
        (SHOW + timedelta(days=1), []),
    ],
)
def test_the_step_that_holds_is_the_first_still_ahead(now: datetime, kept: list[int]) -> None:
    ahead = terms.parse("24h:0%, 2h:50%", fee_back=False).ahead(SHOW, now)
    assert [until.percent for until in ahead] == kept


def test_cancelling_closes_at_the_last_step() -> None:
    assert terms.parse("3d:0%,90m:25%", fee_back=False).closes_at(SHOW) == before(minutes=90)
    assert terms.parse("0h:0%", fee_back=False).closes_at(SHOW) == SHOW
    assert terms.parse("off", fee_back=False).closes_at(SHOW) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has ''"),
        ("24h", "has '24h'"),
        ("24h:0", "has '24h:0'"),
        ("24h:101%", "has '24h:101%'"),
        ("24h:-1%", "has '24h:-1%'"),
        ("a day:0%", "has 'a day:0%'"),
        ("24h:0%,,2h:50%", "has ''"),
        ("2h:0%, 24h:50%", "must name 24h:50% before 2h:0%"),
        ("24h:0%, 1d:50%", "must name 1d:50% before 24h:0%"),
        ("24h:50%, 2h:10%", "keeps less at 2h:10% than earlier at 24h:50%"),
        (", ".join(f"{n}h:0%" for n in range(9, 0, -1)), "has 9 steps; at most 6"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_stops_the_start(text: str, says: str) -> None:
    with pytest.raises(TermsError):
        terms.parse(text, fee_back=False)
    with pytest.raises(SettingsError) as refused:
        Settings(cancel_policy=text)
    assert str(refused.value).startswith(f"CANCEL_POLICY {says}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("amount", "percent", "back"),
    [(18000, 0, 18000), (18000, 50, 9000), (18000, 100, 0), (1, 50, 1), (33, 50, 17), (12345, 10, 11111)],
)  # fmt: skip
def test_half_a_paisa_is_the_customers(amount: int, percent: int, back: int) -> None:
    assert terms.returned(amount, percent) == back


def steps() -> st.SearchStrategy[Terms]:
    """Any terms somebody may set."""

    def written(hours: set[int], kept: list[int]) -> Terms:
        pairs = zip(sorted(hours, reverse=True), sorted(kept), strict=False)
        text = ", ".join(f"{hour}h:{percent}%" for hour, percent in pairs)
        return terms.parse(text or "off", fee_back=bool(hours) and min(hours) % 2 == 0)

    sizes = st.integers(0, 6)
    return sizes.flatmap(
        lambda size: st.builds(
            written,
            st.sets(st.integers(0, 9999), min_size=size, max_size=size),
            st.lists(st.integers(0, 100), min_size=size, max_size=size),
        )
    )


@given(steps())
def test_terms_kept_with_a_booking_are_read_as_they_were_written(own: Terms) -> None:
    assert terms.read(own.written) == own
    assert len(own.written) <= 120, "the column holds them"


@given(steps(), st.integers(0, 10**6), st.integers(0, 10**7), st.integers(0, 10**7))
def test_whoever_cancels_earlier_never_gets_less(
    own: Terms, amount: int, early: int, late: int
) -> None:
    first, then = sorted((early, late), reverse=True)

    def back(minutes: int) -> int:
        ahead = own.ahead(SHOW, SHOW - timedelta(minutes=minutes))
        return terms.returned(amount, ahead[0].percent) if ahead else 0

    assert amount >= back(first) >= back(then) >= 0
