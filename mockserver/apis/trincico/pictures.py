"""Addresses of pictures, and the pictures, which are drawn from the id of a record, so that each record has its own."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from hashlib import sha256
from struct import pack

from mockserver import Transaction

BASE = "/trincico"
CELL = 32
"""Pixels of the edge of a cell."""


def path_of(record_id: int | str, name: str) -> str:
    """The path of a record's picture, from the base path of the API."""
    return f"media/{record_id}/{name}"


def address(world: Transaction, path: str) -> str:
    """The address of a picture by its path; what is an address already stays as it is."""
    return path if "://" in path else f"{world.own_url}{BASE}/{path}"


def draw(text: str, columns: int, rows: int) -> bytes:
    """A PNG of cells in two colours, which follow from the text; its right half mirrors the left one."""
    digest = sha256(text.encode()).digest()
    lines = []
    for row in range(rows):
        chosen = [digest[(row * columns + min(column, columns - 1 - column)) % len(digest)] % 2 for column in range(columns)]
        lines += [b"".join(bytes((colour,)) * CELL for colour in chosen)] * CELL
    dark = bytes(part // 2 for part in digest[:3])
    light = bytes(160 + part // 3 for part in digest[3:6])
    return _encode_png(lines, light + dark)


def _encode_png(lines: Sequence[bytes], palette: bytes) -> bytes:
    """A PNG of lines with a byte for each pixel, the number of its colour in the palette of three bytes each."""
    header = pack(">IIBBBBB", len(lines[0]), len(lines), 8, 3, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines))
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
