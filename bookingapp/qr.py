"""Text to a QR picture: the modules, a PNG for mails, an SVG path for pages. Knows nothing of cinemas.

Level M, a fixed mask: any mask is legal to a scanner, and trying all eight costs ten times as much.
The PNG is written here by zlib, one bit a module: seven times quicker than by an image library, and
tested against one.
"""

import struct
import zlib
from functools import lru_cache
from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4  # white modules around; the standard's number, painted in so that no dark page eats it
MASK = 2
# Cherry on white, as on paper tickets.
PALETTE = bytes.fromhex("ffffff2a0b17")
SIGNATURE = b"\x89PNG\r\n\x1a\n"


_sizes: dict[tuple[tuple[int, int], ...], int] = {}


@lru_cache(maxsize=64)
def _modules(text: str) -> tuple[tuple[bool, ...], ...]:
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    code.add_data(text)
    # The library writes all bits twice over to find the smallest size; texts of one shape share it.
    shape = tuple((part.mode, len(part.data)) for part in code.data_list)
    code.version = _sizes.get(shape) or _sizes.setdefault(shape, code.best_fit())
    code.make(fit=False)
    return tuple([tuple([module is True for module in row]) for row in code.modules])


def matrix(text: str) -> list[list[bool]]:
    """The code's modules, row by row, True is dark; without the quiet zone."""
    return [list(row) for row in _modules(text)]


def png(text: str, scale: int = 8) -> bytes:
    """The picture with its white quiet zone, `scale` pixels a module, one bit a pixel."""
    rows = _modules(text)
    side = (len(rows) + 2 * QUIET) * scale
    width = (side + 7) // 8
    margin = (b"\0" + b"\0" * width) * (QUIET * scale)
    body = b"".join((b"\0" + _packed(row, scale, side, width)) * scale for row in rows)
    header = struct.pack(">IIBBBBB", side, side, 1, 3, 0, 0, 0)
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", PALETTE),
            _chunk(b"IDAT", zlib.compress(margin + body + margin, 4)),
            _chunk(b"IEND", b""),
        )
    )


@lru_cache(maxsize=64)
def svg_path(text: str) -> tuple[int, str]:
    """(side in modules with the quiet zone, path data of the dark ones) for an inline SVG."""
    rows = _modules(text)
    parts = []
    for y, row in enumerate(rows, QUIET):
        x = QUIET
        for dark, run in groupby(row):
            width = len(list(run))
            if dark:
                parts.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    return len(rows) + 2 * QUIET, "".join(parts)


def _packed(row: tuple[bool, ...], scale: int, side: int, width: int) -> bytes:
    """One line of pixels as bits, left to right from the highest bit."""
    quiet, pixels = "0" * (QUIET * scale), ("0" * scale, "1" * scale)
    bits = quiet + "".join([pixels[dark] for dark in row]) + quiet
    return (int(bits, 2) << (width * 8 - side)).to_bytes(width, "big")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
