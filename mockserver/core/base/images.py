"""Recognises pictures by their bytes: kind and size, read from the header. Nothing is decompressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import error as StructError  # noqa: N812 - a class
from struct import unpack_from

JPEG_SEGMENTS = 1000
"""Segments looked at before the frame of a JPEG."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, 0xFF, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class Image:
    """Kind and size of a picture. ``width`` and ``height`` are in pixels."""

    media_type: str
    extension: str
    width: int
    height: int


def read_image(data: bytes) -> Image | None:
    """The picture whose header the bytes start with; None if they are no PNG, JPEG, GIF or WebP."""
    for (media_type, extension), measure in _FORMATS.items():
        try:
            size = measure(data)
        except StructError:  # the header is truncated
            continue
        if size is not None and all(size):
            return Image(media_type, extension, *size)
    return None


def _measure_png(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"):
        return None
    width, height = unpack_from(">II", data, 16)
    return width, height


def _measure_gif(data: bytes) -> tuple[int, int] | None:
    if not data.startswith((b"GIF87a", b"GIF89a")):
        return None
    width, height = unpack_from("<HH", data, 6)
    return width, height


def _measure_jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    for _ in range(JPEG_SEGMENTS):
        start, marker, length = unpack_from(">BBH", data, at)
        if start != 0xFF:  # noqa: PLR2004 - every marker begins so
            return None
        if marker in _FRAMES:
            height, width = unpack_from(">HH", data, at + 5)
            return width, height
        at += 1 if marker == 0xFF else 2 if marker in _BARE else 2 + length  # noqa: PLR2004 - a fill byte
    return None


def _measure_webp(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(_read_bytes(data, 24, 3), "little"), 1 + int.from_bytes(_read_bytes(data, 27, 3), "little")
    if kind == b"VP8L" and _read_bytes(data, 20, 1) == b"/":
        (bits,) = unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and _read_bytes(data, 23, 3) == b"\x9d\x01\x2a":
        width, height = unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _read_bytes(data: bytes, at: int, length: int) -> bytes:
    found: bytes = unpack_from(f"{length}s", data, at)[0]
    return found


_FORMATS: dict[tuple[str, str], Callable[[bytes], tuple[int, int] | None]] = {
    ("image/png", "png"): _measure_png,
    ("image/jpeg", "jpg"): _measure_jpeg,
    ("image/gif", "gif"): _measure_gif,
    ("image/webp", "webp"): _measure_webp,
}
MEDIA_TYPES = frozenset(media_type for media_type, _ in _FORMATS)
"""The media types that can be recognised."""
