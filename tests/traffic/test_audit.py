"""Audit of recordings of every kind: reading, judging, counting, reporting."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner

from contract_tests.suite.harness.recorded import audited
from contract_tests.traffic.audit import Audit
from contract_tests.traffic.recording import RecordingBroken, exchanges
from mockserver.cli import cli
from mockserver.openapi.documents import load_document
from tests.conftest import ROOT, Mock
from tests.pictures import png
from tests.traffic.exchanges import JSON, SALE, SOLD, answer, entry, har, sale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result


def audit_of(document: dict[str, Any] | bytes, slug: str = "monedero") -> Audit:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Audit(load_document(slug)).run(exchanges(io.BytesIO(data)))


def run(file: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["audit", str(file), "--api", "monedero", *options])


SOLD_BYTES = json.dumps(SOLD).encode()
GOOD = entry(sale())


def varied(**content: Any) -> dict[str, Any]:
    """A valid entry with another response body."""
    return {**GOOD, "response": {**GOOD["response"], "content": content}}


def posted(**data: Any) -> dict[str, Any]:
    """A valid entry with another request body."""
    return {**GOOD, "request": {**GOOD["request"], "postData": data}}


RECORDED = {
    "text": GOOD,
    "Base64": varied(size=9, mimeType="application/json", text=base64.b64encode(SOLD_BYTES).decode(), encoding="base64"),
    "fields of a form": posted(mimeType="application/x-www-form-urlencoded", params=[{"name": name, "value": value} for name, value in SALE.items()]),
    "headers as an object": {**GOOD, "request": {**GOOD["request"], "headers": {"apikey": "x", "content-type": "application/x-www-form-urlencoded"}}},
    "pseudo-headers": {**GOOD, "request": {**GOOD["request"], "headers": [{"name": ":method", "value": "POST"}, *GOOD["request"]["headers"]]}},
    "packed": {
        **varied(size=9, mimeType="application/json", text=base64.b64encode(gzip.compress(SOLD_BYTES)).decode(), encoding="base64"),
        "response": {
            "status": 200,
            "headers": [{"name": "content-type", "value": "application/json"}, {"name": "content-encoding", "value": "gzip"}],
            "content": {"size": 9, "text": base64.b64encode(gzip.compress(SOLD_BYTES)).decode(), "encoding": "base64"},
        },
    },
    "unpacked by the browser": {
        **GOOD,
        "response": {**GOOD["response"], "headers": [*GOOD["response"]["headers"], {"name": "content-encoding", "value": "br"}]},
    },
}


@pytest.mark.parametrize("recorded", RECORDED.values(), ids=list(RECORDED))
def test_a_good_exchange_is_good_however_it_was_recorded(recorded: dict[str, Any]) -> None:
    audit = audit_of(har(recorded))

    assert (audit.kinds["judged"], audit.violations, dict(audit.unjudged)) == (1, 0, {})


@pytest.mark.parametrize(
    ("recorded", "reason"),
    [
        (varied(size=107, mimeType="application/json"), "response body: it was not recorded"),
        ({**GOOD, "request": {**GOOD["request"], "postData": None, "bodySize": 90}}, "request body: it was not recorded"),
        (varied(size=9, mimeType="application/json", text="!", encoding="base64"), "response body: its Base64 is broken"),
    ],
)
def test_what_was_not_recorded_is_not_judged_and_counted(recorded: dict[str, Any], reason: str) -> None:
    audit = audit_of(har(recorded))

    assert (audit.violations, dict(audit.unjudged)) == (0, {reason: 1})


def test_json_lines_are_read_like_a_har_file() -> None:
    lines = b"\n".join(json.dumps(found).encode() for found in (GOOD, entry(sale(fields={})), GOOD)) + b"\n\n"

    audit = audit_of(lines)

    assert (audit.kinds["judged"], {example.entry for group in audit.groups.values() for example in group.examples}) == (3, {2})


@pytest.mark.parametrize("data", [b'{"log": {"entries": [{"request"', b"<html>", b'{"log": {"entries": [{"nothing": 1}]}}', b'{"a": 1}\n{'])
def test_a_broken_recording_is_explained(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(data)
    with pytest.raises(RecordingBroken):
        audit_of(data)

    done = run(tmp_path / "broken")

    assert done.exit_code == 2
    assert done.stderr.startswith("Error: ")


def test_findings_at_the_same_place_are_one_group() -> None:
    wrong = [sale(number, response=answer({**SOLD, "code": f"sold{number}"})) for number in range(20)]

    audit = audit_of(har(*map(entry, wrong)))

    (group,) = audit.result()["findings"]
    assert (group["operation"], group["pointer"], group["count"], len(group["examples"])) == ("create_sale", "/code", 20, 5)


def test_unknown_operations_and_undocumented_statuses_are_listed() -> None:
    found = audit_of(har(entry(sale(path="/monedero/nowhere", status=404)), entry(sale(status=207)))).result()

    assert found["unknown"] == [{"method": "POST", "path": "/monedero/nowhere", "status": 404, "count": 1}]
    assert found["undocumented_statuses"] == {"create_sale": ["207"]}


def test_what_was_seen_of_the_document_is_counted() -> None:
    found = audit_of(har(GOOD)).result()

    assert found["coverage"]["operations"] == {"seen": 1, "documented": 9}
    (operation,) = [found for found in found["operations"] if found["calls"]]
    assert operation["statuses"]["200"] == 1
    assert {parameter["name"] for parameter in operation["parameters"] if parameter["sent"]} == set(SALE)


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_the_report_names_entry_place_value_and_what_the_page_says(form: str, tmp_path: Path) -> None:
    file = tmp_path / "calls.har"
    file.write_text(json.dumps(har(GOOD, entry(sale(fields={**SALE, "phone": "<b>12</b>"})))), "utf-8")

    done = run(file, "--format", form)

    assert done.exit_code == 1
    for text in ("create_sale", "/phone", "monedero.create_sale.e4", "SaleCreate"):
        assert text in done.stdout
    assert ("<b>12" in done.stdout) == (form != "html")


def test_a_clean_recording_ends_with_0_and_one_of_another_api_with_2(tmp_path: Path) -> None:
    (tmp_path / "good.har").write_text(json.dumps(har(GOOD)), "utf-8")
    (tmp_path / "other.har").write_text(json.dumps(har(entry(sale(path="/elsewhere")))), "utf-8")
    (tmp_path / "empty.har").write_text(json.dumps(har()), "utf-8")

    assert [run(tmp_path / f"{name}.har").exit_code for name in ("good", "other", "empty")] == [0, 2, 2]
    assert "--base" in run(tmp_path / "other.har").stderr


def test_injected_answers_do_not_count() -> None:
    told = {**entry(sale(fields={}, response=answer("nonsense"))), "_mock": {"injected": [{"source": "rule 1", "effect": "malformed"}]}}

    audit = audit_of(har(told))

    assert (audit.kinds["injected"], audit.violations) == (1, 0)


def test_memory_does_not_grow_with_the_length_of_a_recording(tmp_path: Path) -> None:
    class Endless(io.RawIOBase):
        """A HAR file with this many entries, generated while it is read."""

        def __init__(self, entries: int) -> None:
            one = json.dumps({**GOOD, "_filler": "x" * 20_000}).encode()
            self._parts = self._made(one, entries)
            self._rest = b""

        @staticmethod
        def _made(one: bytes, entries: int) -> Iterator[bytes]:
            yield b'{"log": {"entries": [' + one
            for _ in range(entries - 1):
                yield b"," + one
            yield b"]}}"

        def read(self, size: int = -1) -> bytes:
            while len(self._rest) < size and (part := next(self._parts, b"")):
                self._rest += part
            found, self._rest = self._rest[:size], self._rest[size:]
            return found

    def peak(entries: int) -> int:
        audit = Audit(load_document("monedero"))
        tracemalloc.start()
        audit.run(exchanges(Endless(entries)))  # type: ignore[arg-type]
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert audit.kinds["judged"] == entries
        return most

    peak(5)
    few, many = peak(20), peak(400)  # 0.4 and 8 MB of file

    assert many < few + 1_000_000


# The journal, and recordings of a server


def test_the_journal_of_a_world_has_no_findings(mock: Mock, tmp_path: Path) -> None:
    with mock.client("monedero") as client:
        client.post("/wallet/sale", data=SALE)
        client.post("/wallet/sale", data={})
        client.post("/wallet/get")
    with mock.client("backoffice") as client:
        users = client.get("/api/v1/users")
        assert users.status_code < 500
        client.put("/api/v1/users/6", data={"user[name]": "Ana"}, files={"user[image]": ("me.png", png(2, 2), "image/png")})
    with mock.control as control:
        journal = control.get("/journal/har")
    (tmp_path / "journal.har").write_bytes(journal.content)

    judged, findings = audited(tmp_path / "journal.har")

    assert findings == ""
    assert judged >= 4


def test_a_server_that_records_writes_what_it_answered_without_secrets(tmp_path: Path) -> None:
    from tests.conftest import Server  # noqa: PLC0415 - a server of its own

    file = tmp_path / "all.jsonl"
    running = Server("--record", str(file))
    try:
        world = Mock(running.url, "any")
        with world.client("monedero") as client:
            client.post("/wallet/sale", data=SALE)
        httpx.get(f"{running.url}/_mock/health")
    finally:
        running.stop()

    (line,) = file.read_text("utf-8").splitlines()
    assert json.loads(line)["response"]["content"]["text"].startswith('{"success":true')
    assert "monedero-demo-apikey" not in line
    assert ROOT.is_dir()
    assert JSON[1] in line
