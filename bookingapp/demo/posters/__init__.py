"""The season's posters in four families: stack, figure, shadow and rhythm.

`draw(key)` gives a poster three times as large as it is shown.
"""

from collections.abc import Callable

from PIL import Image

from bookingapp.demo.posters import city, figure, rhythm, shadow, stack
from bookingapp.posters.canvas import Sheet

POSTERS: dict[str, Callable[[], Sheet]] = {
    "achmed": rhythm.prince_achmed,
    "caligari": shadow.caligari,
    "camera": rhythm.man_with_a_movie_camera,
    "dice": rhythm.a_throw_of_dice,
    "general": stack.the_general,
    "metropolis": city.metropolis,
    "moon": figure.a_trip_to_the_moon,
    "nosferatu": shadow.nosferatu,
    "safety": city.safety_last,
    "sherlock": rhythm.sherlock_jr,
    "shiraz": figure.shiraz,
    "sunrise": figure.sunrise,
}


def draw(key: str) -> Image.Image:
    """The poster of one film of the season."""
    return POSTERS[key]().image
