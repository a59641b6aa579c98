"""Steps to replay: a written scenario or a recording, which each side fills with its own ids and credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import quote, unquote, urlencode, urlsplit

import orjson
import yaml

from mockserver.openapi.digits import read_digits
from mockserver.openapi.documents import Document
from mockserver.openapi.masking import MASK
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import find_value

from ..routing import api_path, find_route
from .compiled import URLENCODED
from .exchange import RecordedExchange
from .forms import urlencoded

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_ID = re.compile(r"(?i:(?:^|[_-])ids?(?:$|[_-]))|[a-z]Ids?(?![a-z])")
"""Names of fields that hold an id."""
_KEYS = {"operation", "path", "query", "headers", "body", "media_type", "credentials", "keep", "note"}
_HOP = frozenset(
    (
        "host content-length connection accept-encoding transfer-encoding keep-alive upgrade te via cookie x-contract-check x-mock-world x-mock-token"
    ).split()
)
_BROWSER = ("sec-", "x-forwarded-", ":")


class ScenarioBroken(ValueError):
    """A scenario cannot be read. The text names the place and what is expected there."""


@dataclass(frozen=True)
class KeptField:
    """A value of an answer to store: the value at a JSON pointer, or the first part of it that matches a pattern."""

    at: str
    match: str = ""

    def of(self, value: Any) -> Any:
        found = find_value(value, self.at)
        if not self.match or found is None:
            return found
        part = re.search(self.match, str(found))
        return None if part is None else part[0]


@dataclass(frozen=True)
class Step:
    """One call. Values may hold ``{{name}}``, which each side fills with what it kept; ``recorded`` is the response of a recording."""

    number: int
    operation: OperationSpec
    path: str
    query: tuple[tuple[str, Any], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = ""
    body: Any = None
    raw: bytes | None = None
    credentials: str | None = ""
    keep: Mapping[str, KeptField] = field(default_factory=dict)
    note: str = ""
    recorded: RecordedExchange | None = None


def scenario(path: Path, document: Document) -> list[Step]:
    """The steps of a scenario file: YAML with a list ``steps``. Raises ScenarioBroken."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioBroken(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("steps"), list):
        raise ScenarioBroken(f"{path}: a scenario has a list named steps")
    if loaded.get("api", document.slug) != document.slug:
        raise ScenarioBroken(f"{path}: the scenario is for {loaded['api']}, not for {document.slug}")
    return [_step(path, number, said, document) for number, said in enumerate(loaded["steps"], 1)]


def _step(path: Path, number: int, said: Any, document: Document) -> Step:
    where = f"{path}: step {number}"
    if not isinstance(said, dict) or "operation" not in said:
        raise ScenarioBroken(f"{where} names no operation")
    if unknown := set(said) - _KEYS:
        raise ScenarioBroken(f"{where} has the unknown key {min(unknown)}; known are {', '.join(sorted(_KEYS))}")
    operation = document.by_id.get(said["operation"])
    if operation is None:
        raise ScenarioBroken(f"{where}: {document.slug} has no operation {said['operation']}; `mockserver operations` lists them")
    values = said.get("path") or {}
    missing = [name for name in re.findall(r"\{([^}]+)\}", operation.path) if name not in values]
    if missing:
        raise ScenarioBroken(f"{where}: {operation.id} needs the path parameter {missing[0]}, under the key path")
    filled = operation.path
    for name, value in values.items():
        filled = filled.replace("{" + name + "}", str(value))
    return Step(
        number,
        operation,
        filled,
        tuple((str(name), value) for name, value in (said.get("query") or {}).items()),
        tuple((str(name), str(value)) for name, value in (said.get("headers") or {}).items()),
        str(said.get("media_type") or next(iter(operation.content), "")),
        said.get("body"),
        None,
        said.get("credentials", ""),
        {str(name): _kept(where, str(name), place) for name, place in (said.get("keep") or {}).items()},
        str(said.get("note", "")),
    )


def _kept(where: str, name: str, said: Any) -> KeptField:
    """What to keep under a name: a JSON pointer, or a pointer and a pattern."""
    try:
        found = KeptField(said) if isinstance(said, str) else KeptField(**said)
        re.compile(found.match)
    except (TypeError, re.error) as error:
        raise ScenarioBroken(f"{where}: keep {name} is a JSON pointer, or {{at: a JSON pointer, match: a regular expression}} ({error})") from None
    return found


