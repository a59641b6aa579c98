"""How one operation is answered: its role, and the status, media type and schema of its success."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.inference.model import Kind, Role
from mockserver.openapi.operations import OperationSpec

_CREATED = (201, 200, 202, 204)
_REMOVED = (204, 200, 202)
_DONE = (200, 201, 202, 204)
_BY_KIND: Mapping[Kind, tuple[int, ...]] = {
    Kind.CREATE: _CREATED,
    Kind.BULK: _CREATED,
    Kind.DELETE: _REMOVED,
    Kind.CLEAR: _REMOVED,
    Kind.UNSET: _REMOVED,
}
_WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True)
class Success:
    """One documented answer. ``contents`` are its media types; without one there is no body. ``is_documented`` is False if no answer fits."""

    status: int
    contents: Mapping[str, Mapping[str, Any]]
    headers: Mapping[str, Any]
    is_documented: bool = True

    def media(self, accept: str) -> tuple[str, Mapping[str, Any]] | None:
        """The media type to answer with, and what the document says of it: one that the client asks for, else JSON, else the first."""
        if not self.contents:
            return None
        named = [one.partition(";")[0].strip().lower() for one in accept.split(",")] if accept else []
        asked = [name for name in self.contents if name.partition(";")[0].strip().lower() in named and "*" not in name]
        if asked and not any(one.startswith(("*/", "application/*")) for one in named):
            return asked[0], self.contents[asked[0]]
        name = next((one for one in self.contents if is_json(one)), next(iter(self.contents)))
        return name, self.contents[name]


def is_json(media_type: str) -> bool:
    """Whether a media type, or a range of them, may be JSON."""
    plain = media_type.partition(";")[0].strip().lower()
    return plain.endswith("json") or plain in ("*/*", "application/*", "")


def concrete(media_type: str) -> str:
    """A media type to send for one of a document, which may be a range."""
    plain = media_type.partition(";")[0].strip().lower()
    if "*" not in plain and plain:
        return media_type
    return {
        "text/*": "text/plain",
        "image/*": "image/png",
        "audio/*": "audio/mpeg",
        "video/*": "video/mp4",
        "application/*+json": "application/json",
    }.get(plain, "application/json")


def find_success(spec: OperationSpec, role: Role) -> Success:
    """The answer to a call of an operation that succeeds."""
    responses = spec.spec.get("responses") or {}
    order = list(_success_order(spec, role))
    for status, key in order:
        found = spec.document.resolve(responses[key])
        if isinstance(found, dict):
            return Success(status, _contents(spec.document, found, status), _headers(spec.document, found))
    return Success(_BY_KIND.get(role.kind, _DONE)[0], {}, {}, is_documented=False)


def _success_order(spec: OperationSpec, role: Role) -> Iterator[tuple[int, str]]:
    statuses = spec.statuses
    wanted = _BY_KIND.get(role.kind, _DONE)
    yield from ((status, str(status)) for status in wanted if str(status) in statuses)
    yield from ((int(status), status) for status in statuses if status.isdigit() and status.startswith("2") and int(status) not in wanted)
    for key in statuses:
        if key.upper() == "2XX":
            yield wanted[0], key
    yield from ((int(status), status) for status in statuses if status.isdigit() and status.startswith("3"))
    if "default" in statuses and not any(status[:1] in "23" for status in statuses):
        yield wanted[0], "default"
    yield from ((int(status), status) for status in statuses if status.isdigit() and status.startswith("1"))


def _contents(document: Document, response: Mapping[str, Any], status: int) -> Mapping[str, Mapping[str, Any]]:
    found = response.get("content")
    if status in _WITHOUT_BODY or not isinstance(found, dict):
        return {}
    return {str(name): document.resolve(media) if isinstance(media, dict) else {} for name, media in found.items()}


def _headers(document: Document, response: Mapping[str, Any]) -> Mapping[str, Any]:
    found = response.get("headers")
    return {str(name): document.resolve(header) for name, header in found.items()} if isinstance(found, dict) else {}


STATEFUL, EXAMPLE, GENERATED = "stateful", "by example", "generated"


def find_basis(spec: OperationSpec, role: Role) -> str:
    """What the answers of an operation rest on: state, an example of the document, or generated data."""
    if role.is_stateful:
        return STATEFUL
    contents = find_success(spec, role).contents.values()
    return EXAMPLE if any(True for media in contents for _ in examples_of(spec.document, media)) else GENERATED


def count_bases(document: Document, roles: Mapping[str, Role], unserved: Collection[str]) -> str:
    """A sentence on how many operations of a document are stateful, by example, generated, and not served."""
    bases = ["not served" if spec.id in unserved else find_basis(spec, roles[spec.id]) for spec in document.operations]
    return f"{len(bases)} operations: " + ", ".join(f"{bases.count(name)} {name}" for name in (STATEFUL, EXAMPLE, GENERATED, "not served"))


def examples_of(document: Document, media: Mapping[str, Any]) -> Iterator[Any]:
    """The examples of a body, in the order of the document."""
    if "example" in media:
        yield media["example"]
    examples = media.get("examples")
    for example in examples.values() if isinstance(examples, dict) else ():
        resolved = document.resolve(example)
        if isinstance(resolved, dict) and "value" in resolved:
            yield resolved["value"]
    schema = document.resolve(media.get("schema") or {})
    if isinstance(schema, dict):
        if "example" in schema:
            yield schema["example"]
        if isinstance(schema.get("examples"), list):
            yield from schema["examples"]
