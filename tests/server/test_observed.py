"""Spans, log lines, request ids and probes: what an operator sees of a call."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from benchmarks.inside import once
from mockserver.app import App, ServerSettings, create_app, discover
from mockserver.core.base.faults import StoreFailed
from mockserver.logs import JsonLines, write_json_logs
from mockserver.openapi.documents import SPECS
from mockserver.tracing import TraceObserver

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
Call = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def app() -> App:
    found = discover(SPECS)
    return create_app(ServerSettings(), {"serpi": found["serpi"], "monedero": found["monedero"]})


@pytest.fixture
def call(app: App) -> Iterator[Call]:
    """Calls the application in this process; the observers that a test adds are removed afterwards."""
    before = app.control.pipeline.observers

    def send(method: str, path: str, headers: Mapping[str, str] | None = None, data: bytes = b"") -> tuple[int, Any]:
        path, _, query = path.partition("?")
        fields = {"host": "localhost", "content-length": str(len(data)), "content-type": "application/json", **(headers or {})}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "root_path": "",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
            "state": {},
        }
        status, body = asyncio.run(once(app, scope, data))
        return status, json.loads(body) if body.startswith(b"{") else body

    yield send
    app.control.pipeline.observers = before


@pytest.fixture
def spans(app: App, call: Call) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app.control.pipeline.observers += (TraceObserver(provider),)
    return exporter


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    found = spans.get_finished_spans()
    assert len(found) == 1
    return found[0]


def test_a_refused_call_has_a_span_with_world_operation_and_clause(call: Call, spans: InMemorySpanExporter) -> None:
    headers = {"apikey": "monedero-demo-apikey", "x-mock-world": "traced", "traceparent": PARENT, "content-type": "application/x-www-form-urlencoded"}
    assert call("POST", "/monedero/wallet/sale", headers, b"wallet_key=wallet-demo")[0] == 400
    span = only(spans)
    assert span.attributes is not None
    assert span.name == "POST /wallet/sale"
    assert dict(span.attributes) == {
        "http.request.method": "POST",
        "http.response.status_code": 400,
        "http.route": "/wallet/sale",
        "url.path": "/monedero/wallet/sale",
        "mockserver.api": "monedero",
        "mockserver.operation": "create_sale",
        "mockserver.world": "traced",
        "mockserver.exchange": 1,
        "mockserver.code": "new_sale_03",
        "mockserver.clause": "monedero.create_sale.e3",
        "error.type": "invalid",
    }
    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}-{span.parent.span_id:016x}" in PARENT
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time < span.end_time


def test_a_fault_on_purpose_stands_in_the_span(call: Call, spans: InMemorySpanExporter) -> None:
    rule = json.dumps({"api": "serpi", "operation": "list_sucursales", "answer": {"status": 503}}).encode()
    assert call("POST", "/_mock/faults", {"x-mock-world": "faulty"}, rule)[0] == 201
    call("GET", "/serpi/api/v1/Sucursales", {"x-mock-world": "faulty"})
    span = only(spans)
    assert span.attributes is not None
    assert "rule 1" in str(span.attributes["mockserver.fault"])
    assert not span.status.is_ok


def test_calls_of_the_control_plane_and_unread_paths_make_no_noise(call: Call, spans: InMemorySpanExporter) -> None:
    call("GET", "/_mock/clock")
    assert spans.get_finished_spans() == ()
    call("GET", "/serpi/api/v1/Nothing")
    assert only(spans).name == "GET serpi"


@pytest.mark.parametrize(
    ("world", "headers", "expected"),
    [
        ("logged-1", {"x-request-id": "req-7/a"}, "req-7/a"),
        ("logged-2", {}, "logged-2:1"),
        ("logged-3", {"x-request-id": 'two words "quoted"'}, "logged-3:1"),
        ("logged-4", {"x-request-id": "x" * 200}, "logged-4:1"),
    ],
)
def test_the_request_id_stands_in_the_journal_and_in_the_line(world: str, headers: dict[str, str], expected: str, app: App, call: Call) -> None:
    root, calls = logging.getLogger(), logging.getLogger("mockserver.calls")
    handlers, level, own = root.handlers[:], root.level, calls.level
    try:
        app.control.pipeline.observers += (write_json_logs(),)
        written = io.StringIO()
        handler = root.handlers[0]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(written)
        call("GET", "/serpi/api/v1/Sucursales", {"x-mock-world": world, **headers})
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        calls.setLevel(own)
    line = json.loads(written.getvalue())
    assert line["message"] == "GET /serpi/api/v1/Sucursales 401"
    assert (line["world"], line["operation"], line["status"], line["level"]) == (world, "list_sucursales", 401, "info")
    exchange = call("GET", "/_mock/journal?limit=1", {"x-mock-world": world})[1]["exchanges"][0]
    assert line["request_id"] == exchange["request_id"] == expected
    assert line["exchange"] == exchange["number"]


def test_an_error_is_one_line_with_its_traceback() -> None:
    error = ValueError("no\nnewline")
    record = logging.LogRecord("mockserver", logging.ERROR, "", 0, "%s crashed", ("read",), (ValueError, error, None))
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "read crashed"
    assert "ValueError" in json.loads(line)["error"]


def test_a_store_that_fails_makes_the_server_unready_and_leaves_it_alive(app: App, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("GET", "/_mock/ready") == (200, {"status": "ready"})

    async def fail(_name: str) -> None:
        raise StoreFailed("the disk is gone")

    monkeypatch.setattr(app.control.store, "load", fail)
    assert call("GET", "/_mock/ready")[0] == 503
    assert call("GET", "/_mock/live") == (200, {"status": "alive"})
    assert app.control.meter.refusals["store"] == 1


def test_a_server_that_stops_is_not_ready(app: App, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.control.pipeline.notifier, "is_closed", True)
    assert call("GET", "/_mock/ready")[0] == 503


@pytest.mark.parametrize("path", ["/_mock/live", "/_mock/ready", "/_mock/health"])
def test_probes_need_no_name_and_no_token(path: str, call: Call) -> None:
    assert call("GET", path, {"host": "pod.cluster.example"})[0] == 200
