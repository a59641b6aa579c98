"""A number of any length is read or refused, at every place where one is read."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.openapi import limits
from mockserver.openapi.digits import read_digits
from tests.hostile.application import Application

LENGTHS = (19, 20, limits.DIGITS.value, limits.DIGITS.value + 1, 4_300, 4_301, 10_000)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def app() -> Application:
    return Application()


@pytest.mark.parametrize("length", LENGTHS)
def test_a_long_number_is_refused_by_the_control_plane_and_the_console(app: Application, length: int) -> None:
    number = "9" * length
    for target in (
        f"/_mock/journal/{number}",
        f"/_mock/journal?since={number}",
        f"/_mock/journal/stream?timeout=0.1&since={number}",
        f"/_mock/state/monedero/usertools/{number}",
        f"/_mock/state/monedero/usertools/-{number}",
        f"/_mock/state/monedero/usertools?offset={number}&limit={number}",
        f"/console/journal/{number}",
        f"/console/outbox/{number}",
        f"/console/outbox/{number}/body",
        f"/console/state/monedero/usertools?offset={number}",
        f"/console/state/monedero/usertools/{number}",
    ):
        answer = app.call("GET", target)
        assert 200 <= answer.status < 500, (target[:60], answer.status, answer.body[:300])
    for path, fields in (
        ("/console/worlds", {"source": "seed", "seed": number}),
        ("/console/faults", {"operation": "serpi", "answer": f"status:{number}"}),
        ("/console/faults", {"operation": "serpi", "answer": "status:500", "often": "first", "number": number}),
        ("/console/faults", {"operation": "serpi", "delay": number}),
        ("/console/state/monedero/usertools/-new", {"record": f'{{"id": {number}}}'}),
        (f"/console/journal/{number}/replay", {}),
        (f"/console/faults/{number}/turn", {"active": "true"}),
        ("/console/conformance", {"api": "none", "seconds": number}),
    ):
        answer = app.call("POST", path, urlencode(fields).encode(), content_type=FORM, origin="http://localhost")
        assert 200 <= answer.status < 500, (path[:60], answer.status, answer.body[:300])


@pytest.mark.parametrize("length", LENGTHS)
def test_a_long_number_in_the_header_prefer_is_refused(app: Application, length: int) -> None:
    answer = app.call("POST", "/monedero/wallet/sale", content_type=FORM, prefer=f"code={'9' * length}")
    assert answer.status in (400, 431), answer.body


def test_every_parameter_of_every_operation_takes_a_long_number(app: Application) -> None:
    number = "9" * 5_000
    tried, apis = 0, app.call("GET", "/_mock/apis").json()["apis"]
    for operation in app.app.control.operations.values():
        spec, base = operation.spec, operation.document.base_path
        path = base + re.sub(r"\{[^{}]*\}", number, spec.path)
        query = urlencode({parameter["name"]: number for parameter in spec.parameters if parameter["in"] == "query"})
        headers: dict[str, str | bytes] = {parameter["name"].lower(): number for parameter in spec.parameters if parameter["in"] == "header"}
        published = next(api for api in apis if api["slug"] == operation.api.slug)["credentials"]
        headers |= {name.lower(): value for name, value in (published[0]["headers"] if published else {}).items()}
        body = f'{{"id": {number}, "x": -{number}}}'.encode()
        answer = app.call(spec.method.upper(), f"{path}?{query}", body, content_type="application/json", **headers)
        assert 200 <= answer.status < 500 or answer.status in operation.responses.statuses, (operation.name, answer.status, answer.body[:300])
        tried += 1
    assert tried > 60


@given(st.text(alphabet="0123456789٣- +", max_size=30) | st.integers(0, 10**limits.DIGITS.value * 10).map(str))
def test_digits_are_read_within_the_limit(text: str) -> None:
    read = read_digits(text)
    if re.fullmatch("[0-9]+", text) and len(text) <= limits.DIGITS.value:
        assert read == int(text)
    else:
        assert read is None
