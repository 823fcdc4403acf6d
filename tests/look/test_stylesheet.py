"""The stylesheets keep their promises: contrasts, weight, a seat plan of any shape."""

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "bookingapp" / "static"
MATINEE = (STATIC / "matinee.css").read_text(encoding="utf-8")
SEATS = (STATIC / "seats.css").read_text(encoding="utf-8")
TEXT, LARGE = 4.5, 3.0  # WCAG 2.2 AA; shapes need as much as large text
PAIRS = [
    ("ink", "page", TEXT), ("ink", "surface", TEXT), ("muted", "page", TEXT),
    ("muted", "surface", TEXT), ("muted", "sunken", TEXT), ("link", "page", TEXT),
    ("link", "surface", TEXT), ("on-action", "action", TEXT), ("action", "page", LARGE),
    ("edge", "page", LARGE), ("edge", "surface", LARGE), ("focus", "page", LARGE),
    ("letter", "board", TEXT), ("letter-2", "board", TEXT), ("ok", "ok-bg", TEXT),
    ("bad", "bad-bg", TEXT), ("bad", "page", TEXT), ("bad", "surface", TEXT),
    ("warn", "warn-bg", TEXT), ("info", "info-bg", TEXT), ("idle", "idle-bg", TEXT),
    ("bar", "surface", LARGE),
]  # fmt: skip


def scheme(name: str) -> dict[str, str]:
    """Each token's value by day or at night."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", MATINEE)
    return {token: day if name == "day" else night for token, day, night in found}


def constants() -> dict[str, str]:
    """What is declared plainly: the same by day and night, and the day for old browsers."""
    found: dict[str, str] = {}
    for token, value in re.findall(r"--([\w-]+): (#\w+);", MATINEE):
        found.setdefault(token, value)
    return found


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * d for d in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG's ratio, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("time", ["day", "night"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_a_token_can_be_read_on_its_ground(
    time: str, front: str, ground: str, least: float
) -> None:
    colours = scheme(time)
    assert contrast(colours[front], colours[ground]) >= least


@pytest.mark.parametrize("stock", ["mint", "rose", "lilac", "sand", "sun"])
def test_cherry_text_can_be_read_on_every_ticket_stock(stock: str) -> None:
    colours = constants()
    assert contrast(colours["cherry"], colours[stock]) >= 7


def test_a_browser_without_light_dark_gets_the_day() -> None:
    day = scheme("day")
    assert {token: constants()[token] for token in day} == day


def test_a_plan_may_have_from_8_to_80_half_columns() -> None:
    assert [int(n) for n in re.findall(r"\.w(\d+) \{ --cols: \1; \}", SEATS)] == list(range(8, 81))


def test_a_seat_may_stand_at_any_of_80_half_columns() -> None:
    assert [int(n) for n in re.findall(r"\.x(\d+) \{ --x: \1; \}", SEATS)] == list(range(1, 81))


def test_every_page_loads_at_most_10_kb_of_style() -> None:
    assert len(gzip.compress(MATINEE.encode())) <= 10 * 1024


@pytest.mark.parametrize("sheet", ["matinee.css", "seats.css", "office.css"])
def test_every_file_a_stylesheet_names_is_there(sheet: str) -> None:
    named = re.findall(r'url\("([^"]+)"\)', (STATIC / sheet).read_text(encoding="utf-8"))
    assert [name for name in named if not (STATIC / name).is_file()] == []
