"""Prepares a run: the world from which everything starts, the addresses that the command gets, and what the server says of its operations."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.explore.control import Control
from mockserver.explore.model import ClientRun
from mockserver.explore.options import ExploreOptions
from mockserver.explore.others import find_others
from mockserver.explore.pages import find_later_pages
from mockserver.explore.schedules import WRITES, CalledOperation, Surroundings
from mockserver.openapi.pointers import find_value
from mockserver.testing.environment import list_variables
from mockserver.testing.mock import Mock

_REPEATS = re.compile(r"idempoten|request.?id|client.?(ref|token|request)|external.?(id|ref)", re.IGNORECASE)
"""Names of headers and fields by which a vendor knows a repeated call."""
_SIZE = re.compile(r"^(limit|l.mite|size|per_?page|page_?size|take|rows|max_?results|registros)$", re.IGNORECASE)
_NUMBER = re.compile(r"^(page|p.gina|page_?(number|no|num|index)|offset|skip)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The world, and the environment of the command in it."""

    base: str
    variables: Mapping[str, str]


async def prepare(options: ExploreOptions, control: Control) -> Prepared:
    """Make the world from which every run starts; its clock stands still, and it stays until it is deleted. Raises Refused."""
    base = f"explore-{os.urandom(4).hex()}"
    source = {"scenario": options.scenario} if options.scenario else {"world": options.world}
    await control.make_world(base, source, near=options.world)
    await control.call("PUT", f"/worlds/{base}/pin", base)
    now = (await control.call("GET", "/clock", base))["now"]
    await control.call("PATCH", "/clock", base, {"freeze": now})
    with Mock(control.url, base, options.token) as mock:
        variables = list_variables(control.url, base, mock.apis.values())
    if options.token:
        variables["MOCKSERVER_TOKEN"] = options.token
    return Prepared(base, variables)


@dataclass(slots=True)
class Known:
    """What is known of the operations that the baseline calls, and of what can happen between calls."""

    operations: dict[str, CalledOperation] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=Surroundings)


async def learn(control: Control, base: str, baseline: ClientRun, lifetimes: Mapping[str, int]) -> Known:
    """Read what the server says of the APIs that the baseline calls. Raises Refused."""
    slugs = sorted({str(call.exchange["api"]) for call in baseline.calls if call.exchange["operation"]})
    told = {api["slug"]: api for api in (await control.call("GET", "/apis", base))["apis"]}
    operations = {}
    for slug in slugs:
        document = await control.document(told[slug]["openapi_url"])
        for found in (await control.call("GET", f"/apis/{slug}/operations", base))["operations"]:
            operations[f"{slug}.{found['id']}"] = _read_operation(found, document)
    services: dict[str, list[str]] = {slug: [] for slug in slugs}
    for service in (await control.call("GET", "/services", base))["services"]:
        if not service["down"]:
            services.get(service["name"].partition(".")[0], []).append(service["name"])
    return Known(operations, Surroundings(services, lifetimes, dict(find_others(baseline)), dict(find_later_pages(baseline, operations))))


def _read_operation(found: Mapping[str, Any], document: Mapping[str, Any]) -> CalledOperation:
    item = document.get("paths", {}).get(found["path"], {})
    declared = item.get(found["method"].lower(), {})
    parameters = [_resolve(document, one) for one in (*item.get("parameters", ()), *declared.get("parameters", ()))]
    names = [str(one.get("name", "")) for one in parameters] + _list_properties(document, declared)
    size, number = (_find_parameter(parameters, pattern) for pattern in (_SIZE, _NUMBER))
    default = _resolve(document, size.get("schema", {})).get("default")
    method = found["method"].upper()
    knows_repeats = method in WRITES and any(_REPEATS.search(name) for name in names)
    return CalledOperation(
        method,
        tuple(found["statuses"]),
        tuple(found["errors"]),
        knows_repeats,
        size.get("name"),
        default if isinstance(default, int) and default > 0 else None,
        number.get("name"),
    )


def _find_parameter(parameters: Iterable[Mapping[str, Any]], pattern: re.Pattern[str]) -> Mapping[str, Any]:
    """The first parameter of the query with such a name; empty if there is none."""
    return next((one for one in parameters if one.get("in") == "query" and pattern.search(str(one.get("name", "")))), {})


def _resolve(document: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """What a reference inside of the document leads to; anything else unchanged."""
    while isinstance(value, dict) and str(value.get("$ref", "")).startswith("#/"):
        value = find_value(document, value["$ref"][1:])
    return value if isinstance(value, dict) else {}


def _list_properties(document: Mapping[str, Any], declared: Mapping[str, Any]) -> list[str]:
    """The names of the properties of an operation's bodies, those of the first level."""
    body = _resolve(document, declared.get("requestBody", {}))
    schemas = [_resolve(document, media.get("schema", {})) for media in body.get("content", {}).values()]
    return [name for schema in schemas for name in schema.get("properties", {})]
