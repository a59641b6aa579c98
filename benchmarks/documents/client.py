"""Calls of operations with what their documents demand, each answer judged by its document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

import httpx

from benchmarks.documents.families import PLACEHOLDER, find_key, items_of, key_names, shows_list
from benchmarks.documents.servers import credentials
from mockserver.generic.values import ValueMaker
from mockserver.openapi.documents import Document
from mockserver.openapi.inference.shapes import Shapes, body_schema, success_schema
from mockserver.openapi.operations import OperationSpec

SERVER_ERROR, REFUSAL = 500, 400

_FIRST = {"offset": 0, "skip": 0, "start": 0, "page": 1, "page_number": 1, "pagenumber": 1}
"""Required parameters that say which page is asked for, with the value for the first one."""


class Client:
    """Calls the operations of a document at a server, and counts what the document says of the answers."""

    def __init__(self, document: Document, base: str) -> None:
        self.document = document
        self.shapes = Shapes(document)
        self.values = ValueMaker(document, self.shapes)
        self.headers, self.query = credentials(document)
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._client = httpx.Client(base_url=base, timeout=30)
        self._by_path = {f"{one.path.rstrip('/')} {one.method}": one for one in document.operations}

    def call(
        self, operation: OperationSpec, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None, anonymous: bool = False
    ) -> httpx.Response:
        """The answer of an operation at a path. Required parameters that are not given are made."""
        asked: dict[str, Any] = {} if anonymous else dict(self.query)
        headers: dict[str, str] = {} if anonymous else dict(self.headers)
        for parameter in operation.parameters:
            if not parameter.get("required") or parameter["in"] not in ("query", "header"):
                continue
            name = parameter["name"]
            self.values.seed(operation.label, name)
            schema = self.shapes.resolve(parameter.get("schema") or {})
            made = _FIRST[name.lower()] if name.lower() in _FIRST else _plain(self.values.make(schema, name))
            if name.lower() in _FIRST and isinstance(schema.get("minimum"), int):
                made = schema["minimum"]
            if parameter["in"] == "query":
                asked.setdefault(name, made)
            elif name.lower() not in ("authorization", *(one.lower() for one in headers)):
                headers[name] = str(made).encode("ascii", "ignore").decode()
        asked |= query or {}
        is_form = (
            body is not None
            and any("x-www-form-urlencoded" in one for one in operation.content)
            and not any("json" in one for one in operation.content)
        )
        media_type = next((one for one in operation.content if "json" in one), "application/json")
        content = {"data": _form(body)} if is_form else {} if body is None else {"json": body}
        if "json" in content:
            headers["Content-Type"] = media_type if "*" not in media_type else "application/json"
        answer = self._client.request(operation.method, path or "/", params=asked, headers=headers, **content)
        self._judge(operation, answer)
        return answer

    def make(self, schema: Any, *seed: object) -> Any:
        """A value of a schema with all that it may have, else with what it must have."""
        self.values.seed(*seed)
        full = self.values.make(schema)
        return full if self.values.is_valid(schema, full) else self.values.make(schema, full=False)

    def fill(self, path: str, values: Mapping[str, str]) -> str:
        """A path with values in the place of its placeholders."""
        return PLACEHOLDER.sub(lambda found: quote(values.get(found[1], "1"), safe=""), path)

    def find_values(self, path: str, operations: list[OperationSpec]) -> dict[str, str]:
        """A value for each placeholder of a path: of a record that is listed, else of one that is made, else of the document."""
        found: dict[str, str] = {}
        segments = path.split("/")
        for number, segment in enumerate(segments):
            for name in PLACEHOLDER.findall(segment):
                value = self._of_record("/".join(segments[:number]), name, found)
                found[name] = str(value if value is not None else self._declared(operations, name))
        return found

    def _of_record(self, above: str, name: str, found: Mapping[str, str]) -> Any:
        path = self.fill(above, found)
        for method in ("GET", "POST"):
            operation = self._by_path.get(f"{above} {method}")
            if operation is None or (method == "GET" and not shows_list(self.shapes, success_schema(operation), above.rpartition("/")[2])):
                continue
            sent = body_schema(operation) if method == "POST" else None
            answer = self.call(operation, path, None if sent is None else self.make(sent, "parent", above))
            value = (
                (located(answer, path) or find_key(items_of(json_of(answer)) if method == "GET" else json_of(answer), key_names(above, name)))
                if answer.is_success
                else None
            )
            if value is not None and value != "":
                return value
        return None

    def _declared(self, operations: list[OperationSpec], name: str) -> Any:
        for operation in operations:
            for parameter in operation.parameters:
                if parameter["in"] == "path" and parameter["name"] == name:
                    schema = self.shapes.resolve(parameter.get("schema") or {})
                    return parameter.get("example", schema.get("example", (schema.get("enum") or [self.make(schema, "path", name)])[0]))
        return "1"

    def _judge(self, operation: OperationSpec, answer: httpx.Response) -> None:
        """Count an answer as valid, undocumented or invalid."""
        self.answers["all"] += 1
        status = str(answer.status_code)
        responses = operation.spec["responses"]
        key = next((one for one in (status, f"{status[0]}XX", f"{status[0]}xx", "default") if one in operation.statuses), None)
        if answer.status_code >= SERVER_ERROR and key is None:
            verdict = "501" if answer.status_code == 501 else "5xx"  # noqa: PLR2004 - an operation that cannot be served
        elif key is None:
            says_nothing = not any(one[:1] == "2" or one == "default" for one in operation.statuses)
            verdict = "undocumented" if answer.status_code >= REFUSAL or says_nothing else "invalid"
        else:
            verdict = self._judge_body(self.document.resolve(responses[key]), answer)
        self.answers[verdict] += 1
        if verdict in ("invalid", "5xx") and len(self.wrong) < 20:  # noqa: PLR2004 - enough to see what is wrong
            self.wrong.append(f"{operation.label} {status}: {answer.text[:200]}")

    def _judge_body(self, response: Any, answer: httpx.Response) -> str:
        content = response.get("content") if isinstance(response, dict) else None
        if not isinstance(content, dict) or not content:
            return "valid"
        if not answer.content:
            return "invalid" if answer.status_code not in (204, 304) and answer.request.method != "HEAD" else "valid"
        sent = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        for media_type, media in content.items():
            plain = media_type.partition(";")[0].strip().lower()
            if plain in (sent, "*/*", f"{sent.partition('/')[0]}/*"):
                schema = media.get("schema") if isinstance(media, dict) else None
                return "valid" if schema is None or not sent.endswith("json") or self.values.is_valid(schema, json_of(answer)) else "invalid"
        return "invalid"


def _plain(made: Any) -> Any:
    """A value as a query or a header can hold it."""
    if isinstance(made, bool):
        return str(made).lower()
    if isinstance(made, list) and made and isinstance(made[0], str | int):
        return made[0]
    return made if isinstance(made, str | int | float) else "1"


def _form(body: Any) -> dict[str, str]:
    return {name: str(_plain(value)) for name, value in body.items() if not isinstance(value, dict | list)} if isinstance(body, dict) else {}


def json_of(answer: httpx.Response) -> Any:
    """The JSON of an answer, None if it has none."""
    try:
        return answer.json()
    except ValueError:
        return None


def located(answer: httpx.Response, collection: str) -> str:
    """The last segment of the address of a new record, empty if the answer names none below the collection."""
    above, _, key = answer.headers.get("location", "").rstrip("/").rpartition("/")
    return unquote(key) if unquote(above).endswith(unquote(collection).rstrip("/")) else ""
