"""What a client sends is read in linear time: every pattern, and every header that the server reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.base.faults import LimitExceeded
from mockserver.core.operation.preferences import PreferenceNotSatisfiable, parse_prefer
from mockserver.openapi import limits
from tests.conftest import Mock
from tests.core.toy import Toy
from tests.hostile.cpu import run

TOY = Toy()


def test_a_long_header_prefer_is_refused_by_its_limit(mock: Mock) -> None:
    with mock.client("monedero", credential=None) as client:
        answer = client.post("/wallet/sale", headers={"prefer": "a" * 20_000 + "!"})
    assert answer.status_code == 431
    assert answer.headers["x-mock-limit"] == "header-value"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["limit"] == "header-value"


_parts = st.sampled_from(["code", "delay", "Dynamic", "example", "wait", "=", " ", "\t", ",", ";", '"', "0.5", "404", "true", "a", "!", "\\"])


@given(st.lists(_parts, max_size=40).map("".join))
def test_a_header_prefer_is_read_or_refused(header: str) -> None:
    operation = TOY.operations["list_notes"]
    try:
        preference = parse_prefer(header, operation, 60)
    except PreferenceNotSatisfiable:
        return
    named = preference is not None and (preference.example, preference.code, preference.status, preference.delay, preference.dynamic)
    assert not named or any(word in header.lower() for word in ("code", "delay", "dynamic", "example"))


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("code=404", {"status": 404}),
        ('wait=10; example="a, b; c", Code = 404', {"example": "a, b; c", "status": 404}),
        ('example="without an end, code=404', None),
        ("delay=0.5,delay=9", {"delay": 0.5}),
        ("dynamic = true;example=", {"dynamic": True, "example": ""}),
        ("respond-async", None),
    ],
)
def test_a_header_prefer_is_split_outside_quotes(header: str, read: dict[str, object] | None) -> None:
    preference = parse_prefer(header, TOY.operations["list_notes"], 60)
    assert (preference is None) if read is None else all(getattr(preference, name) == value for name, value in read.items())


def test_a_header_prefer_beyond_its_limit_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="header-value"):
        parse_prefer("a" * (limits.HEADER_VALUE.value + 1), TOY.operations["list_notes"], 60)


def test_every_pattern_is_linear() -> None:
    assert len(run("tests.hostile.patterns")) > 50


def test_every_header_is_read_in_linear_time() -> None:
    assert len(run("tests.hostile.headers")) > 100
