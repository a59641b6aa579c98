"""Speed of the audit: exchanges per second, from the file to the report, for the documents of Monedero and SERPI.

All exchanges differ, so that cached verdicts do not help. Prints wall time and processor time, and the speed of unchanged openapi-core on the same
exchanges. The reference is Monedero; at least 1,000 exchanges per second are required.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from contract_tests.traffic.audit import Audit
from contract_tests.traffic.compiled import JudgedRequest, JudgedResponse
from contract_tests.traffic.recording import exchanges
from mockserver.openapi.documents import load_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract_tests.traffic.exchange import RecordedExchange

ENTRIES = 20_000
STOCK_ENTRIES = 1_000
CREDENTIALS = {"apikey": "x", "secretkey": "x", "Authorization": "Bearer x"}
FLOOR = 1_000


def entries(slug: str, count: int) -> Iterator[dict[str, Any]]:
    """HAR entries of every operation, made from the document's own examples, each with a unique value."""
    document = load_document(slug)
    calls = []
    for operation in document.operations:
        sent = [(kind, document.resolve(found)["value"]) for kind, media in operation.content.items() for found in media.get("examples", {}).values()]
        answers = [
            (int(status), document.resolve(found)["value"])
            for status in operation.statuses
            for media in (operation.response(status) or {}).get("content", {}).values()
            for found in media.get("examples", {}).values()
        ]
        calls += list(itertools.product([operation], sent or [("", None)], answers))
    headers = [{"name": name, "value": value} for name, value in CREDENTIALS.items()]
    for number, (operation, (kind, body), (status, answer)) in zip(range(count), itertools.cycle(calls), strict=False):
        request: dict[str, Any] = {"method": operation.method, "url": f"http://x{document.base_path}{operation.path}", "headers": headers}
        if body is not None:
            fields = {**body, "unread": str(number)} if kind.endswith("urlencoded") else body
            text = urlencode(fields) if kind.endswith("urlencoded") else orjson.dumps(fields).decode()
            request["postData"] = {"mimeType": kind, "text": text}
        told = {**answer, "unread": number}
        content = {"mimeType": "application/json", "text": orjson.dumps(told).decode()}
        yield {"request": request, "response": {"status": status, "headers": [], "content": content}}


def stock(slug: str, recorded: list[RecordedExchange]) -> float:
    """Exchanges per second of processor time for unchanged openapi-core."""
    judge = OpenAPI(SchemaPath.from_dict(load_document(slug).raw), config=Config(spec_validator_cls=None))  # type: ignore[arg-type]  # None is the documented way to skip it
    started = time.process_time()
    for exchange in recorded:
        parameters = RequestParameters(ImmutableMultiDict(), Headers(list(exchange.request.pairs)))
        request = JudgedRequest(exchange.method, exchange.path, parameters, exchange.request.media_type, exchange.request.body or None)
        response = JudgedResponse(exchange.status, exchange.response.headers, exchange.response.media_type, exchange.response.body)
        list(judge.iter_request_errors(request))
        list(judge.iter_response_errors(request, response))
    return len(recorded) / (time.process_time() - started)


def main() -> None:
    """Measure both documents."""
    for slug in ("monedero", "serpi"):
        with tempfile.TemporaryDirectory() as folder:
            for form in ("JSON Lines", "HAR"):
                file = Path(folder) / form
                lines = (orjson.dumps(entry) for entry in entries(slug, ENTRIES))
                file.write_bytes(b"\n".join(lines) if form == "JSON Lines" else b'{"log":{"entries":[' + b",".join(lines) + b"]}}")
                wall, cpu = time.perf_counter(), time.process_time()
                with file.open("rb") as opened:
                    audit = Audit(load_document(slug)).run(exchanges(opened))
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                if audit.kinds["judged"] != ENTRIES:
                    raise SystemExit(f"not everything was judged: {dict(audit.kinds)}")
                print(f"{slug:9} {form:10} {ENTRIES / wall:7.0f} exchanges/s by the wall, {ENTRIES / cpu:7.0f} by the processor; floor {FLOOR}")
            with (Path(folder) / "JSON Lines").open("rb") as opened:
                found = list(itertools.islice(exchanges(opened), STOCK_ENTRIES))
            print(f"{slug:9} openapi-core as it comes: {stock(slug, found):7.0f} exchanges/s by the processor")


if __name__ == "__main__":
    main()
