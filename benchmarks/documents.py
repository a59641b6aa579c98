"""Serves each document of a folder and tries the whole life of its resource families: ``python -m benchmarks.documents FOLDER [NAME …]``.

A family is decided by path and schema alone, not by what the server understands of it: a path that ends in a placeholder and is read as an object,
below a collection that is created by JSON. At most FAMILIES of a document are tried. A document that does not start fails all of its checks.
Prints a line for each document and the sums; ``--json FILE`` keeps everything.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx

from mockserver.generic.values import ValueMaker
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.inference.shapes import Shapes, body_schema, success_schema
from mockserver.openapi.operations import OperationSpec

FAMILIES = 15
START = 60
"""Seconds that a server may take to start."""
CHECKS = ("created", "has a key", "two differ", "read equal", "listed", "change shows", "deleted and gone")
_PLACEHOLDER = re.compile(r"\{([^}]+)\}")
_KEYS = ("id", "uuid", "gid", "sid", "key", "slug", "code", "name", "number", "login", "username")
_SIZES = ("limit", "per_page", "page_size", "pageSize", "size", "count", "perPage", "max_results")


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass
class Clear:
    """A family that path and schema make clear."""

    item: str
    collection: str
    at_item: Mapping[str, OperationSpec]
    at_collection: Mapping[str, OperationSpec]


@dataclass
class Life:
    """What came of a family: the checks that could be made, and what went wrong first."""

    found: dict[str, bool] = field(default_factory=dict)
    note: str = ""

    @property
    def is_whole(self) -> bool:
        return bool(self.found) and all(self.found.values())


def clear_families(document: Document, shapes: Shapes) -> list[Clear]:
    """The families of a document that path and schema make clear."""
    paths: dict[str, dict[str, OperationSpec]] = {}
    for one in document.operations:
        paths.setdefault(one.path.rstrip("/"), {})[one.method] = one
    found = []
    for item, at_item in paths.items():
        collection, _, last = item.rpartition("/")
        if not _PLACEHOLDER.fullmatch(last) or "POST" not in paths.get(collection, {}) or "GET" not in at_item:
            continue
        create, shown = paths[collection]["POST"], success_schema(at_item["GET"])
        sent = body_schema(create)
        is_json = any("json" in media_type for media_type in create.content)
        if is_json and shown is not None and shapes.of(shown).is_object and sent is not None and shapes.of(sent).properties:
            found.append(Clear(item, collection, at_item, paths[collection]))
    return found[:FAMILIES]


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(inner)


def _find_key(body: Any, names: list[str]) -> Any:
    """The value of the first name that an object of a body has, the outermost first."""
    for holder in _objects(body):
        for name in names:
            for key, value in holder.items():
                if _fold(key) == name and isinstance(value, str | int) and not isinstance(value, bool):
                    return value
    return None


class Prober:
    """Tries families at a server."""

    def __init__(self, document: Document, base: str, headers: Mapping[str, str]) -> None:
        self._document = document
        self._shapes = Shapes(document)
        self._values = ValueMaker(document, self._shapes)
        self._client = httpx.Client(base_url=base, headers=dict(headers), timeout=30)
        self.families = clear_families(document, self._shapes)
        self.answers: Counter[str] = Counter()

    def _call(self, operation: OperationSpec, path: str, body: Any = None, more: Mapping[str, Any] | None = None) -> httpx.Response:
        query: dict[str, Any] = dict(more or {})
        headers: dict[str, str] = {}
        for parameter in operation.parameters:
            if parameter.get("required") and parameter["in"] in ("query", "header"):
                self._values.seed(operation.label, parameter["name"])
                made = self._values.make(parameter.get("schema") or {}, parameter["name"])
                target: dict[str, Any] = query if parameter["in"] == "query" else headers
                target.setdefault(parameter["name"], str(made) if isinstance(made, str | int) else "1")
        answer = self._client.request(operation.method, path or "/", params=query, headers=headers, json=body)
        self.answers[f"{answer.status_code // 100}xx"] += 1
        if "x-mock-undocumented" in answer.headers:
            self.answers["undocumented"] += 1
        return answer

    def _make(self, schema: Any, *seed: object) -> Any:
        self._values.seed(*seed)
        full = self._values.make(schema)
        return full if self._values.is_valid(schema, full) else self._values.make(schema, full=False)

    def _names(self, path: str, placeholder: str) -> list[str]:
        noun = _fold(path.rpartition("/")[2]).rstrip("s")
        return [
            _fold(placeholder),
            f"{noun}id",
            f"{noun}key",
            "id",
            "uuid",
            "gid",
            "sid",
            "key",
            "slug",
            "code",
            "name",
            "number",
            "login",
            "username",
        ]

    def _parents(self, clear: Clear) -> dict[str, str]:
        """A value for each placeholder of the collection's path: of a record that is listed, else of one that is made, else of the document."""
        found: dict[str, str] = {}
        segments = clear.collection.split("/")
        by_path = {one.path.rstrip("/") + " " + one.method: one for one in self._document.operations}
        for number, segment in enumerate(segments):
            for name in _PLACEHOLDER.findall(segment):
                above = "/".join(segments[:number])
                path = self._fill(above, found)
                value = None
                for method in ("GET", "POST"):
                    operation = by_path.get(f"{above} {method}")
                    if value is None and operation is not None:
                        sent = body_schema(operation) if method == "POST" else None
                        answer = self._call(operation, path, None if sent is None else self._make(sent, "parent", above))
                        value = (_find_key(_json(answer), self._names(above, name)) or _located(answer)) if answer.is_success else None
                found[name] = str(value if value is not None else self._declared(clear, name))
        return found

    def _declared(self, clear: Clear, name: str) -> Any:
        for operation in (*clear.at_collection.values(), *clear.at_item.values()):
            for parameter in operation.parameters:
                if parameter["in"] == "path" and parameter["name"] == name:
                    schema = self._shapes.resolve(parameter.get("schema") or {})
                    return parameter.get("example", schema.get("example", (schema.get("enum") or [self._make(schema, "path", name)])[0]))
        return "1"

    @staticmethod
    def _fill(path: str, values: Mapping[str, str]) -> str:
        return _PLACEHOLDER.sub(lambda found: quote(values.get(found[1], "1"), safe=""), path)

    def live(self, clear: Clear) -> Life:
        """The whole life of a family."""
        life = Life()
        try:
            life.note = self._live(clear, life)
        except httpx.HTTPError as error:
            life.found["answered"] = False
            life.note = repr(error)
        return life

    def _live(self, clear: Clear, life: Life) -> str:
        placeholder = _PLACEHOLDER.findall(clear.item)[-1]
        parents = self._parents(clear)
        create = clear.at_collection["POST"]
        path, sent = self._fill(clear.collection, parents), body_schema(create)
        bodies = [self._make(sent, "life", clear.item, number) for number in range(2)]
        answers = [self._call(create, path, body) for body in bodies]
        life.found["created"] = all(answer.is_success for answer in answers)
        if not life.found["created"]:
            return f"create {answers[0].status_code} {answers[0].text[:150]}"
        names = self._names(clear.collection, placeholder)
        keys = [_find_key(_json(answer), names) or _located(answer) for answer in answers]
        life.found["has a key"] = bool(keys[0])
        life.found["two differ"] = keys[0] != keys[1]
        if not all(life.found.values()):
            return f"keys {keys}"
        item = f"{path}/{quote(str(keys[0]), safe='')}"
        for step in (self._told_back, self._changed, self._deleted):
            note = step(clear, life, item, keys[0], bodies[0])
            if note:
                return note
        return ""

    def _told_back(self, clear: Clear, life: Life, item: str, key: Any, body: Any) -> str:
        read = clear.at_item["GET"]
        answer = self._call(read, item)
        wrong = self._different(body_schema(clear.at_collection["POST"]), body, _json(answer)) if answer.is_success else [str(answer.status_code)]
        life.found["read equal"] = not wrong
        if wrong:
            return f"read {wrong[:3]}"
        if "GET" not in clear.at_collection:
            return ""
        listing = clear.at_collection["GET"]
        names = {parameter["name"] for parameter in listing.parameters if parameter["in"] == "query"}
        size = next((name for name in _SIZES if name in names), None)
        path = item.rpartition("/")[0]
        most = next((self._shapes.resolve(one.get("schema") or {}).get("maximum", 100) for one in listing.parameters if one["name"] == size), 100)
        shown = self._call(listing, path, more={size: min(most, 100)} if size else None)
        life.found["listed"] = shown.is_success and str(key) in shown.text
        return "" if life.found["listed"] else f"not listed {shown.status_code} {shown.text[:150]}"

    def _changed(self, clear: Clear, life: Life, item: str, _key: Any, _body: Any) -> str:
        read = clear.at_item["GET"]
        method = next((one for one in ("PATCH", "PUT") if one in clear.at_item), None)
        schema = body_schema(clear.at_item[method]) if method is not None else None
        if method is None or schema is None:
            return ""
        body = self._make(schema, "change", clear.item)
        if isinstance(body, dict):
            keys = {_fold(_PLACEHOLDER.findall(clear.item)[-1]), "id"}  # no change gives a record another key
            body = {name: value for name, value in body.items() if _fold(name) not in keys}
        answer = self._call(clear.at_item[method], item, body)
        wrong = self._different(schema, body, _json(self._call(read, item))) if answer.is_success else [str(answer.status_code)]
        life.found["change shows"] = not wrong
        return f"change {wrong[:3]}" if wrong else ""

    def _deleted(self, clear: Clear, life: Life, item: str, _key: Any, _body: Any) -> str:
        read = clear.at_item["GET"]
        if "DELETE" not in clear.at_item:
            return ""
        answer = self._call(clear.at_item["DELETE"], item)
        gone = self._call(read, item)
        life.found["deleted and gone"] = answer.is_success and gone.status_code in (404, 410)
        return "" if life.found["deleted and gone"] else f"delete {answer.status_code}, then {gone.status_code}"

    def _different(self, schema: Any, sent: Any, shown: Any) -> list[str]:
        """The scalar properties that were sent and are shown with another value."""
        if not isinstance(sent, dict):
            return []
        holders = list(_objects(shown))
        properties = self._shapes.of(schema).properties
        wrong = []
        for name, value in sent.items():
            declared = self._shapes.resolve(properties.get(name, {}))
            if isinstance(value, dict | list) or declared.get("writeOnly") or declared.get("readOnly"):
                continue
            there = [holder[name] for holder in holders if name in holder]
            if there and not any(_same(value, one) for one in there):
                wrong.append(f"{name}: {value!r} is shown as {there[0]!r}")
        return wrong


