"""The kinds of generated input, each with the property that has to hold of every one of them."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from contract_tests.traffic.recording import RecordingBroken
from contract_tests.traffic.reports import FORMATS
from mockserver.openapi import limits
from tests.hostile.application import Application
from tests.hostile.cpu import texts
from tests.hostile.headers import HEADERS
from tests.hostile.siege.besieged import BYSTANDERS, Besieged, Finding
from tests.hostile.siege.calls import BOUNDARY, JSON, MULTIPART, WORLDS, Call, calls, write_body, write_request
from tests.hostile.test_judged_targets import BOMB, Canary, answers, judge
from tests.hostile.test_recordings import GOOD, PLACES, audit_of
from tests.verify.servers import talking


@dataclass(frozen=True)
class Storm:
    """One kind of input. ``attack`` raises AssertionError on a finding. ``weight`` is its share of the inputs of a round."""

    inputs: SearchStrategy[Any]
    attack: Callable[[Besieged, Any], None]
    weight: float = 1.0


# Values

_texts = st.text(max_size=12) | st.sampled_from(
    ["\x00", "é\u202e", "../../etc", "1e999", "-0", "9" * 500, "2026-02-30", "<script>", "'--", "%00", "\ud800"]
)
_leaves = st.none() | st.booleans() | st.integers() | st.floats() | _texts | st.sampled_from([10**400, -(10**40), 2**63, 1e308, 5e-324])
_names = _texts | st.sampled_from(["id", "name", "from", "world", "$ref", "__class__", "a[b][c]", "records", "tables"])
VALUES = st.recursive(_leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=4), max_leaves=12)
_sizes = st.integers(0, 3_000) | st.sampled_from([limits.BODY.value - 1, limits.BODY.value + 1, limits.FILES_BODY.value + 1])
_depths = st.integers(0, 130) | st.sampled_from([253, 256, 999, 1_024, 20_000, 200_000])
_worlds = st.sampled_from(WORLDS)


@st.composite
def varied(draw: DrawFn, value: Any) -> Any:
    """A value with one to three of its members replaced, dropped or added."""
    found = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        here = found
        while True:
            names = list(here) if isinstance(here, dict) else list(range(len(here))) if isinstance(here, list) else []
            if not names:
                break
            name = draw(st.sampled_from(names))
            if isinstance(here[name], dict | list) and here[name] and draw(st.booleans()):
                here = here[name]
                continue
            if draw(st.integers(0, 4)):
                here[name] = draw(VALUES)
            else:
                del here[name]
            if isinstance(here, dict) and not draw(st.integers(0, 4)):
                here[draw(_names)] = draw(VALUES)
            break
    return found


@st.composite
def nested(draw: DrawFn) -> bytes:
    """JSON of any depth, closed or cut off."""
    depth = draw(_depths)
    start, end = draw(st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"]":', b"}]")]))
    return start * depth + b"1" + (end * depth if draw(st.booleans()) else b"")


# Raw bytes

_LINES = [
    b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /monedero/wallet/sale HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n",
    b"PUT /_mock/worlds/siege-1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
    b"GET /~siege-2/trincico/invoices HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer trincico-demo-token\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n",
    b"GET http://x/_mock/health HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01",
    b"Host: localhost\r\n",
    b"X-Mock-World: siege-1\r\n",
    b"Upgrade: websocket\r\n",
    b"Connection: close\r\n",
    b"Connection: Upgrade\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Expect: 100-continue\r\n",
    b" folded\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\x00",
    b"a=1",
    b"3\r\na=1\r\n",
    b"ffffffffffffffff\r\n",
    b"3;x=y\r\nabc\r\n",
    b"0\r\n\r\n",
    b"0\r\nX: y\r\n\r\n",
    b"GET ",
    b"HTTP/1.1",
    b" ",
    b":",
    b"{}",
]
_pieces = st.sampled_from(_LINES) | st.binary(max_size=40) | st.binary(min_size=1, max_size=8).map(lambda unit: unit * 9_000)
RAW = st.tuples(st.lists(_pieces, max_size=10).map(b"".join), st.booleans())


def send_raw(server: Besieged, data: tuple[bytes, bool]) -> None:
    """Whatever is sent, the server answers the next call."""
    server.send(data[0], half=data[1], patience=0.2)
    server.check_health()


# Headers

_units = st.sampled_from(texts()[::5]).map(lambda text: text[:64].encode("latin-1", "replace")) | st.binary(min_size=1, max_size=6)
_lengths = st.integers(0, 200) | st.sampled_from([limits.HEADER_VALUE.value, 20_000, limits.HEAD.value - 500, limits.HEAD.value])
_header_values = st.one_of(
    st.tuples(_units, _lengths).map(lambda pair: (pair[0] * (1 + pair[1] // len(pair[0])))[: pair[1]]),
    st.binary(max_size=60),
    st.sampled_from(
        [b"code=" + b"9" * 5_000, b"delay=9e99", b"dynamic=true", b"wait=1", b"example=x", b"bytes=0-", b"gzip, gzip, gzip", b'"', b"Bearer a.b.c"]
    ),
)
_NEITHER = {"content-length", "transfer-encoding", "host", "connection"}
"""Headers that frame the request; they belong to the raw bytes."""


@st.composite
def headed(draw: DrawFn) -> tuple[Call, dict[str, bytes], str]:
    """A call with odd values of headers that the server reads."""
    names = st.sampled_from([name for name in HEADERS if name not in _NEITHER]) | st.sampled_from(["x-mock-world", "prefer", "x-other"])
    found = draw(st.dictionaries(names, _header_values.map(_drop_line_ends), min_size=1, max_size=4))
    return draw(st.sampled_from(calls())), found, draw(_worlds)


def _drop_line_ends(value: bytes) -> bytes:
    return value.translate(None, b"\r\n")


def send_headers(server: Besieged, sent: tuple[Call, dict[str, bytes], str]) -> None:
    """Odd headers get no 500."""
    call, headers, world = sent
    if headers.get("x-mock-world", b"").decode("latin-1").strip() in BYSTANDERS:
        return
    body = write_body(call.bodies[0], call.media_types[0]) if call.bodies else b""
    kind = {"content-type": call.media_types[0].encode()} if body else {}
    server.send(write_request(call.method, _path(call), body, {**kind, **_credentials(call), **headers}, world))


def _path(call: Call) -> str:
    """The path of a call; one that lasts ends soon."""
    return call.path + ("?timeout=1" if "timeout" in call.parameters else "")


def _credentials(call: Call) -> Mapping[str, bytes]:
    """The headers of a published credential of an operation's vendor."""
    return {} if call.is_control else _published()[call.name.partition(".")[0]]


