"""openapi-core, with everything that depends on the document alone computed once.

By default it looks up paths, walks references, copies its table of formats and builds validators for every exchange. This module replaces the finder
of paths and the factories for schemas, styles, media types and security through the public configuration. Which schema applies and what breaks it
is still decided by openapi-core and the JSON Schema library below it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast

import orjson
from jsonschema_path import SchemaPath
from openapi_core import V30RequestValidator, V30ResponseValidator
from openapi_core.datatypes import RequestParameters
from openapi_core.deserializing.media_types.deserializers import MediaTypeDeserializer
from openapi_core.deserializing.media_types.exceptions import MediaTypeDeserializeError
from openapi_core.deserializing.media_types.factories import MediaTypeDeserializersFactory
from openapi_core.deserializing.styles.deserializers import StyleDeserializer
from openapi_core.deserializing.styles.factories import StyleDeserializersFactory
from openapi_core.security.exceptions import SecurityProviderError
from openapi_core.security.factories import SecurityProviderFactory
from openapi_core.templating.datatypes import TemplateResult
from openapi_core.templating.paths.datatypes import PathOperationServer
from openapi_core.templating.paths.exceptions import OperationNotFound
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.validation.schemas import oas30_read_schema_validators_factory, oas30_write_schema_validators_factory
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from openapi_core.validation.schemas.validators import SchemaValidator

from mockserver.openapi.documents import Document
from mockserver.openapi.operations import OperationSpec

from .exchange import Headers
from .forms import gather, multipart, typed, urlencoded

HOST = "http://judged"
"""The host that openapi-core sees for every request; the real one is not judged."""
URLENCODED = "application/x-www-form-urlencoded"
_BOUNDARY = "boundary"


class Body(bytes):
    """The bytes of a body, with the data that was parsed from them."""

    read: Any = None


class JudgedRequest:
    """A request as openapi-core takes it. ``path_pattern`` is the documented path, found beforehand."""

    host_url = HOST

    def __init__(self, method: str, path_pattern: str, parameters: RequestParameters, content_type: str, body: bytes | None) -> None:
        self.method = method.lower()
        self.path = self.path_pattern = path_pattern
        self.parameters = parameters
        self.content_type = content_type
        self.body = body


class JudgedResponse:
    """A response as openapi-core takes it."""

    def __init__(self, status_code: int, headers: Headers, content_type: str, data: bytes | None) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content_type = content_type
        self.data = data


def content_type_for(media_type: str, content_type: str) -> str:
    """A content type that openapi-core can parse with any parameters: the boundary of a form is written as hexadecimal digits."""
    return f"{media_type}; {_BOUNDARY}={content_type.encode().hex()}" if media_type.startswith("multipart/") else media_type


class _Schemas(SchemaValidatorsFactory):
    """Builds the validator of a schema once."""

    def __init__(self, stock: SchemaValidatorsFactory) -> None:
        super().__init__(stock.schema_validator_cls, stock.format_checker)
        self._made: dict[Any, SchemaValidator] = {}

    def create(self, spec: SchemaPath, schema: SchemaPath, *arguments: Any, **options: Any) -> SchemaValidator:
        key = schema.parts
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = super().create(spec, schema, *arguments, **options)
        return found


class _Styles(StyleDeserializersFactory):
    """Reads a parameter. A value of a wrong type stays text, so that the schema reports it at its place."""

    def __init__(self, document: Document, schemas: _Schemas) -> None:
        super().__init__(cast("Any", schemas))
        self._document = document
        self._made: dict[Any, StyleDeserializer] = {}

    def create(self, spec: SchemaPath, schema: SchemaPath, style: str, explode: bool, name: str) -> StyleDeserializer:  # noqa: ARG002, FBT001 - theirs
        key = (schema.parts, style, explode, name)
        if key not in self._made:
            self._made[key] = cast("StyleDeserializer", _Style(self._document, _contents(schema), style, name, explode=explode))
        return self._made[key]


class _Style:
    def __init__(self, document: Document, schema: Any, style: str, name: str, *, explode: bool) -> None:
        self._document = document
        self._schema = schema
        self._name = name
        kind = document.resolve(schema).get("type")
        self._separator = None
        if kind == "array" and not (style == "form" and explode):
            self._separator = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(style, ",")

    def deserialize(self, location: Mapping[str, Any]) -> Any:
        value = location[self._name]
        if self._separator is not None and isinstance(value, str):
            value = value.split(self._separator)
        return typed(self._document, self._schema, value)


class _MediaTypes(MediaTypeDeserializersFactory):
    """Reads a body by its media type; forms with unknown fields and nested names included."""

    def __init__(self, document: Document, styles: _Styles) -> None:
        super().__init__(styles)
        self._document = document
        self._made: dict[Any, _Body] = {}

    def create(  # type: ignore[override]
        self, _spec: SchemaPath, mimetype: str, schema: SchemaPath | None = None, parameters: Any = None, **_: Any
    ) -> MediaTypeDeserializer:
        boundary = (parameters or {}).get(_BOUNDARY)
        if boundary is not None:
            return cast("MediaTypeDeserializer", _Body(self._document, mimetype, schema, bytes.fromhex(boundary).decode()))
        key = (mimetype, schema.parts if schema is not None else None)
        if key not in self._made:
            self._made[key] = _Body(self._document, mimetype, schema)
        return cast("MediaTypeDeserializer", self._made[key])


class _Body:
    def __init__(self, document: Document, media_type: str, schema: SchemaPath | None, content_type: str = "") -> None:
        self._document = document
        self._media_type = media_type
        self._schema = None if schema is None else _contents(schema)
        self._content_type = content_type
        self._read: Callable[[bytes], Any] = self._text
        if media_type.endswith("json"):
            self._read = self._json
        elif media_type == URLENCODED:
            self._read = self._urlencoded
        elif media_type.startswith("multipart/"):
            self._read = self._multipart

    def deserialize(self, value: bytes) -> Any:
        try:
            found = self._read(value)
        except ValueError as error:
            raise MediaTypeDeserializeError(self._media_type, value) from error
        if isinstance(value, Body):
            value.read = found
        return found

    @staticmethod
    def _text(value: bytes) -> str:
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    @staticmethod
    def _json(value: bytes) -> Any:
        return orjson.loads(memoryview(value))  # it accepts plain bytes only, not a subclass

    def _urlencoded(self, value: bytes) -> Any:
        return typed(self._document, self._schema or {}, gather(urlencoded(value.decode("utf-8"))))

    def _multipart(self, value: bytes) -> Any:
        return typed(self._document, self._schema or {}, gather(multipart(value, self._content_type)))


class _Security(SecurityProviderFactory):
    """Looks up once where a credential is sent."""

    def __init__(self) -> None:
        self._made: dict[Any, _Credential] = {}

    def create(self, scheme: SchemaPath) -> Any:
        key = scheme.parts
        if key not in self._made:
            self._made[key] = _Credential(_contents(scheme))
        return self._made[key]


class _Credential:
    """Whether a request carries a credential of a scheme; whether it is a good one is the server's business."""

    def __init__(self, scheme: Mapping[str, Any]) -> None:
        self._place = scheme.get("in", "header")
        self._name = scheme.get("name", "Authorization")
        self._scheme = str(scheme.get("scheme", "")).lower()
        self._joined = bool(scheme.get("x-accept-without-space"))
        self._kind = scheme.get("type", "scheme")

    def __call__(self, parameters: RequestParameters) -> Any:
        location = parameters[self._place]
        if self._name not in location:
            raise SecurityProviderError(f"the {self._kind} credential {self._name} was not sent in the {self._place}")
        value = location[self._name]
        if self._scheme:
            start = value[: len(self._scheme)].lower()
            rest = value[len(self._scheme) :]
            if start != self._scheme or not (self._joined or rest.startswith(" ")):
                raise SecurityProviderError(f"Authorization is no {self._scheme} credential")
        return value


