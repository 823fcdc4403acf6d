"""A film page's two colours come from its poster and can be read on each other."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from PIL import Image, ImageColor

from bookingapp.posters.palette import contrast, palette_of

colours = st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))


def sheet(*stripes: tuple[int, int, int]) -> Image.Image:
    """A poster in stripes of equal height."""
    image = Image.new("RGB", (320, 480))
    height = 480 // len(stripes)
    for index, colour in enumerate(stripes):
        image.paste(colour, (0, index * height, 320, (index + 1) * height))
    return image


def triple(colour: str) -> tuple[int, int, int]:
    red, green, blue, *_ = ImageColor.getrgb(colour)
    return red, green, blue


@settings(max_examples=60)
@given(st.lists(colours, min_size=1, max_size=5))
def test_ink_on_ground_has_a_contrast_of_seven_whatever_the_poster(
    stripes: list[tuple[int, int, int]],
) -> None:
    film, ink = palette_of(sheet(*stripes))
    assert contrast(triple(film), triple(ink)) >= 7


def test_colours_that_can_be_read_are_taken_as_they_are() -> None:
    assert palette_of(sheet((13, 63, 73), (13, 63, 73), (248, 231, 176))) == ("#0d3f49", "#f8e7b0")


def test_a_pale_ground_gives_way_to_a_dark_colour_of_the_poster() -> None:
    pink, plum, blush = (246, 183, 178), (59, 11, 30), (255, 233, 223)
    assert palette_of(sheet(pink, pink, pink, plum, blush)) == ("#3b0b1e", "#ffe9df")


def test_a_ground_that_has_to_be_darkened_keeps_its_hue() -> None:
    film, _ = palette_of(sheet((216, 52, 43), (216, 52, 43), (255, 247, 230)))
    red, green, blue = triple(film)
    assert red > 2 * green
    assert red > 2 * blue


@pytest.mark.parametrize(("one", "other", "ratio"), [("#fff", "#000", 21), ("#777", "#fff", 4.48)])
def test_contrast_is_measured_as_the_guidelines_say(one: str, other: str, ratio: float) -> None:
    assert contrast(triple(one), triple(other)) == pytest.approx(ratio, abs=0.01)