def _same(sent: Any, shown: Any) -> bool:
    if isinstance(shown, list) and len(shown) == 1:
        return _same(sent, shown[0])
    return sent == shown or str(sent) == str(shown)


def _located(answer: httpx.Response) -> str:
    """The last segment of the address of a new record, empty if the answer names none."""
    return unquote(answer.headers.get("location", "").rstrip("/").rpartition("/")[2])


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def serve(file: Path) -> tuple[subprocess.Popen[str], str, dict[str, str], float]:
    """A server of a document: its process, base URL, demo headers, and the seconds that it took to start. Raises RuntimeError."""
    started = time.monotonic()
    command = [sys.executable, "-m", "mockserver", "serve", str(file), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    base, headers = "", {}
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        if "base URL" in line:
            base = line.split()[-1]
        if "credentials  demo: " in line:
            headers = dict(part.split(": ", 1) for part in line.split("demo: ", 1)[1].strip().split(", "))
        if "Control plane" in line:
            return process, base, headers, time.monotonic() - started
    process.wait(START)
    raise RuntimeError("".join(lines)[-300:])


def probe(file: Path) -> dict[str, Any]:
    """What came of one document."""
    try:
        document = read_foreign(file).document
        process, base, headers, seconds = serve(file)
    except (DocumentBroken, RuntimeError) as error:
        return {"document": file.stem, "started": False, "why": str(error)[:300], "lives": {}}
    try:
        prober = Prober(document, base, headers)
        lives = {clear.item: prober.live(clear) for clear in prober.families}
    finally:
        process.terminate()
        process.wait(START)
    return {
        "document": file.stem,
        "started": True,
        "operations": len(document.operations),
        "seconds": round(seconds, 2),
        "answers": dict(prober.answers),
        "lives": {item: {"whole": life.is_whole, "checks": life.found, "note": life.note} for item, life in lives.items()},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    files = [file for file in sorted(arguments.folder.iterdir()) if file.suffix in (".yaml", ".yml", ".json")]
    found = []
    for file in files:
        if arguments.names and file.stem not in arguments.names:
            continue
        row = probe(file)
        found.append(row)
        lives = row["lives"]
        whole = sum(one["whole"] for one in lives.values())
        more = row.get("answers", row.get("why", ""))
        print(f"{row['document']:28} {'started' if row['started'] else 'REFUSED'}  {whole} of {len(lives)} lives  {more}", flush=True)
        for item, one in lives.items():
            if not one["whole"]:
                print(f"    {item}: {one['note'][:200]}", flush=True)
    every = [one for row in found for one in row["lives"].values()]
    print(f"\n{sum(row['started'] for row in found)} of {len(found)} documents started")
    print(f"{sum(one['whole'] for one in every)} of {len(every)} lives whole")
    for check in CHECKS:
        tried = [one["checks"][check] for one in every if check in one["checks"]]
        print(f"  {check:20} {sum(tried)} of {len(tried)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0 if all(row["started"] for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