def recorded(exchanges: Iterable[RecordedExchange], document: Document, *, only_successes: bool = False) -> Iterator[Step]:
    """The calls of a recording that belong to the API, as steps; calls without a documented operation or a vendor's answer are left out.

    Raises ScenarioBroken for a query that cannot be read.
    """
    for exchange in exchanges:
        path = api_path(document, exchange.path, exchange.host)
        route = None if path is None else find_route(document, exchange.method, path)
        if path is None or route is None or exchange.status == 0 or exchange.injected or exchange.limit:
            continue
        if only_successes and exchange.status >= 400:
            continue
        headers = tuple((name, value) for name, value in exchange.request.pairs if name.lower() not in _HOP and not name.lower().startswith(_BROWSER))
        try:
            query = tuple(urlencoded(exchange.query)) if exchange.query else ()
        except ValueError as error:
            raise ScenarioBroken(f"entry {exchange.number}: the query cannot be read ({error})") from None
        body, raw = _read(exchange)
        yield Step(
            exchange.number,
            route.operation,
            path,
            query,
            headers,
            exchange.request.media_type,
            body,
            raw,
            exchange.credential,
            recorded=exchange,
        )


def _read(exchange: RecordedExchange) -> tuple[Any, bytes | None]:
    """A recorded body: data if it is JSON or a form, else bytes."""
    message = exchange.request
    if not message.body:
        return None, None
    try:
        if message.media_type.endswith("json"):
            return orjson.loads(message.body), None
        if message.media_type == URLENCODED:
            return Form(urlencoded(message.body.decode("utf-8"))), None
    except ValueError:
        pass
    return None, message.body


class Form(list[tuple[str, str]]):
    """The fields of a form in their order."""


class Memory:
    """What one side keeps: names of the scenario, and its own values for those of a recording."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self._own: dict[str, Any] = {}

    def learn(self, recorded: Any, own: Any) -> None:
        """Remember that a recorded value is another one on this side; of an address also each segment from its end."""
        if not isinstance(recorded, str | int) or isinstance(recorded, bool) or recorded in (own, MASK) or own is None:
            return
        self._own[str(recorded)] = own
        if _is_address(recorded) and _is_address(own):
            segments = (reversed(urlsplit(url).path.split("/")) for url in (recorded, own))
            for part, mine in takewhile(all, zip(*segments, strict=False)):
                if part != mine and not part.isdigit():  # a number in an address could be anything elsewhere
                    self._own.setdefault(part, mine)

    def fill(self, value: Any, name: str = "id") -> Any:
        """A value of a step for this side, sent under ``name``. Raises ScenarioBroken for a name that no step stored.

        A number is replaced as an id only if ``name`` suggests an id: an amount may have the same digits.
        """
        if isinstance(value, Form):
            return Form((field, str(self.fill(inner, field))) for field, inner in value)
        if isinstance(value, dict):
            return {field: self.fill(inner, field) for field, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(item, name) for item in value]
        if isinstance(value, str):
            return self._text(value) if _ID.search(name) or not value.isdigit() else value
        return self._number(value) if isinstance(value, int) and not isinstance(value, bool) and _ID.search(name) else value

    def _number(self, value: int) -> Any:
        own = self._own.get(str(value), value)
        number = read_digits(own) if isinstance(own, str) else None
        return own if number is None else number

    def _text(self, value: str) -> Any:
        whole = _PLACEHOLDER.fullmatch(value)
        if whole:
            return self._named(whole[1])
        return self._in_text(_PLACEHOLDER.sub(lambda found: str(self._named(found[1])), value))

    def _in_text(self, value: str) -> Any:
        """A text with this side's own value for a recorded one, which is the whole text or what stands behind ``Bearer``."""
        if value in self._own:
            own = self._own[value]
            return own if isinstance(own, str) else str(own)
        scheme, _, credential = value.partition(" ")
        return f"{scheme} {self._own[credential]}" if credential in self._own else value

    def path(self, path: str) -> str:
        """A path with this side's own values in its segments."""
        return "/".join(quote(str(self.fill(unquote(segment))), safe="@:!$&'()*+,;=-._~") for segment in path.split("/"))

    def _named(self, name: str) -> Any:
        if name not in self.kept:
            raise ScenarioBroken(f"{{{{{name}}}}} was kept by no step before; keep: {{{name}: /json/pointer}} keeps a value of a response")
        return self.kept[name]


def _is_address(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def encoded(body: Any, media_type: str) -> bytes:
    if media_type == URLENCODED:
        fields = body if isinstance(body, Form) else list(_fields(body))
        return urlencode(fields).encode()
    return orjson.dumps(body)


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item, f"{name}[]")
    elif value is not None:
        yield name, ("true" if value else "false") if isinstance(value, bool) else str(value)
