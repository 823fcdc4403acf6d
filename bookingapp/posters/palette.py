"""A film page's two colours, taken from its poster and made readable on each other."""

import colorsys
from typing import cast

from PIL import Image

READABLE = 7.0  # the contrast that WCAG asks of small text at level AAA
GROUND_SHARE = 0.1  # a colour on less of the sheet than this is no ground
STRAY_SHARE = 0.01  # and on less than this it is only the edge of another
COLOURS_COUNTED = 24
LIGHTNESS_STEP = 0.01

Colour = tuple[int, int, int]


def palette_of(image: Image.Image) -> tuple[str, str]:
    """Ground and ink for a film's page: from the poster, and readable (7:1) on each other."""
    counted = _counted(image)
    ink = max((colour for _, colour in counted), key=luminance)
    grounds = [(count, colour) for count, colour in counted if colour != ink] or counted
    film = _ground(grounds, ink)
    while contrast(film, ink) < READABLE and max(film) > 0:
        film = _relit(film, -LIGHTNESS_STEP)
    while contrast(film, ink) < READABLE:
        ink = _relit(ink, LIGHTNESS_STEP)
    return hexed(film), hexed(ink)


def _counted(image: Image.Image) -> list[tuple[int, Colour]]:
    """The picture's main colours, the most frequent first, stray ones left out."""
    tiny = image.convert("RGB").resize((104, 156), Image.Resampling.BOX)
    flat = tiny.quantize(COLOURS_COUNTED, dither=Image.Dither.NONE).convert("RGB")
    # without quantize's palette the colours come as triples, which the stubs can't know
    counted = cast("list[tuple[int, Colour]]", flat.getcolors(COLOURS_COUNTED))
    enough = tiny.width * tiny.height * STRAY_SHARE
    frequent = [(count, colour) for count, colour in counted if count >= enough]
    return sorted(frequent, reverse=True)


def _ground(counted: list[tuple[int, Colour]], ink: Colour) -> Colour:
    """The most frequent colour that already carries the ink; else just the most frequent."""
    everything = sum(count for count, _ in counted)
    for count, colour in counted:
        if contrast(colour, ink) >= READABLE and count >= everything * GROUND_SHARE:
            return colour
    return counted[0][1]


def _relit(colour: Colour, by: float) -> Colour:
    """The same hue, a little lighter or darker."""
    hue, light, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
    red, green, blue = colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light + by)), saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG defines it."""
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio as WCAG defines it, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def hexed(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
