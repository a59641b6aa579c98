"""Answers that their document allows: a body around what is known, headers, and on what an answer rests."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import orjson

from mockserver.core.base.faults import NotServed
from mockserver.core.base.names import ADJUSTED, BASIS, UNDOCUMENTED
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.state.world import Transaction
from mockserver.generic.lists import ListPage, describe, is_nested, says_total
from mockserver.generic.plans import Success, concrete, examples_of, is_json
from mockserver.generic.secrecy import hide_write_only, shows_write_only
from mockserver.generic.values import MISSING, ValueMaker, at, put
from mockserver.generic.written import is_written, write
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import escape_part, split_pointer
from mockserver.openapi.problems import PROBLEM, problem

_FINAL = 200
"""The first status that ends a call."""
_UPGRADE = 426
_UNSAFE = re.compile(r"[^\x20-\x7e]+")
_PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
_PROVEN, _PROVEN_BYTES = 50, 20_000
"""Valid bodies that are remembered of an operation, and bytes of one."""
_ADJUSTMENTS = 10
"""Places of adjusted fields that a header names at most."""


class Answers:
    """Makes the answers of one operation. ``why`` says where it is declared that the operation has state, if it is declared.

    ``refuses`` says that an answer that rests on no state is refused.
    """

    def __init__(self, spec: OperationSpec, success: Success, values: ValueMaker, why: str = "", *, refuses: bool = False) -> None:
        self._refuses = refuses
        self.state = _basis("state", why, effect=True)
        self.spec = spec
        self.success = success
        self.values = values
        self._proven: dict[tuple[str, bytes, int], bytes] = {}
        """The last valid bodies, by path and query of the request and identity of the schema, which lives as long as the document."""
        self._hides: dict[int, bool] = {
            id(media["schema"]): True for media in success.contents.values() if "schema" in media and shows_write_only(values.shapes, media["schema"])
        }

    @cached_property
    def _needs_headers(self) -> bool:
        """Whether the document demands headers whose values are made."""
        return any(isinstance(header, dict) and header.get("required") for header in self.success.headers.values())

    def _shown(self, schema: Any, body: Any) -> Any:
        """A body without what is only written, if it may be without."""
        if id(schema) not in self._hides:
            return body
        hidden = hide_write_only(self.values.shapes, schema, body)
        return hidden if self.values.is_valid(schema, hidden) else body

    def seed(self, world: Transaction, request: Request) -> None:
        """Let what is made depend on the world's seed and on the path, so that two reads give the same."""
        self.values.seed(world.seed, self.spec.label, request.path)

    def stateful(
        self,
        world: Transaction,
        request: Request,
        known: Any,
        pointer: str | None,
        *,
        page: ListPage | None = None,
        headers: Mapping[str, str] | None = None,
        beside: Mapping[str, str] | None = None,
    ) -> Reply:
        """An answer that shows what is stored: ``known`` at a pointer into the body, and around it what the document has there.

        ``beside`` are values that stand next to the known part, if the document has properties of these names.
        """
        chosen = self.success.media(request.headers.get("accept", ""))
        basis = {**self.state, **(headers or {})}
        if chosen is None:
            return self.generated(world, request, basis=basis)
        media_type, media = chosen
        if pointer is None:
            return self._beside(world, request, known, media_type, media, basis)
        schema = media.get("schema")
        if not self._is_data(media_type, schema):
            return self._other_media(media_type, media, known, basis)
        if schema is None:
            return self._reply(known, media_type, basis)
        if self._needs_headers:
            self.seed(world, request)
        body = self._surround(schema, put(pointer, known), pointer, page)
        if pointer and isinstance(body, dict):
            body = {**self._named(schema, beside or {}), **body}
        if self._is_proven(request, schema, body):
            return self._written(schema, self._shown(schema, body), media_type, basis)
        self.seed(world, request)
        fitted = self.values.fit(schema, body, noun="")
        if not self.values.is_valid(schema, fitted):
            raise NotServed(f"no body fits the schema of {self.spec.label} {self.success.status}: its keywords contradict each other")
        adjusted = list(_differences(known, at(fitted, pointer), pointer))[:_ADJUSTMENTS]
        return self._written(schema, self._shown(schema, fitted), media_type, {**basis, ADJUSTED: " ".join(adjusted)} if adjusted else basis)

    def _is_proven(self, request: Request, schema: Any, body: Any) -> bool:
        """Whether a body is valid. The same bytes as the last time that this was asked for are not validated again."""
        key, written = (request.path, request.query, id(schema)), _encode(body)
        if written and self._proven.get(key) == written:
            return True
        if not self.values.is_valid(schema, body):
            return False
        if len(self._proven) >= _PROVEN:
            self._proven.clear()
        if 0 < len(written) <= _PROVEN_BYTES:
            self._proven[key] = written
        return True

    def _is_data(self, media_type: str, schema: Any) -> bool:
        """Whether a body is data: JSON, or what is written from it."""
        return is_json(media_type) or is_written(self.spec.document, media_type, schema)

    def _written(self, schema: Any, body: Any, media_type: str, headers: Mapping[str, str]) -> Reply:
        """A reply with data, in JSON or as the media type writes it. The data have been found valid."""
        if is_json(media_type):
            return self._reply(body, media_type, headers)
        return self._reply(write(self.spec.document, media_type, schema, body), media_type, headers)

    def _beside(self, world: Transaction, request: Request, known: Any, media_type: str, media: Mapping[str, Any], basis: Mapping[str, str]) -> Reply:
        """An answer in which no place for the record is documented.

        It is the record itself if anything goes, else what is documented, with the values of the record in the fields that both have.
        """
        schema = media.get("schema")
        if is_json(media_type) and isinstance(known, dict) and (schema is None or self.values.shapes.of(schema).is_open) and known:
            return self._reply(known, media_type, basis)
        made = self.generated(world, request, basis=basis)
        if isinstance(made.body, dict) and isinstance(known, dict) and is_json(media_type):
            told = {**made.body, **{name: value for name, value in known.items() if name in made.body}}
            if schema is None or self.values.is_valid(schema, told):
                return replace(made, body=told)
        return made

    def generated(self, world: Transaction, request: Request, *, why: str = "", effect: bool = True, basis: Mapping[str, str] | None = None) -> Reply:
        """An answer of an example of the document, else of data that fit its schema. The same path gives the same answer.

        Raises NotServed if there is no ``basis``, and such answers are refused.
        """
        if basis is None and self._refuses:
            raise NotServed(
                f"{self.spec.label} has no state: {why}; `mockserver explain` shows how to declare what it does, and without --unsure refuse it is"
                " answered by an example or by made data"
            )
        chosen = self.success.media(request.headers.get("accept", ""))
        self.seed(world, request)
        if self.success.status < _FINAL:
            text = f"{self.spec.label} documents {self.success.status} only: it switches protocols, which this server does not"
            return Reply(_UPGRADE, problem(_UPGRADE, text), {UNDOCUMENTED: str(_UPGRADE)}, PROBLEM, is_undocumented=True)
        if chosen is None:
            return self._reply(None, "", basis or _basis("generated", why, effect=effect))
        media_type, media = chosen
        schema = media.get("schema")
        if not self._is_data(media_type, schema):
            return self._other_media(media_type, media, MISSING, basis or _basis("generated", why, effect=effect))
        for example in examples_of(self.spec.document, media):
            if schema is None or self.values.is_valid(schema, example):
                return self._written(schema, self._shown(schema, example), media_type, basis or _basis("example", why, effect=effect))
        body = {} if schema is None else self.values.make(schema)
        if schema is not None and not self.values.is_valid(schema, body):
            raise NotServed(f"no body fits the schema of {self.spec.label} {self.success.status}: its keywords contradict each other")
        return self._written(schema, self._shown(schema, body), media_type, basis or _basis("generated", why, effect=effect))

    def _named(self, schema: Any, values: Mapping[str, str]) -> dict[str, Any]:
        """Those of some values whose names the schema has, in its types."""
        properties = self.values.shapes.of(schema).properties
        typed = {name: self.values.fit(properties[name], value) for name, value in values.items() if name in properties}
        return {name: value for name, value in typed.items() if str(value) == values[name]}

    def _surround(self, schema: Any, body: Any, pointer: str, page: ListPage | None) -> Any:
        """The body with what its schema says beside the known part: what counts pages, and what is required."""
        if not isinstance(body, dict):
            return body
        return self._surround_object(schema, body, split_pointer(pointer), page, 0)

    def _surround_object(self, schema: Any, body: dict[str, Any], path: list[str], page: ListPage | None, depth: int) -> dict[str, Any]:
        shapes = self.values.shapes
        shape = shapes.of(schema)
        made = dict(body)
        if path and isinstance(body.get(path[0]), dict) and len(path) > 1 and path[0] in shape.properties:
            made[path[0]] = self._surround_object(shape.properties[path[0]], body[path[0]], path[1:], page, depth)
        if page is not None:
            has_total = says_total(list(shape.properties))
            for name, inner in shape.properties.items():
                if name in made:
                    continue
                part = shapes.of(inner)
                if part.is_object and is_nested(name) and depth == 0:
                    nested = self._surround_object(inner, {}, [], page, 1)
                    if nested:
                        made[name] = nested
                    continue
                value = MISSING if part.is_object or part.is_list else describe(page, name, part.kinds, part.formats, has_total=has_total)
                if value is None and name in shape.required and not self.values.is_valid(inner, None):
                    value = ""  # a token that has to be there says by its emptiness that there is no other page
                if value is not MISSING and (value not in (None, "") or self.values.is_valid(inner, value)):
                    made[name] = value
        return made

    def _other_media(self, media_type: str, media: Mapping[str, Any], known: Any, basis: Mapping[str, str]) -> Reply:
        """A body that is no JSON: bytes of an example, of an upload, or made."""
        plain = concrete(media_type).partition(";")[0]
        example = next((one for one in examples_of(self.spec.document, media) if isinstance(one, str)), None)
        if example is not None:
            body = example.encode()
        elif plain == "image/png":
            body = _PIXEL
        elif plain.endswith("xml"):
            body = b"<?xml version='1.0' encoding='UTF-8'?>\n<response/>\n"
        elif isinstance(known, str):
            body = known.encode()
        else:
            body = (self.values.fake.sentence(nb_words=6) + "\n").encode()
        return self._reply(body, media_type, basis)

    def _reply(self, body: Any, media_type: str, headers: Mapping[str, str]) -> Reply:
        sent = {**self._headers(), **headers}
        if not self.success.is_documented:
            sent[UNDOCUMENTED] = str(self.success.status)
        safe = {name: _UNSAFE.sub("?", value) for name, value in sent.items()}
        kind = concrete(media_type) if media_type else "application/json"
        return Reply(self.success.status, body, safe, kind, is_undocumented=not self.success.is_documented)

    def _headers(self) -> dict[str, str]:
        """The headers that the document demands, in lower case as they are sent."""
        found: dict[str, str] = {}
        for name, header in self.success.headers.items():
            if not isinstance(header, dict) or name.lower() in ("content-type", "content-length"):
                continue
            schema = header.get("schema") or {}
            if header.get("required"):
                value = self.values.make(schema, name)
                found[name] = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        return found


def _encode(body: Any) -> bytes:
    """A body as bytes; none if it cannot be written."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return b""


def _basis(basis: str, why: str, *, effect: bool) -> dict[str, str]:
    reason = f'; why="{why}"'.replace("\\", "/") if why else ""
    return {BASIS: f"{basis}{reason}{'' if effect else '; effect=none'}"}


def _differences(known: Any, shown: Any, pointer: str) -> Iterator[str]:
    """Where what is shown differs from what is known, as pointers."""
    if isinstance(known, dict) and isinstance(shown, dict):
        for name, value in known.items():
            if name in shown:
                yield from _differences(value, shown[name], f"{pointer}/{escape_part(name)}")
        yield from (f"{pointer}/{escape_part(name)}" for name in shown if name not in known)
    elif isinstance(known, list) and isinstance(shown, list):
        for number, (one, other) in enumerate(zip(known, shown, strict=False)):
            yield from _differences(one, other, f"{pointer}/{number}")
    elif known != shown:
        yield pointer or "/"
