"""From a screenshot to a small file, and the picture on top of the README."""

import io
from pathlib import Path

from PIL import Image

COLOURS = 44
TALLEST = 1500
GROUND = "#e3f0f7"


def keep(shot: bytes, path: Path) -> None:
    """Write it as a PNG of a few colours, cut off where nobody looks any more."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    # k-means keeps the few yellow things yellow; a median cut alone greys them.
    few = image.quantize(
        COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
    )
    few.save(path, "PNG", optimize=True)


def side_by_side(paths: list[Path], target: Path, height: int = 1180, gap: int = 36) -> None:
    """Several phones beside each other on the day's ground."""
    phones = [Image.open(path).convert("RGB") for path in paths]
    width = sum(phone.width for phone in phones) + gap * (len(phones) + 1)
    sheet = Image.new("RGB", (width, height + 2 * gap), GROUND)
    left = gap
    for phone in phones:
        seen = phone.crop((0, 0, phone.width, min(phone.height, height)))
        sheet.paste(seen, (left, gap))
        left += phone.width + gap
    few = sheet.quantize(128, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    few.save(target, "PNG", optimize=True)
