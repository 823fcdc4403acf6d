"""QR pictures, held against the library that draws them slowly and against two scanners."""

import io
import re
import struct
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode.base import rs_blocks
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from bookingapp import qr

LINK = "https://tickets.example.org/t/7Q4MXW2PABCDEFGHJKLMNPQRST"
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=120)


def drawn_by_library(text: str) -> Image.Image:
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4, box_size=3, mask_pattern=qr.MASK)
    code.add_data(text)
    code.make(fit=True)
    return code.make_image().get_image().convert("L")


def picture(text: str, scale: int = 3) -> Image.Image:
    return Image.open(io.BytesIO(qr.png(text, scale)))


@settings(max_examples=25, deadline=None)
@given(texts)
def test_the_png_is_the_librarys_picture_to_the_pixel(text: str) -> None:
    ours = picture(text).convert("L").point(lambda value: 255 if value > 128 else 0)
    assert ours.tobytes() == drawn_by_library(text).tobytes()


anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)
digits = st.text("0123456789", min_size=1, max_size=900)
tokens = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=26, max_size=26)


@settings(max_examples=60)
@given(st.one_of(anything, digits, tokens.map(LINK[:29].__add__)))
def test_every_module_is_the_librarys_whatever_the_text(text: str) -> None:
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=qr.MASK)
    code.add_data(text)
    code.make(fit=True)
    assert qr.matrix(text) == [[bool(module) for module in row] for row in code.modules]


@pytest.mark.parametrize("version", range(1, 41))
def test_every_size_of_code_is_the_librarys(version: int) -> None:
    code = QRCode(version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=qr.MASK)
    room = sum(block.data_count for block in rs_blocks(version, ERROR_CORRECT_M))
    text = "a!" * 2000
    code.add_data(text[: room - 3], optimize=0)
    code.make(fit=True)
    assert code.version == version
    assert qr.matrix(text[: room - 3]) == [[bool(m) for m in row] for row in code.modules]


@pytest.mark.parametrize("scale", [1, 2, 7, 8])
def test_any_scale_gives_whole_lines(scale: int) -> None:
    found = picture(LINK, scale)
    found.load()
    assert found.size == ((33 + 8) * scale,) * 2


def test_the_png_has_one_bit_a_pixel_and_cherry_on_white() -> None:
    found = picture(LINK)
    # IHDR: width, height, bit depth, colour type (3: by palette)
    assert struct.unpack(">IIBB", qr.png(LINK)[16:26])[2:] == (1, 3)
    colours = {colour for _, colour in found.convert("RGB").getcolors() or []}
    assert colours == {(255, 255, 255), (0x2A, 0x0B, 0x17)}
    assert len(qr.png(LINK, 8)) < 700


def test_the_quiet_zone_is_painted_in() -> None:
    found = picture(LINK, 1).convert("L")
    side = found.width
    edge = [found.getpixel((x, y)) for x in range(side) for y in range(side)
            if min(x, y, side - 1 - x, side - 1 - y) < qr.QUIET]  # fmt: skip
    assert set(edge) == {255}


def test_a_phones_scanner_reads_it() -> None:
    assert [found.text for found in zxingcpp.read_barcodes(picture(LINK, 8).convert("L"))] == [LINK]


def test_another_scanner_reads_it_too(tmp_path: Path) -> None:
    assert Path("/usr/bin/zbarimg").exists(), "Install it: apt-get install zbar-tools"
    (tmp_path / "code.png").write_bytes(qr.png(LINK, 8))
    said = subprocess.run(
        ["zbarimg", "-q", "--raw", str(tmp_path / "code.png")], capture_output=True, check=True
    )
    assert said.stdout.decode().strip() == LINK


def test_the_code_is_small_enough_for_a_phone_in_a_dark_hall() -> None:
    assert len(qr.matrix(LINK)) <= 33


def test_the_path_draws_the_same_modules() -> None:
    side, path = qr.svg_path(LINK)
    dark = set()
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path):
        dark |= {(int(x) + i - qr.QUIET, int(y) - qr.QUIET) for i in range(int(run))}
    rows = qr.matrix(LINK)
    assert side == len(rows) + 2 * qr.QUIET
    assert dark == {
        (x, y) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    }
