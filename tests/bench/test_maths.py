"""What a benchmark says about its numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import maths
from bench.maths import Result

some = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=50)


@given(some, st.floats(0.01, 1))
def test_a_percentile_is_one_of_the_values_and_enough_of_them_do_not_exceed_it(
    values: list[float], share: float
) -> None:
    found = maths.percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1, 100), (0.001, 1)]
)
def test_the_percentiles_of_one_to_a_hundred_are_themselves(share: float, value: int) -> None:
    assert maths.percentile([float(n) for n in range(100, 0, -1)], share) == value


def test_the_value_is_the_median_and_one_wild_run_does_not_move_it() -> None:
    assert Result("rss_mib", [90.0, 91.0, 900.0]).value == 91.0


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("rss_mib", 99.0, "aim"),
        ("rss_mib", 120.0, "must"),
        ("rss_mib", 151.0, "MISSED"),
        ("purchases_per_s_8", 31.0, "aim"),
        ("purchases_per_s_8", 15.0, "must"),
        ("purchases_per_s_8", 14.9, "MISSED"),
        ("programme_rps", 1.0, "-"),
    ],
)
def test_the_verdict_knows_whether_more_is_better(name: str, value: float, verdict: str) -> None:
    assert Result(name, [value]).verdict == verdict


def test_a_must_with_an_or_is_met_by_its_other_half_but_never_becomes_the_aim() -> None:
    slow = Result("page_p95_ratio_while_draining", [1.8], excused=maths.page_excused(5, 9))
    assert slow.verdict == "must"
    assert Result("page_p95_ratio_while_draining", [1.8]).verdict == "MISSED"
    assert not maths.page_excused(5, 15.1)


def test_eight_connections_at_170_milliseconds_a_mail_are_47_a_second() -> None:
    assert maths.round_trip_limit(8, 0.020, 0.150) == pytest.approx(47.06, abs=0.01)


@given(st.floats(1e-6, 1e9))
def test_rounding_keeps_three_digits_and_is_never_far_off(value: float) -> None:
    assert maths.rounded(value) == pytest.approx(value, rel=0.005)


def test_a_result_is_kept_in_the_shape_that_was_agreed() -> None:
    assert Result("rss_mib", [90.04, 80.0, 120.0]).as_json() == {
        "name": "rss_mib", "value": 90.0, "unit": "MiB", "runs": 3, "min": 80.0, "max": 120.0,
    }  # fmt: skip
