"""The life of one family: what a document makes possible to check, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import httpx

from benchmarks.documents.client import Client, json_of, located
from benchmarks.documents.families import Clear, find_item, find_key, fold, items_of, key_names, objects, shows_list
from mockserver.openapi.inference.shapes import body_schema, success_schema
from mockserver.openapi.operations import OperationSpec

LIFE = ("created", "has a key", "two differ", "read equal", "listed", "change shows", "keeps the rest", "gone", "not listed")
"""What makes a life whole."""
SINGLE = ("list agrees", "unknown id 404", "bad body refused", "no credential refused", "size obeyed", "filter obeyed", "two reads the same")
"""What is counted by itself."""
CHECKS = (*LIFE, *SINGLE)
_SIZES = frozenset("limit perpage pagesize size count maxresults top itemsperpage".split())
_NO_FILTERS = frozenset(
    "page limit size perpage pagesize offset cursor sort order orderby sortby fields include expand q query search count before after from to".split()
)
_SERVER_SET = ("updat", "modif", "chang", "version", "etag", "revision", "last", "sequence")
"""Parts of names of properties that a server changes with any change."""
_FILTERS = 2


@dataclass
class Life:
    """What came of a family: by check whether it held, and what went wrong first."""

    found: dict[str, bool] = field(default_factory=dict)
    note: str = ""

    @property
    def is_whole(self) -> bool:
        return all(self.found[name] for name in LIFE if name in self.found)


def possible_checks(client: Client, clear: Clear) -> list[str]:
    """The checks that the document of a family makes possible, whatever a server does."""
    listing, create = _listing(client, clear), clear.at_collection["POST"]
    change = _change(clear)
    can = {
        "listed": listing is not None,
        "list agrees": listing is not None,
        "change shows": change is not None,
        "keeps the rest": change is not None and change.method == "PATCH",
        "gone": "DELETE" in clear.at_item,
        "not listed": "DELETE" in clear.at_item and listing is not None,
        "unknown id 404": not client.shapes.of(_key_schema(client, clear)).enum,
        "bad body refused": _spoil(client, body_schema(create), {}) is not None,
        "no credential refused": _needs_credential(clear.at_item["GET"]),
        "size obeyed": listing is not None and _size(client, listing) is not None,
        "filter obeyed": listing is not None and any(True for _ in _filters(client, listing)),
    }
    return [name for name in CHECKS if can.get(name, True)]


class LifeProbe:
    """Tries the life of one family at a server."""

    def __init__(self, client: Client, clear: Clear) -> None:
        self.client = client
        self.clear = clear
        self.life = Life(dict.fromkeys(possible_checks(client, clear), False))
        self.names = key_names(clear.collection, clear.placeholder)
        self.parents: dict[str, str] = {}
        self.create, self.read, self.listing = clear.at_collection["POST"], clear.at_item["GET"], _listing(client, clear)

    def run(self) -> Life:
        """What came of it."""
        try:
            self._run()
        except httpx.HTTPError as error:
            self._say(repr(error))
        return self.life

    def _say(self, text: str) -> None:
        self.life.note = self.life.note or text

    def _hold(self, check: str, holds: bool, text: str = "") -> bool:  # noqa: FBT001 - the outcome
        if check in self.life.found:
            self.life.found[check] = holds
            if not holds:
                self._say(f"{check}: {text}")
        return holds

    def _run(self) -> None:
        client, clear = self.client, self.clear
        parents = self.parents = client.find_values(clear.collection, [*clear.at_collection.values(), *clear.at_item.values()])
        path, sent = client.fill(clear.collection, parents), body_schema(self.create)
        bodies = [_agreeing(client.make(sent, "life", clear.item, number), parents) for number in range(2)]
        self._refusals(path, sent, bodies[0])
        before = self._listed_keys(path)
        answers = [client.call(self.create, path, body) for body in bodies]
        if not self._hold("created", all(one.is_success for one in answers), f"{answers[0].status_code} {answers[0].text[:150]}"):
            return
        keys = [located(one, path) or find_key(json_of(one), self.names) for one in answers]
        if not all(keys):
            new = [key for key in self._listed_keys(path) if key not in before]
            keys = [new[0], new[-1]] if len(new) > 1 else keys
        if not self._hold("has a key", all(keys), answers[0].text[:150]):
            return
        self._hold("two differ", keys[0] != keys[1], f"both are {keys[0]}")
        item = f"{path}/{quote(str(keys[0]), safe='')}"
        shown = self._read(item, sent, bodies[0])
        if shown is None:
            return
        record = find_item(shown, keys[0], self.names) or {}
        self._list(path, keys[0], {**bodies[0], **record} if isinstance(bodies[0], dict) else record, shown)
        self._change(item, shown, bodies[0])
        self._delete(item, path, keys[0], {**bodies[0], **record} if isinstance(bodies[0], dict) else record)

    def _listed_keys(self, path: str) -> list[Any]:
        """The keys on the first page of the list."""
        if self.listing is None:
            return []
        size = _size(self.client, self.listing)
        items = items_of(json_of(self.client.call(self.listing, path, query={size[0]: size[2]} if size is not None else {}))) or []
        return [key for one in items if (key := find_key(one, self.names)) is not None]

    def _refusals(self, path: str, sent: Any, body: Any) -> None:
        unknown = self.client.call(self.read, f"{path}/{quote(str(self._unknown_key()), safe='')}")
        self._hold("unknown id 404", unknown.status_code in (404, 410), f"{unknown.status_code}")
        anonymous = self.client.call(self.read, f"{path}/1", anonymous=True)
        self._hold("no credential refused", anonymous.status_code in (401, 403), f"{anonymous.status_code}")
        spoiled = _spoil(self.client, sent, body if isinstance(body, dict) else {})
        if spoiled is not None:
            refused = self.client.call(self.create, path, spoiled)
            self._hold("bad body refused", 400 <= refused.status_code < 500, f"{refused.status_code} for {spoiled!s:.80}")  # noqa: PLR2004 - 4xx

    def _unknown_key(self) -> Any:
        schema = _key_schema(self.client, self.clear)
        kinds, plain = self.client.shapes.of(schema).kinds, self.client.shapes.resolve(schema)
        if kinds & {"integer", "number"}:
            return min(plain.get("maximum", 987_654_321), 987_654_321)
        if plain.get("pattern") or plain.get("format") or plain.get("maxLength", 99) < 12:  # noqa: PLR2004 - the text below
            self.client.values.seed("unknown", self.clear.item)
            bare = {name: value for name, value in plain.items() if name not in ("example", "default", "examples")}
            return self.client.values.make(bare)
        return "unknown-7f3a"

    def _read(self, item: str, sent: Any, body: Any) -> Any:
        answers = [self.client.call(self.read, item) for _ in range(2)]
        if not self._hold("read equal", answers[0].is_success, f"{answers[0].status_code} {answers[0].text[:100]}"):
            return None
        shown = json_of(answers[0])
        self._hold("two reads the same", shown == json_of(answers[1]), "a second read differs")
        wrong = self._different(sent, body, shown)
        self._hold("read equal", not wrong, f"{wrong[:3]}")
        return shown

    def _list(self, path: str, key: Any, record: Mapping[str, Any], shown: Any) -> None:
        if self.listing is None:
            return
        found, text = self._find_listed(path, key, record)
        if not self._hold("listed", found is not None, text):
            return
        wrong = _disagree(found or {}, find_item(shown, key, self.names) or {})
        self._hold("list agrees", not wrong, f"{wrong[:3]}")
        asked = _asked(self.client, self.listing, record)
        size = _size(self.client, self.listing)
        if size is not None:
            few = max(2, size[1])
            items = items_of(json_of(self.client.call(self.listing, path, query={**asked, size[0]: few})))
            self._hold("size obeyed", items is not None and 0 < len(items) <= few, f"{few} asked, {None if items is None else len(items)} shown")
        self._filter(path, found or {}, asked)

    def _find_listed(self, path: str, key: Any, record: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
        """The item of the list that has a key, on any of the first pages; and what the first page was."""
        if self.listing is None:
            return None, ""
        size, text = _size(self.client, self.listing), ""
        asked = _asked(self.client, self.listing, record)
        pages: list[dict[str, Any]] = [{size[0]: size[2]}] if size is not None else [{}]
        names = {str(one["name"]) for one in self.listing.parameters if one["in"] == "query"}
        pages += [{**pages[0], name: number} for name in ("page", "pageNumber") if name in names for number in (2, 3, 4)]
        for page in pages:
            answer = self.client.call(self.listing, path, query={**asked, **page})
            text = text or f"{answer.status_code} {answer.text[:150]}"
            body = json_of(answer)
            found = find_item(items_of(body) or [], key, self.names) if answer.is_success else None
            if found is not None:
                return found, text
            if answer.is_success and any(str(one) == str(key) for one in items_of(body) or []):
                return {}, text  # a list of keys
        return None, text

    def _filter(self, path: str, item: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        outcomes: list[bool] = []
        for parameter, name, schema in _filters(self.client, self.listing):
            value = next((one for key, one in item.items() if fold(key) == name), None)
            if not isinstance(value, str | int) or value == "" or not self.client.values.is_valid(schema, value) or len(outcomes) >= _FILTERS:
                continue
            answer = self.client.call(self.listing, path, query={**asked, parameter: str(value).lower() if isinstance(value, bool) else value})  # type: ignore[arg-type]
            items = items_of(json_of(answer)) or []
            values = [next((one for key, one in shown.items() if fold(key) == name), None) for shown in items if isinstance(shown, dict)]
            outcomes.append(bool(values) and all(_same(value, one) for one in values))
            if not outcomes[-1]:
                self._say(f"filter obeyed: {parameter}={value} shows {values[:4]} ({answer.status_code})")
        if outcomes:
            self._hold("filter obeyed", all(outcomes))
        else:
            self.life.found.pop("filter obeyed", None)  # no value of the record can be asked for

    def _change(self, item: str, shown: Any, created: Any) -> None:
        change = _change(self.clear)
        if change is None:
            return
        schema = body_schema(change)
        body = self.client.make(schema, "change", self.clear.item)
        if isinstance(body, dict):
            key = unquote(item.rpartition("/")[2])
            named = {fold(name) for holder in objects(shown) for name, value in holder.items() if str(value) == key}
            fixed = {fold(self.clear.placeholder), "id", *named}  # no change gives a record another key
            needed = self.client.shapes.of(schema).required
            keys = {fold(name): value for holder in objects(shown) for name, value in holder.items() if fold(name) in fixed}
            own = {name: keys[fold(name)] for name in needed if fold(name) in keys}
            body = {name: value for name, value in _agreeing(body, self.parents).items() if fold(name) not in fixed} | own
            if change.method == "PATCH":
                body = self._one_change(schema, body, shown)
        answer = self.client.call(change, item, body)
        after = json_of(self.client.call(self.read, item))
        wrong = self._different(schema, body, after) if answer.is_success else [f"{answer.status_code} {answer.text[:100]}"]
        self._hold("change shows", not wrong, f"{wrong[:3]}")
        if isinstance(created, dict):
            kept = {name: value for name, value in created.items() if isinstance(body, dict) and name not in body and not _is_server_set(name)}
            lost = self._different(body_schema(self.create), kept, after)
            self._hold("keeps the rest", answer.is_success and not lost, f"{lost[:3]}")

    def _one_change(self, schema: Any, body: Mapping[str, Any], shown: Any) -> dict[str, Any]:
        """What a change must have, and one more field that the record shows."""
        shape = self.client.shapes.of(schema)
        there = {name for holder in objects(shown) for name in holder}
        needed = {name: value for name, value in body.items() if name in shape.required}
        one = next((name for name, value in body.items() if name not in needed and name in there and not isinstance(value, dict | list)), None)
        return needed | ({one: body[one]} if one is not None else {} if needed else dict(body))

    def _delete(self, item: str, path: str, key: Any, record: Mapping[str, Any]) -> None:
        if "DELETE" not in self.clear.at_item:
            return
        operation = self.clear.at_item["DELETE"]
        schema = body_schema(operation) if operation.spec.get("requestBody", {}).get("required") else None
        answer = self.client.call(operation, item, None if schema is None else self.client.make(schema, "delete", self.clear.item))
        gone = self.client.call(self.read, item)
        is_gone = answer.is_success and gone.status_code in (404, 410)
        self._hold("gone", is_gone, f"{answer.status_code}, then {gone.status_code}")
        self._hold("not listed", is_gone and self._find_listed(path, key, record)[0] is None, "it is still listed")

    def _different(self, schema: Any, sent: Any, shown: Any) -> list[str]:
        """The scalar properties that were sent and, though the answer may hold this value, are shown with another one."""
        if not isinstance(sent, dict):
            return []
        holder = max(objects(shown), key=lambda one: len(one.keys() & sent.keys()), default={})
        properties = self.client.shapes.of(schema).properties
        wrong = []
        for name, value in sent.items():
            declared = self.client.shapes.resolve(properties.get(name, {}))
            if isinstance(value, dict | list) or declared.get("writeOnly") or declared.get("readOnly"):
                continue
            if name in holder and not _same(value, holder[name]) and self._may_show(name, value):
                wrong.append(f"{name}: {value!r} is shown as {holder[name]!r}")
        return wrong

    def _may_show(self, name: str, value: Any) -> bool:
        """Whether the read may show a value: its outermost property of this name allows it."""
        level = [success_schema(self.read)]
        for _ in range(4):
            shapes = [self.client.shapes.of(schema) for schema in level]
            there = [shape.properties[name] for shape in shapes if name in shape.properties]
            if there:
                return any(self.client.values.is_valid(schema, value) for schema in there)
            level = [inner for shape in shapes for inner in (*shape.properties.values(), *([shape.items] if shape.items is not None else []))]
        return False


def _agreeing(body: Any, parents: Mapping[str, str]) -> Any:
    """A body that names the records above its own as its path does."""
    if not isinstance(body, dict):
        return body
    above = {fold(name): value for name, value in parents.items()}
    return {name: type(value)(above[fold(name)]) if fold(name) in above and isinstance(value, str) else value for name, value in body.items()}


def _listing(client: Client, clear: Clear) -> OperationSpec | None:
    found = clear.at_collection.get("GET")
    if found is None or success_schema(found) is None:
        return None
    return found if shows_list(client.shapes, success_schema(found), clear.collection.rpartition("/")[2]) else None


def _change(clear: Clear) -> OperationSpec | None:
    """The operation that changes a record by JSON: PATCH, else PUT."""
    for method in ("PATCH", "PUT"):
        found = clear.at_item.get(method)
        if found is not None and body_schema(found) is not None and not any("json-patch" in one for one in found.content):
            return found
    return None


def _key_schema(client: Client, clear: Clear) -> Any:
    for operation in clear.at_item.values():
        for parameter in operation.parameters:
            if parameter["in"] == "path" and parameter["name"] == clear.placeholder:
                return client.shapes.resolve(parameter.get("schema") or {})
    return {}


def _needs_credential(operation: OperationSpec) -> bool:
    return bool(operation.security) and all(bool(one) for one in operation.security)


def _spoil(client: Client, schema: Any, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """A body that its schema does not allow: without a required property, else with an object for a number or a flag; None if neither can be."""
    shape = client.shapes.of(schema)
    for name in sorted(shape.required & shape.properties.keys()):
        spoiled = {key: value for key, value in body.items() if key != name}
        if not client.shapes.resolve(shape.properties[name]).get("readOnly") and not client.values.is_valid(schema, spoiled):
            return spoiled
    for name, inner in shape.properties.items():
        spoiled = {**body, name: {"unexpected": ["object"]}}
        if client.shapes.of(inner).is_scalar and not client.values.is_valid(schema, spoiled):
            return spoiled
    return None


def _size(client: Client, listing: OperationSpec) -> tuple[str, int, int] | None:
    """The parameter that says how many items a page has, with its least and its greatest value, 100 at most."""
    for parameter in listing.parameters:
        schema = client.shapes.resolve(parameter.get("schema") or {})
        if parameter["in"] == "query" and fold(parameter["name"]) in _SIZES and client.shapes.of(schema).kinds & {"integer", "number"}:
            return str(parameter["name"]), schema.get("minimum", 1), min(schema.get("maximum", 100), 100)
    return None


def _filters(client: Client, listing: OperationSpec | None) -> Iterator[tuple[str, str, Any]]:
    """The parameters of a list that have the name of a scalar property of its items: name, folded name, schema of one value."""
    if listing is None:
        return
    properties = {fold(name): inner for name, inner in _item_properties(client, success_schema(listing)).items()}
    for parameter in listing.parameters:
        name, shape = fold(parameter["name"]), client.shapes.of(parameter.get("schema") or {})
        if parameter["in"] == "query" and name in properties and name not in _NO_FILTERS and client.shapes.of(properties[name]).is_scalar:
            yield str(parameter["name"]), name, (shape.items if shape.is_list and shape.items is not None else parameter.get("schema") or {})


def _item_properties(client: Client, schema: Any) -> Mapping[str, Any]:
    level = [schema]
    for _ in range(3):
        for one in level:
            shape = client.shapes.of(one)
            if shape.is_list and shape.items is not None and client.shapes.of(shape.items).properties:
                return client.shapes.of(shape.items).properties
        level = [inner for one in level for inner in client.shapes.of(one).properties.values()]
    return {}


def _asked(client: Client, listing: OperationSpec, record: Mapping[str, Any]) -> dict[str, Any]:
    """What a list must be asked, or asks by itself, so that it shows a record: the record's own values."""
    asked = {}
    for parameter in listing.parameters:
        schema = client.shapes.resolve(parameter.get("schema") or {})
        if parameter["in"] == "query" and (parameter.get("required") or "default" in schema):
            asks = fold(parameter["name"]).removeprefix("filter")
            value = next((one for name, one in record.items() if fold(name) == asks), None)
            if isinstance(value, str | int) and client.values.is_valid(schema, value):
                asked[str(parameter["name"])] = str(value).lower() if isinstance(value, bool) else value
    return asked


def _disagree(listed: Mapping[str, Any], read: Mapping[str, Any]) -> list[str]:
    """The scalars that a list and a read show with other values."""
    both = [(name, listed[name], read[name]) for name in listed if name in read and not isinstance(listed[name], dict | list)]
    return [f"{name}: {one!r} is listed, {other!r} is read" for name, one, other in both if not _same(one, other)]


def _is_server_set(name: str) -> bool:
    return any(part in name.lower() for part in _SERVER_SET)


def _same(sent: Any, shown: Any) -> bool:
    if isinstance(shown, list):
        return any(_same(sent, one) for one in shown)
    return bool(sent == shown) or str(sent) == str(shown)
