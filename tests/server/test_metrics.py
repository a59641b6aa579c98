"""``/_mock/metrics``: what a scraper reads of a running server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.conftest import TLS, Mock


def read_samples(mock: Mock) -> Iterator[Sample]:
    answer = httpx.get(f"{mock.url}/_mock/metrics", verify=TLS)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for family in text_string_to_metric_families(answer.text):
        yield from family.samples


def count(mock: Mock, name: str, **labels: str) -> float:
    return sum(sample.value for sample in read_samples(mock) if sample.name == name and labels.items() <= sample.labels.items())


def test_calls_are_counted_by_operation_and_status(mock: Mock) -> None:
    labels = {"api": "serpi", "operation": "list_sucursales", "status": "401"}
    before = count(mock, "mockserver_calls_total", **labels)
    with mock.client("serpi", None) as client:
        for _ in range(3):
            assert client.get("/Sucursales").status_code == 401
    assert count(mock, "mockserver_calls_total", **labels) == before + 3
    assert count(mock, "mockserver_call_seconds_count", **labels) == before + 3
    assert count(mock, "mockserver_call_seconds_bucket", **labels, le="+Inf") == before + 3


@pytest.mark.parametrize(
    "name",
    [
        "mockserver_worlds",
        "mockserver_journal_bytes",
        "mockserver_journal_entries",
        "mockserver_limit_used",
        "mockserver_info",
        "process_resident_memory_bytes",
    ],
)
def test_what_the_server_uses_is_shown(name: str, mock: Mock) -> None:
    with mock.client("serpi") as client:
        client.get("/Sucursales")
    assert count(mock, name) > 0


def test_refusals_are_counted_by_limit(mock: Mock) -> None:
    before = count(mock, "mockserver_refusals_total", limit="head")
    assert httpx.get(mock.url, headers={"x-long": "x" * 70_000}, verify=TLS).status_code == 431
    assert count(mock, "mockserver_refusals_total", limit="head") == before + 1


def test_no_label_names_a_world(mock: Mock) -> None:
    with mock.client("serpi") as client:
        client.get("/Sucursales")
    for sample in read_samples(mock):
        assert set(sample.labels) <= {"api", "operation", "status", "le", "limit", "version", "store"}
        assert mock.world not in sample.labels.values()
