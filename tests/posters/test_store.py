"""A picture becomes two small files named by what they show."""

from pathlib import Path

import pytest
from PIL import Image

from bookingapp import posters

RED = (180, 20, 30)


def kept(folder: Path, key: str, width: int) -> Image.Image:
    return Image.open(folder / posters.file_name(key, width))


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    colour = image.getpixel((x, y))
    assert isinstance(colour, tuple)
    return colour


def test_a_poster_is_kept_in_two_sizes_as_webp(tmp_path: Path) -> None:
    key = posters.save(Image.new("RGB", (960, 1440), RED), tmp_path).key
    small, large = kept(tmp_path, key, 208), kept(tmp_path, key, 320)
    assert (small.size, small.format) == ((208, 312), "WEBP")
    assert (large.size, large.format) == ((320, 480), "WEBP")


def test_the_same_picture_twice_is_one_poster(tmp_path: Path) -> None:
    first = posters.save(Image.new("RGB", (960, 1440), RED), tmp_path)
    again = posters.save(Image.new("RGB", (960, 1440), RED), tmp_path)
    assert first == again
    assert len(list(tmp_path.iterdir())) == 2


def test_another_picture_is_another_poster(tmp_path: Path) -> None:
    red = posters.save(Image.new("RGB", (960, 1440), RED), tmp_path)
    blue = posters.save(Image.new("RGB", (960, 1440), "navy"), tmp_path)
    assert red.key != blue.key


def test_a_wide_picture_is_cut_and_not_squeezed(tmp_path: Path) -> None:
    wide = Image.new("RGB", (1600, 600), RED)
    wide.paste("blue", (600, 0, 1000, 600))
    key = posters.save(wide, tmp_path).key
    left, right = (pixel(kept(tmp_path, key, 320), x, 240) for x in (2, 317))
    assert left[2] > 200
    assert right[2] > 200
    assert right[2] > 200


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "LA", "I;16"])
def test_any_kind_of_picture_can_be_kept(mode: str, tmp_path: Path) -> None:
    key = posters.save(Image.new(mode, (300, 400)), tmp_path).key
    assert kept(tmp_path, key, 208).mode == "RGB"


def test_what_is_transparent_turns_white(tmp_path: Path) -> None:
    key = posters.save(Image.new("RGBA", (400, 600), (0, 0, 0, 0)), tmp_path).key
    assert pixel(kept(tmp_path, key, 208), 100, 100) == (255, 255, 255)


def test_where_a_photograph_was_taken_is_not_kept(tmp_path: Path) -> None:
    photograph = Image.new("RGB", (400, 600), RED)
    exif = photograph.getexif()
    exif[0x010E] = "a description with a place"
    photograph.save(tmp_path / "camera.jpg", exif=exif)
    key = posters.save(Image.open(tmp_path / "camera.jpg"), tmp_path).key
    assert not kept(tmp_path, key, 320).getexif()


def test_a_picture_taken_sideways_is_turned_upright(tmp_path: Path) -> None:
    sideways = Image.new("RGB", (600, 400), RED)
    sideways.paste("blue", (0, 0, 300, 400))
    exif = sideways.getexif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise: what is left comes to the top
    sideways.save(tmp_path / "camera.jpg", exif=exif, quality=95)
    key = posters.save(Image.open(tmp_path / "camera.jpg"), tmp_path).key
    top, foot = (pixel(kept(tmp_path, key, 208), 104, y) for y in (20, 290))
    assert top[2] > 200
    assert foot[2] < 60