def _contents(schema: SchemaPath) -> Any:
    with schema.resolve() as resolved:
        return resolved.contents


class _Remembered(SchemaPath):
    """A place in the document that caches lookups; the document does not change."""

    @cached_property
    def _known(self) -> dict[Any, Any]:
        return {}

    def _asked(self, key: Any, ask: Callable[..., Any], *arguments: Any) -> Any:
        known = self._known
        if key not in known:
            try:
                known[key] = ask(*arguments), None
            except KeyError as error:
                known[key] = None, error
        found, missing = known[key]
        if missing is not None:
            raise KeyError(*missing.args)
        return found

    def __truediv__(self, key: Any) -> Any:
        return self._asked(("/", key), super().__truediv__, key)

    def __getitem__(self, key: Any) -> Any:
        return self._asked(("[", key), super().__getitem__, key)

    def __contains__(self, key: Any) -> bool:
        return bool(self._asked(("in", key), super().__contains__, key))

    def __iter__(self) -> Any:
        return iter(self._asked("iter", lambda: list(super(_Remembered, self).__iter__())))

    def get(self, key: Any, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def read_value(self) -> Any:
        return self._asked("value", super().read_value)

    def str_keys(self) -> Any:
        return self._asked("keys", super().str_keys)

    def str_items(self) -> Any:
        return iter(self._asked("items", lambda: list(super(_Remembered, self).str_items())))


def _followed(document: Document) -> Any:
    """The document with what each reference points at in its place; those that lead back to themselves stay references."""
    made: dict[str, Any] = {}
    open_references: set[str] = set()

    def follow(node: Any) -> Any:
        if isinstance(node, list):
            return [follow(item) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return {name: follow(inner) for name, inner in node.items()}
        if reference in open_references:
            return node
        if reference not in made:
            open_references.add(reference)
            made[reference] = follow(document.at(reference))
            open_references.discard(reference)
        return made[reference]

    return follow(document.raw)


class Compiled:
    """openapi-core's two validators for one document."""

    def __init__(self, document: Document) -> None:
        # every node that is met is resolved once; the number bounds memory, a document has fewer
        spec = _Remembered.from_dict(cast("Any", _followed(document)), resolved_cache_maxsize=1_000_000)
        found = {
            (operation.method.lower(), HOST + operation.path): PathOperationServer(
                spec / "paths" / operation.path,
                spec / "paths" / operation.path / operation.method.lower(),
                spec / "servers" / 0,
                TemplateResult(operation.path, {}),
                TemplateResult("", {}),
            )
            for operation in document.operations
        }

        class Finder(APICallPathFinder):
            def find(self, method: str, name: str) -> PathOperationServer:
                if (method, name) not in found:
                    raise OperationNotFound(name, method)
                return found[method, name]

        written, read = _Schemas(oas30_write_schema_validators_factory), _Schemas(oas30_read_schema_validators_factory)
        self._spec = spec
        self._schemas = written
        self.request = V30RequestValidator(
            spec,
            path_finder_cls=Finder,
            style_deserializers_factory=(styles := _Styles(document, written)),
            media_type_deserializers_factory=_MediaTypes(document, styles),
            schema_validators_factory=written,
            security_provider_factory=_Security(),
        )
        self.response = V30ResponseValidator(
            spec,
            path_finder_cls=Finder,
            style_deserializers_factory=(styles := _Styles(document, read)),
            media_type_deserializers_factory=_MediaTypes(document, styles),
            schema_validators_factory=read,
        )

    def errors(self, operation: OperationSpec, parameter: Mapping[str, Any], value: Any) -> list[Any]:
        """What breaks the schema of a parameter in a value."""
        for declared in (self._spec / "paths" / operation.path / operation.method.lower(), self._spec / "paths" / operation.path):
            for found in declared.get("parameters", ()):
                if (_contents(found)["name"], _contents(found)["in"]) == (parameter["name"], parameter["in"]):
                    return list(self._schemas.create(self._spec, found / "schema").validator.iter_errors(value))
        return []
