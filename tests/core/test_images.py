"""Pictures are recognised by their bytes; other files are not taken for pictures."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.base.images import JPEG_SEGMENTS, MEDIA_TYPES, Image, read_image
from tests.pictures import gif, jpeg, png, webp

SIDES = st.integers(1, 2**14 - 1)


@given(SIDES, SIDES)
def test_kind_and_size_are_read_from_the_header(width: int, height: int) -> None:
    assert read_image(png(width, height)) == Image("image/png", "png", width, height)
    assert read_image(gif(width, height)) == Image("image/gif", "gif", width, height)
    assert read_image(jpeg(width, height)) == Image("image/jpeg", "jpg", width, height)
    for kind in (b"VP8X", b"VP8L", b"VP8 "):
        assert read_image(webp(width, height, kind)) == Image("image/webp", "webp", width, height)


@pytest.mark.parametrize("picture", [png(), gif(), jpeg(), webp(), webp(kind=b"VP8L"), webp(kind=b"VP8 ")])
def test_a_header_that_breaks_off_is_no_picture(picture: bytes) -> None:
    whole = next(end for end in range(len(picture) + 1) if read_image(picture[:end]))
    assert all(read_image(picture[:end]) is None for end in range(whole))
    assert all(read_image(picture[:end]) is not None for end in range(whole, len(picture)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"#!/bin/sh\necho",
        b"<?php phpinfo();",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04" + b"\x00" * 100,
        b"%PDF-1.7",
        b"BM" + b"\x00" * 60,
        png(0, 1),
        gif(1, 0),
        b"RIFF\x00\x00\x00\x00WAVEfmt " + b"\x00" * 40,
        b"RIFF\x00\x00\x00\x00WEBPXXXX" + b"\x00" * 40,
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x02no marker",
    ],
)
def test_other_bytes_are_no_picture(data: bytes) -> None:
    assert read_image(data) is None


def test_fill_bytes_and_bare_markers_may_stand_between_segments() -> None:
    assert read_image(jpeg(3, 4, before=b"\xff\xff\xff\x01\xff\xd0\xff\xfe\x00\x04hi")) == Image("image/jpeg", "jpg", 3, 4)


def test_a_jpeg_of_segments_without_end_is_given_up_soon() -> None:
    started = time.perf_counter()
    assert read_image(jpeg(before=b"\xff\xd0" * 1_000_000)) is None
    assert time.perf_counter() - started < 0.5
    assert read_image(jpeg(before=b"\xff\xd0" * (JPEG_SEGMENTS - 1))) is not None


@given(st.binary(max_size=64), st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF\x00\x00\x00\x00WEBP", b"GIF89a", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_are_read_without_failing(data: bytes, start: bytes) -> None:
    found = read_image(start + data)
    assert found is None or (found.media_type in MEDIA_TYPES and found.width > 0 and found.height > 0)
