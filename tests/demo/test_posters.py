"""The season's posters: light enough for a phone, quick enough for a first start, none alike."""

import time
from pathlib import Path

import pytest

from bookingapp import posters
from bookingapp.demo.posters import POSTERS, draw
from bookingapp.posters.palette import contrast

HEAVIEST = 7_900


@pytest.mark.parametrize("key", POSTERS)
def test_a_poster_fits_a_phone_and_its_colours_can_be_read(key: str, tmp_path: Path) -> None:
    files = posters.save(draw(key), tmp_path)
    assert (tmp_path / posters.file_name(files.key, 208)).stat().st_size <= HEAVIEST
    film, ink = (
        (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
        for colour in (files.film, files.film_ink)
    )
    assert contrast(film, ink) >= 7


def test_a_dozen_posters_are_drawn_and_kept_in_less_than_eight_seconds(tmp_path: Path) -> None:
    start = time.process_time()
    keys = {posters.save(draw(key), tmp_path).key for key in POSTERS}
    assert time.process_time() - start < 8
    assert len(keys) == 12
