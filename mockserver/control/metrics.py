"""The counts of the server in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from mockserver.control.services import ControlServices
from mockserver.core.base.replies import Reply
from mockserver.core.engine.meter import EDGES

_LABELS = ("api", "operation", "status")


class ServerCollector(Collector):
    """Reads the counts of a server when they are asked for."""

    def __init__(self, control: ControlServices) -> None:
        self._control = control

    def collect(self) -> Iterator[Metric]:
        """Every family of metrics, with the counts of this moment."""
        yield from self._collect_calls()
        control = self._control
        refusals = CounterMetricFamily("mockserver_refusals", "Calls and connections that were refused beyond a limit of the mock.", labels=["limit"])
        for limit, count in sorted(control.meter.refusals.items()):
            refusals.add_metric([limit], count)
        yield refusals
        for name, text, value in (
            ("worlds", "Worlds that are kept.", len(control.store)),
            ("journal_bytes", "Approximate bytes of the journals of all worlds.", control.journal.size),
            ("journal_entries", "Exchanges in the journals of all worlds.", control.journal.kept),
            ("streams", "Live streams that are open.", control.streams.total),
            ("waiting", "Calls that wait for a message or for a moment.", control.waiting.total),
        ):
            yield GaugeMetricFamily(f"mockserver_{name}", text, value=value)
        used = GaugeMetricFamily("mockserver_limit_used", "What is used of the limits that hold for the whole server.", labels=["limit"])
        for name, usage in control.usage.items():
            used.add_metric([name], usage.used())
        yield used
        worlds = control.pipeline.boot.partition("; ")[2]
        info = GaugeMetricFamily("mockserver_info", "The version of the server, and where its worlds are.", labels=["version", "store"])
        info.add_metric([control.version, worlds], 1)
        yield info

    def _collect_calls(self) -> Iterator[Metric]:
        durations = HistogramMetricFamily("mockserver_call_seconds", "How long answers took, by operation and status.", labels=_LABELS)
        calls = CounterMetricFamily(
            "mockserver_calls", "Calls that were answered, by operation and status; 0 is a broken connection.", labels=_LABELS
        )
        for key, series in sorted(self._control.meter.calls().items()):
            total, buckets = 0, []
            for edge, count in zip((*map(str, EDGES), "+Inf"), series.buckets, strict=True):
                total += count
                buckets.append((edge, total))
            durations.add_metric(key, buckets, series.seconds)
            calls.add_metric(key, total)
        yield calls
        yield durations


def get_metrics(control: ControlServices) -> Reply:
    registry = CollectorRegistry()
    registry.register(ServerCollector(control))
    ProcessCollector(registry=registry)
    return Reply(200, generate_latest(registry), {}, CONTENT_TYPE_PLAIN_0_0_4)
