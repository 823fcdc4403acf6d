"""A picture becomes a poster: two WebP files named by their content, and a film page's two colours.

Knows nothing of films: drawn posters and uploaded ones are kept the same way.
"""

import colorsys
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

SMALL, LARGE = (208, 312), (320, 480)
QUALITY = 55
READABLE = 7.0  # the contrast that WCAG asks of small text at level AAA
GROUND_SHARE = 0.1  # a colour on less of the sheet than this is no ground
PALETTE_SIZE = 24
LIGHTNESS_STEP = 0.01

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class PosterFiles:
    """The names of the stored files, and the colours as #rrggbb."""

    small: str
    large: str
    film: str
    film_ink: str


def save(image: Image.Image, folder: Path) -> PosterFiles:
    """Store a picture as a poster. The same picture twice gives the same files."""
    image = _flattened(image)
    folder.mkdir(parents=True, exist_ok=True)
    small, large = (_store(image, size, folder) for size in (SMALL, LARGE))
    return PosterFiles(small, large, *palette_of(image))


def _flattened(image: Image.Image) -> Image.Image:
    """Turned as its camera meant it, transparency on white, no metadata, three channels."""
    image = ImageOps.exif_transpose(image).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")


def _store(image: Image.Image, size: tuple[int, int], folder: Path) -> str:
    """Write one size unless a file of this content is there; gives its name."""
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    fitted.save(encoded, "WEBP", quality=QUALITY, method=6)
    name = f"{hashlib.sha256(encoded.getvalue()).hexdigest()[:20]}-{size[0]}.webp"
    if not (folder / name).exists():
        _write_whole(folder / name, encoded.getvalue())
    return name


def _write_whole(path: Path, content: bytes) -> None:
    """Readers see all of the file or none of it."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


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
    flat = tiny.quantize(PALETTE_SIZE, dither=Image.Dither.NONE).convert("RGB")
    pixels: list[tuple[int, Colour]] = flat.getcolors(PALETTE_SIZE) or []
    enough = tiny.width * tiny.height * GROUND_SHARE / 10
    frequent = [(count, colour) for count, colour in pixels if count >= enough]
    return sorted(frequent or pixels, reverse=True)


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
