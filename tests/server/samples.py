"""Example calls of every vendor's document, so that tests also cover vendors that are added later."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from mockserver.openapi.documents import Document, read_document
from tests.documents.conftest import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from mockserver.openapi.operations import OperationSpec

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
SLUGS = tuple(FILES)


@dataclass(frozen=True)
class Sample:
    """One call. ``texts`` are the body fields that accept any text."""

    slug: str
    operation: str
    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = ""
    body: Any = None
    texts: tuple[str, ...] = ()

    def marked(self, text: str) -> Sample:
        """The same call with a given text in its body."""
        return replace(self, body={**self.body, **dict.fromkeys(self.texts, text)}) if self.texts else self

    def without(self, name: str) -> Sample:
        """The same call without a field."""
        return replace(self, body={key: value for key, value in self.body.items() if key != name})

    def send(self, client: httpx.Client, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send the call by a client whose base URL is that of the API."""
        options: dict[str, Any] = {}
        if self.body is not None:
            options = {"json": self.body} if self.media_type.endswith("json") else {"data": self.body}
        return client.request(self.method, self.path, params=dict(self.query), headers={**self.headers, **(headers or {})}, **options)


@cache
def document_of(slug: str) -> Document:
    """The document of a vendor."""
    return read_document(slug, FILES[slug])


@cache
def samples(slug: str) -> tuple[Sample, ...]:
    """The example calls of a vendor's document, in document order."""
    document = document_of(slug)
    return tuple(sample for spec in document.operations for sample in _samples(document, spec))


def samples_of(slug: str, operation: str) -> list[Sample]:
    """The example calls of one operation."""
    return [sample for sample in samples(slug) if sample.operation == operation]


def _samples(document: Document, spec: OperationSpec) -> Iterator[Sample]:
    path, query, headers = spec.path, {}, {}
    for parameter in spec.parameters:
        value = _example(document, parameter)
        if parameter["in"] == "path":
            if value is None:
                return
            path = path.replace("{" + parameter["name"] + "}", str(value))
        elif value is not None and parameter["in"] == "query":
            query[parameter["name"]] = value
        elif value is not None and parameter["in"] == "header":
            headers[parameter["name"]] = str(value)
    plain = Sample(document.slug, spec.id, spec.method, path, query, headers)
    body = document.resolve(spec.spec.get("requestBody", {}))
    if not body.get("required"):
        yield plain
    for media_type, media in body.get("content", {}).items():
        if media_type not in (JSON, URLENCODED):
            continue
        for example in media.get("examples", {}).values():
            value = document.resolve(example)["value"]
            texts = tuple(_free_texts(document, media["schema"], value)) if isinstance(value, dict) else ()
            yield replace(plain, media_type=media_type, body=value, texts=texts)


def _example(document: Document, parameter: Mapping[str, Any]) -> Any:
    named = next((document.resolve(example).get("value") for example in parameter.get("examples", {}).values()), None)
    return parameter.get("example", document.resolve(parameter.get("schema", {})).get("example", named))


def _free_texts(document: Document, schema: Any, value: Mapping[str, Any]) -> Iterator[str]:
    """Body fields that may hold any short text, and whose names imply no format."""
    for name, inner in document.resolve(schema).get("properties", {}).items():
        kind = document.resolve(inner)
        free = kind.get("type") == "string" and not kind.keys() & {"enum", "pattern", "format"} and kind.get("maxLength", 50) >= 20
        meant = any(
            part in name.lower() for part in ("id", "key", "code", "codigo", "token", "password", "wallet", "url", "mail", "status", "type", "number")
        )
        if free and not meant and isinstance(value.get(name), str):
            yield name
