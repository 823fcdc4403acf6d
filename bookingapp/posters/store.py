"""A picture becomes a poster: two WebP files named by their content, and a film page's colours.

Knows nothing of films: drawn posters and uploaded ones are kept the same way.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from bookingapp.posters.palette import palette_of

SMALL, LARGE = (208, 312), (320, 480)
QUALITY = 55


@dataclass(frozen=True)
class PosterFiles:
    """`key` names both files (see `file_name`); the colours are #rrggbb."""

    key: str
    film: str
    film_ink: str


def file_name(key: str, width: int) -> str:
    """The file of a poster in one of its widths, 208 or 320."""
    return f"{key}-{width}.webp"


def save(image: Image.Image, folder: Path) -> PosterFiles:
    """Store a picture as a poster. The same picture twice gives the same files."""
    image = _flattened(image)
    sizes = {size[0]: _encoded(image, size) for size in (SMALL, LARGE)}
    key = hashlib.sha256(b"".join(sizes.values())).hexdigest()[:20]
    folder.mkdir(parents=True, exist_ok=True)
    for width, content in sizes.items():
        _write_whole(folder / file_name(key, width), content)
    return PosterFiles(key, *palette_of(image))


def _flattened(image: Image.Image) -> Image.Image:
    """Turned as its camera meant it, transparency on white, no metadata, three channels."""
    image = ImageOps.exif_transpose(image).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")


def _encoded(image: Image.Image, size: tuple[int, int]) -> bytes:
    """The picture cut to two by three and made small."""
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    fitted.save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()


def _write_whole(path: Path, content: bytes) -> None:
    """Readers see all of the file or none of it."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