@cache
def _published() -> dict[str, dict[str, bytes]]:
    """The first published credential of each vendor."""
    apis = Application().call("GET", "/_mock/apis").json()["apis"]
    return {api["slug"]: {name.lower(): value.encode("latin-1") for name, value in api["credentials"][0]["headers"].items()} for api in apis}


# Bodies


@st.composite
def bodied(draw: DrawFn) -> tuple[Call, bytes, str, str, str]:
    """A call with a body that is odd by its values, its depth, its size or its format, and perhaps an odd query."""
    call = draw(st.sampled_from(calls()))
    kind = draw(st.sampled_from(call.media_types))
    choices: list[SearchStrategy[bytes]] = [
        VALUES.map(lambda value: _write(value, kind)),
        nested(),
        st.binary(max_size=200),
        st.tuples(st.sampled_from([b" ", b'"', b"a=1&", b"[", b"\x00", b"--" + BOUNDARY.encode() + b"\r\n\r\n"]), _sizes).map(
            lambda pair: (pair[0] * (1 + pair[1] // len(pair[0])))[: pair[1]]
        ),
    ]
    if call.bodies:
        good = st.sampled_from(call.bodies)
        choices += [good.flatmap(varied).map(lambda value: _write(value, kind)), good.map(lambda value: _write(value, kind))]
    body = draw(st.one_of(*choices))
    query = ""
    if draw(st.booleans()) and call.parameters:
        query = "&".join(
            f"{name}={quote(draw(_texts), errors='replace')[:400]}" for name in draw(st.lists(st.sampled_from(call.parameters), max_size=3))
        )
    sent_kind = kind if draw(st.integers(0, 9)) else draw(st.sampled_from([JSON, "text/plain", "application/xml", "", "multipart/form-data"]))
    return call, body, sent_kind, query, draw(_worlds)


def _write(value: Any, kind: str) -> bytes:
    try:
        return write_body(value, kind)
    except (UnicodeEncodeError, ValueError):  # half of a surrogate pair in a form, a number of too many digits
        return repr(value).encode(errors="replace")


def send_body(server: Besieged, sent: tuple[Call, bytes, str, str, str]) -> None:
    """Odd bodies get no 500."""
    call, body, kind, query, world = sent
    target = f"{call.path}?{query}" if query else _path(call)
    media_type = f"{kind}; boundary={BOUNDARY}" if kind == MULTIPART else kind
    headers = {"content-type": media_type.encode(), **_credentials(call)}
    server.send(write_request(call.method, target, body, headers, world))


# Worlds


@cache
def _exported() -> Any:
    """A small exported world, with two records of every table."""
    world = Application().call("GET", "/_mock/worlds/default/export").json()
    for table in world["tables"].values():
        table["records"] = table["records"][:2]
        table.pop("orders", None)
    return world


imported = st.deferred(lambda: varied(_exported())) | st.deferred(lambda: st.just(_exported()))


def send_world(server: Besieged, sent: tuple[Any, str]) -> None:
    """An import is refused, or what it made can be read, hashed, exported and imported again."""
    value, world = sent
    headers = {"content-type": b"application/json"}
    path = f"/_mock/worlds/{world}"
    done = server.send(write_request("PUT", path, write_body(value, JSON), headers, world))
    for target in (f"{path}/digest", "/_mock/health", "/serpi/api/v1/Sucursales", "/_mock/diff"):
        server.send(write_request("GET", target, b"", _published()["serpi"], world))
    if done and done[0].status in (200, 201):
        again = server.send(write_request("GET", f"{path}/export", b"", {}, world))
        if again and again[0].status == 200:
            back = server.send(write_request("PUT", path, again[0].body, headers, world))
            if back and back[0].status != 200:
                raise Finding(f"an exported world is not imported again: {back[0].status} {back[0].body[:500]!r}")


# Recordings


@st.composite
def recorded(draw: DrawFn) -> bytes:
    """A HAR file or JSON Lines with odd members, odd bytes, or odd depth."""
    found: Any = copy.deepcopy(GOOD)
    for path, value in draw(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), max_size=3)):
        here = found
        for name in path[:-1]:
            here = here.get(name) if isinstance(here, dict) else None
        if isinstance(here, dict):
            here[path[-1]] = value
    text = json.dumps(found).encode()
    odd = draw(st.one_of(st.just(b""), nested(), st.binary(max_size=60), st.just(b'{"request": ' + b"9" * 5_000 + b"}")))
    if draw(st.booleans()):
        data = b'{"log": {"entries": [' + b",".join(part for part in (text, odd) if part) + b"]}}"
    else:
        data = text + b"\n" + odd + b"\n" + text
    cut = draw(st.integers(0, 4 * len(data)))
    return data[:cut] if cut < len(data) else data


