"""Small files that recipes name: generated pictures, and texts that are not pictures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 1, height: int = 1) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + b"\0" * width for _ in range(height))) if height < 10 else zlib.compress(b"\0")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def file(said: Mapping[str, Any]) -> tuple[str, bytes, str]:
    """The file that a recipe describes: ``{file: name, content: png | text, bytes: at least, pixels: [width, height], type: media type}``."""
    content = png(*said.get("pixels", (1, 1))) if said.get("content", "png") == "png" else b"plain text"
    content += b"\0" * max(0, int(said.get("bytes", 0)) - len(content))
    return str(said["file"]), content, str(said.get("type", "image/png"))
