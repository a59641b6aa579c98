"""What changes between two runs by its nature, as the document says: ``x-volatile`` at a schema, ``x-volatile-headers`` at the root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ..suite.harness.documents import EACH_CALL
from .description import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .description import RoutedOperation, TrafficContract
    from .exchange import HttpMessage


def data_of(message: HttpMessage) -> Any:
    """A response body as data: JSON as such, any other text as text, other bytes as their number; None without a body."""
    if not message.body:
        return None
    if message.media_type.endswith("json"):
        try:
            return orjson.loads(message.body)
        except orjson.JSONDecodeError:
            pass
    try:
        return message.body.decode("utf-8")
    except UnicodeDecodeError:
        return f"{len(message.body)} bytes"


def at_pointer(value: Any, place: str) -> Any:
    """The value at a JSON pointer, or None."""
    for part in place.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def volatile(description: TrafficContract, operation: RoutedOperation, status: int, media_type: str, value: Any) -> set[str]:
    """The JSON pointers of the volatile values in a response."""
    response = description.resolve(operation.spec["responses"].get(str(status), {}))
    media = response.get("content", {}).get(media_type, {})
    # if a schema is open, only x-emits names the parts that the mock sends
    return {place for key in ("schema", "x-emits") for place in _volatile(description, media.get(key, {}), value, "")}


def _volatile(description: TrafficContract, schema: Any, value: Any, place: str) -> Iterator[str]:
    schema = description.resolve(schema)
    if not isinstance(schema, dict):
        return
    if schema.get("x-volatile") in (True, EACH_CALL):
        yield place
        return
    for combined in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(combined, ()):
            yield from _volatile(description, branch, value, place)
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            if name in properties or isinstance(others, dict):
                yield from _volatile(description, properties.get(name, others), inner, f"{place}/{escaped(name)}")
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _volatile(description, schema["items"], item, f"{place}/{index}")
