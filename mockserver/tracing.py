"""Traces of the calls to the vendors' APIs, by OpenTelemetry: one span for each call, made when its answer is known."""

from __future__ import annotations

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mockserver.core.base.clock import wall_clock
from mockserver.core.base.replies import Reply
from mockserver.core.engine.journal import JournalEntry
from mockserver.core.operation.compiled import Operation

ERROR = 500
"""The first status of answers that make a span an error, as the semantic conventions have it for servers."""
_NANOSECONDS = 1_000_000_000


class TraceObserver:
    """Makes a span of each call, as a child of the span that the caller names in ``traceparent``."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("mockserver")
        self._propagator = TraceContextTextMapPropagator()

    def observe(self, slug: str, operation: Operation | None, reply: Reply, seconds: float, entry: JournalEntry | None) -> None:  # noqa: ARG002 - the entry has the status
        """Make the span of a call. Calls of the control plane have none."""
        if entry is None:
            return
        request, fault = entry.request, entry.fault
        end = int(wall_clock().timestamp() * _NANOSECONDS)
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "url.path": request.path,
            "mockserver.api": slug,
            "mockserver.world": request.world,
            "mockserver.exchange": entry.number,
        }
        if entry.status:
            attributes["http.response.status_code"] = entry.status
        if operation is not None:
            attributes |= {"http.route": operation.spec.path, "mockserver.operation": operation.id}
        if fault is not None:
            attributes["error.type"] = fault.kind
            attributes |= {f"mockserver.{name}": value for name, value in (("code", fault.code), ("clause", fault.clause)) if value is not None}
        if entry.effects:
            attributes["mockserver.fault"] = "; ".join(map(str, entry.effects))
        span = self._tracer.start_span(
            f"{request.method} {slug if operation is None else operation.spec.path}",
            self._propagator.extract(request.headers),
            SpanKind.SERVER,
            attributes,
            start_time=end - int(seconds * _NANOSECONDS),
        )
        if entry.status >= ERROR or not entry.status:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)


def export_traces(version: str) -> TraceObserver:
    """An observer whose spans are sent by OTLP over HTTP to where the variables ``OTEL_EXPORTER_OTLP_…`` say."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "mockserver", SERVICE_VERSION: version}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return TraceObserver(provider)