def audit_recording(_server: Besieged, data: bytes) -> None:
    """A recording is judged, or refused in one line."""
    try:
        audit = audit_of(data)
    except RecordingBroken as error:
        if len(str(error).splitlines()) != 1:
            raise Finding(f"the reason is not one line: {error}") from None
        return
    for render in FORMATS.values():
        render(audit).encode()


# Targets

VERIFY_SECONDS = 180.0
"""How long ``verify`` may take beyond its time budget on a busy machine; beyond that it hangs."""
_statuses = st.sampled_from(
    ["200 OK", "201", "404 Not Found", "500 x", "999 Odd", "302 Found", "101 Switching", "200 \x1b[31m", "0", "abc", "204 No"]
)
_target_headers = st.dictionaries(
    st.sampled_from(
        ["Content-Type", "Content-Encoding", "Content-Length", "Location", "Retry-After", "Set-Cookie", "Transfer-Encoding", "X-Odd", "Date"]
    ),
    st.sampled_from(
        ["application/json", "gzip", "br", "5", "-1", "/serpi/api/v1", "chunked", "\x9b31m", "a/b; charset=x", "99999", "deflate, gzip", ""]
    )
    | st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=20),
    max_size=4,
)
_target_bodies = st.one_of(
    VALUES.map(lambda value: write_body(value, JSON)), nested(), st.binary(max_size=300), st.just(BOMB), st.just(b'{"success": true, "result": [{}]}')
)


@st.composite
def answered(draw: DrawFn) -> bytes:
    """The bytes of a target's answer."""
    body = draw(_target_bodies)
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close", **draw(_target_headers)}
    head = f"HTTP/1.1 {draw(_statuses)}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("latin-1") + b"\r\n" + body


def verify_target(_server: Besieged, data: bytes) -> None:
    """Whatever a target answers, ``verify`` ends with 0, 1 or 2, in little memory and without a traceback."""
    with tempfile.TemporaryDirectory() as folder, talking(answers(data)) as origin:
        done = judge(Path(folder), origin, Canary(), budget=6, patience=VERIFY_SECONDS)
    if done.code not in (0, 1, 2):
        raise Finding(f"verify ended with {done.code}: {done.err[-500:]}")


STORMS: dict[str, Storm] = {
    "raw bytes": Storm(RAW, send_raw, 1.0),
    "headers": Storm(headed(), send_headers, 2.0),
    "bodies": Storm(bodied(), send_body, 4.0),
    "worlds": Storm(st.tuples(imported, _worlds), send_world, 0.4),
    "recordings": Storm(recorded(), audit_recording, 1.0),
    "targets": Storm(answered(), verify_target, 0.01),
}
