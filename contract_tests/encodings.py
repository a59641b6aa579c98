"""Content encodings: decode a body up to a bound. The suite and the traffic tools both use this module, and it imports neither."""

from __future__ import annotations

import io
import zlib

import brotli
import zstandard

from mockserver.openapi import limits

LIMIT = limits.DECODED.value
"""Bytes to which a body may unpack by default."""
MEMBERS = 1000
"""Compressed parts that one body may have."""


class Undecodable(ValueError):
    """A body does not match its content encoding. The text gives the reason."""


class TooLong(ValueError):
    """A body unpacks to more than the bound."""


def decoded(body: bytes, encodings: str, limit: int = LIMIT) -> bytes:
    """A body without its content encodings, which were applied in the order named. Raises Undecodable or TooLong."""
    for encoding in reversed([part.strip().lower() for part in encodings.split(",") if part.strip()]):
        if encoding in ("identity", ""):
            continue
        decode = _DECODERS.get(encoding)
        if decode is None:
            raise Undecodable(f"the content encoding {encoding[:40]} is not known")
        try:
            body = decode(body, limit)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise Undecodable(f"the body is not {encoding}: {error}") from None
        if len(body) > limit:
            raise TooLong(f"the body unpacks to more than {limit} bytes")
    return body


def is_packed(body: bytes, encodings: str) -> bool:
    """Whether a recorded body still has its content encoding: recorders disagree on whether they take it off."""
    names = encodings.lower()
    if "gzip" in names:
        return body.startswith(b"\x1f\x8b")
    if "zstd" in names:
        return body.startswith(b"\x28\xb5\x2f\xfd")
    return ("br" in names or "deflate" in names) and _unpacks(body, encodings)


def _unpacks(body: bytes, encodings: str) -> bool:
    try:
        decoded(body, encodings)
    except TooLong:
        return True
    except Undecodable:
        return False
    return True


def _gzip(body: bytes, limit: int) -> bytes:
    return _inflate(body, limit, 16 + zlib.MAX_WBITS)


def _deflate(body: bytes, limit: int) -> bytes:
    try:
        return _inflate(body, limit, zlib.MAX_WBITS)
    except zlib.error:
        return _inflate(body, limit, -zlib.MAX_WBITS)  # servers that leave out the zlib header are many


def _inflate(body: bytes, limit: int, bits: int) -> bytes:
    """The decoded parts of a body, one after the other. More than MEMBERS of them are an error, because each costs a copy of what follows."""
    unpacked = b""
    for _ in range(MEMBERS):
        unpacker = zlib.decompressobj(bits)
        unpacked += unpacker.decompress(body, limit + 1 - len(unpacked))
        if len(unpacked) > limit:
            return unpacked
        if not unpacker.eof:
            raise zlib.error("it is truncated")
        body = unpacker.unused_data
        if not body:
            return unpacked
    raise zlib.error(f"it has more than {MEMBERS} parts")


def _brotli(body: bytes, limit: int) -> bytes:
    unpacker = brotli.Decompressor()
    unpacked = unpacker.process(body, output_buffer_limit=limit + 1)
    while len(unpacked) <= limit and not unpacker.is_finished() and not unpacker.can_accept_more_data():
        unpacked += unpacker.process(b"", output_buffer_limit=limit + 1 - len(unpacked))
    if len(unpacked) <= limit and not unpacker.is_finished():
        raise brotli.error("it is truncated")
    return bytes(unpacked)


def _zstandard(body: bytes, limit: int) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(body), read_across_frames=True) as reader:
        unpacked = b""
        while len(unpacked) <= limit and (part := reader.read(limit + 1 - len(unpacked))):
            unpacked += part
    return unpacked


_DECODERS = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstandard}
