"""A film without a poster gets one from its title, whatever the title is."""

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings
from PIL import Image, ImageChops

from bookingapp.posters import titled
from bookingapp.posters.lettering import Face


def differ(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=200), st.text(max_size=60), st.text(max_size=9), st.text())
@example("राजा हरिश्चन्द्र", "दादासाहेब फाळके", "१९१३", "1")
@example("W" * 200, "", "", "")
@example("\u0301" * 200, "", "", "")
@example(" ", "", "", "")
@example(" ".join("a" * 100), "A Director With a Very Long Name Indeed, and Others", "1921", "x")
def test_any_title_makes_a_poster(title: str, credit: str, year: str, seed: str) -> None:
    assert titled(title, credit, year, seed).size == (960, 1440)


def test_the_title_stands_on_the_poster() -> None:
    words, none = titled("Pather Panchali", "", "", "7"), titled(" ", "", "", "7")
    assert differ(words.crop((0, 0, 960, 800)), none.crop((0, 0, 960, 800)))


@pytest.mark.parametrize(
    "title", ["It", "Her", "The Kid", "Intolerance: Love's Struggle", "a " * 90]
)
def test_the_title_stays_above_the_machine_and_inside_the_sheet(title: str) -> None:
    inked = ImageChops.difference(titled(title, "", "", "7"), titled(" ", "", "", "7")).getbbox()
    assert inked is not None
    left, top, right, foot = inked
    assert left >= 60
    assert right <= 900
    assert top >= 68
    assert foot <= 804


def test_no_poster_shows_the_boxes_of_missing_letters() -> None:
    # of a private use area: no typeface has this letter
    assert not differ(titled("\ue0ff\ue0fe", "", "", "7"), titled(" ", "", "", "7"))


def test_a_short_title_is_set_large() -> None:
    inked = ImageChops.difference(titled("Her", "", "", "7"), titled(" ", "", "", "7")).getbbox()
    assert inked is not None
    assert inked[3] - inked[1] > 500


def test_the_same_seed_draws_the_same_poster() -> None:
    assert not differ(titled("Her", "", "2013", "5"), titled("Her", "", "2013", "5"))


def test_neighbouring_films_do_not_all_look_alike() -> None:
    grounds = {titled("Her", "", "", str(seed)).getpixel((4, 4)) for seed in range(12)}
    assert len(grounds) >= 4


def test_the_sign_face_knows_what_it_can_set() -> None:
    assert Face().covers("GEORGES MÉLIÈS, 1902!")
    assert not Face().covers("हिन्दी")
    assert not Face().covers("₹")
