"""The house rules S01 to S14 as functions: each takes a document and yields violations of the rule."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from mockserver.openapi.schemas import SchemaCompiler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockserver.openapi.documents import Document

    Rule = Callable[[Document], Iterator[str]]

ORDER = [
    "operationId",
    "summary",
    "description",
    "externalDocs",
    "tags",
    "security",
    "parameters",
    "requestBody",
    "responses",
    "x-aliases",
    "x-errors",
    "x-fault-codes",
    "x-provenance",
    "x-route",
    "x-assumed",
    "x-assumptions",
    "x-evidence",
    "x-clauses",
    "x-discrepancy",
    "x-no-links",
    "x-unseen",
    "x-safe",
    "x-shared",
    "x-lenient",
    "x-access-clause",
    "x-input-clauses",
    "x-answer-clauses",
    "x-notice",
    "x-role",
    "x-list",
    "x-computed",
    "x-recipes",
]
VERBS = [
    "list",
    "get",
    "create",
    "update",
    "replace",
    "delete",
    "add",
    "disable",
    "cancel",
    "upgrade",
    "restart",
    "pay",
    "send",
    "build",
    "mark",
    "set",
    "login",
    "refresh",
    "logout",
    "notify",
    "confirm",
    "receive",
    "register",
    "approve",
    "reject",
    "request",
    "search",
    "resume",
    "remove",
    "edit",
    "close",
    "open",
    "reply",
    "assign",
    "retrieve",
    "view",
    "enable",
    "submit",
    "show",
    "activate",
    "check",
    "change",
    "count",
    "authorize",
    "complete",
    "patch",
    "accept",
    "answer",
    "destroy",
    "review",
    "report",
    "reserve",
    "resend",
    "sign",
    "block",
    "log",
]
MAX_LINES = 2_500
MAX_INLINE = 14

RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    RULES[function.__name__.partition("_")[0].upper()] = function
    return function


def walk(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every node below another, with its path."""
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, (*path, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, (*path, str(index)))


def described(document: Document) -> dict[str, Any]:
    """The document without its examples, whose keys belong to the vendor."""

    def strip(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: strip(value) for key, value in node.items() if key not in ("example", "examples")}
        return [strip(item) for item in node] if isinstance(node, list) else node

    stripped: dict[str, Any] = strip(document.raw)
    return stripped


@rule
def s01_one_file(document: Document) -> Iterator[str]:
    lines = yaml.safe_dump(document.raw, width=150).count("\n")
    if lines > 2 * MAX_LINES and not document.parts:
        yield f"{lines} lines: split it by tag"
    for path, node in walk(document.raw):
        if isinstance(node, dict) and "$ref" in node and not str(node["$ref"]).startswith("#/"):
            yield f"{'/'.join(path)} refers to another file"


@rule
def s02_version(document: Document) -> Iterator[str]:
    if document.raw["openapi"] != "3.0.3":
        yield f"openapi is {document.raw['openapi']}"
    for path, node in walk(described(document)):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str) and len(node) > 1:
            yield f"{'/'.join(path)} has keys beside $ref"
        if isinstance(node, dict) and isinstance(node.get("type"), list) and path[-1] != "properties":
            yield f"{'/'.join(path)} lists types"
        if isinstance(node, dict) and node.get("nullable") is True and "type" not in node and any(key in node for key in ("allOf", "anyOf", "oneOf")):
            yield f"{'/'.join(path)} is nullable without a type beside it, which 3.0.3 gives no meaning"


@rule
def s03_no_python(document: Document) -> Iterator[str]:
    for path, _ in walk(document.raw):
        if path and re.search(r"^x-openapi-router-controller$|^x-.*(Func|func)$", path[-1]):
            yield f"{'/'.join(path)} names Python"


@rule
def s04_operation_ids(document: Document) -> Iterator[str]:
    for operation in document.operations:
        if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", operation.id):
            yield f"{operation.id} is no verb_noun"
        elif operation.id.partition("_")[0] not in VERBS:
            yield f"{operation.id} does not start with a verb of the house"
    tags = {tag["name"] for tag in document.raw.get("tags", ())}
    for operation in document.operations:
        if not operation.spec.get("tags") or not set(operation.spec["tags"]) <= tags:
            yield f"{operation.id} has no declared tag"


@rule
def s05_order(document: Document) -> Iterator[str]:
    for operation in document.operations:
        unknown = [key for key in operation.spec if key not in ORDER]
        if unknown:
            yield f"{operation.id} has keys without a place: {', '.join(unknown)}"
        elif sorted(operation.spec, key=ORDER.index) != list(operation.spec):
            yield f"{operation.id} has its keys in another order"


@rule
def s06_no_default(document: Document) -> Iterator[str]:
    for operation in document.operations:
        if "default" in operation.spec["responses"]:
            yield f"{operation.id} has a default response"
        missing = {"401"} - set(operation.spec["responses"]) if operation.spec.get("security", document.raw.get("security")) else set()
        if "requestBody" in operation.spec:
            missing |= {"413", "415"} - set(operation.spec["responses"])
        if missing:
            yield f"{operation.id} does not list {', '.join(sorted(missing))}"


@rule
def s07_components(document: Document) -> Iterator[str]:
    components = document.raw.get("components", {})
    forms = {"schemas": r"[A-Z][A-Za-z0-9]*", "responses": r"[A-Z][A-Za-z]*", "parameters": r"[A-Z][A-Za-z0-9]*", "examples": r"[a-z][a-z0-9_]*"}
    text = json.dumps(document.raw)
    for kind, form in forms.items():
        for name in components.get(kind, {}):
            if not re.fullmatch(form, name):
                yield f"{kind}/{name} is not named by the rule"
            if f'"#/components/{kind}/{name}"' not in text:
                yield f"{kind}/{name} is not used"


@rule
def s08_separate_schemas(document: Document) -> Iterator[str]:
    for path, node in walk(described(document)):
        if isinstance(node, dict) and ({"readOnly", "writeOnly"} & set(node)) and path[-1] != "properties":
            yield f"{'/'.join(path)} serves requests and responses at once"


@rule
def s09_required(document: Document) -> Iterator[str]:
    for path, node in walk(described(document).get("components", {}).get("responses", {}), ("responses",)):
        if isinstance(node, dict) and node.get("additionalProperties") is False:
            yield f"{'/'.join(path)} is closed"
    for name in _schemas(document, requests=False):
        schema = document.schemas[name]
        if schema.get("type") == "object" and schema.get("properties") and not schema.get("required"):
            yield f"{name} is a response without required properties"
        unknown = set(schema.get("required", ())) - set(schema.get("properties", {}))
        if unknown:
            yield f"{name} requires {', '.join(sorted(unknown))}, which it does not have"


@rule
def s10_constraints(document: Document) -> Iterator[str]:
    for path, node in walk(described(document)):
        if not isinstance(node, dict) or "pattern" not in node or path[-1] in ("properties", "x-fault-codes", "x-input-clauses", "x-provenance"):
            continue
        if not str(node["pattern"]).startswith("^"):
            yield f"{'/'.join(path)} has a pattern that is not anchored"
        if "\\u" in str(node["pattern"]):
            yield f"{'/'.join(path)} has a pattern with the escape \\u, which readers of Go lack; write the character itself"
    compiler = SchemaCompiler(document)
    for schema in document.schemas.values():
        compiler.compile(schema)


@rule
def s11_examples(document: Document) -> Iterator[str]:
    compiler = SchemaCompiler(document)
    for place, media in _media(document):
        for name, example in _examples(document, media):
            for key in ("schema", "x-emits"):
                if key in media:
                    for violation in compiler.compile(media[key]).violations(example, name):
                        yield f"{place} {key}: {violation}"


@rule
def s12_links(document: Document) -> Iterator[str]:
    for operation in document.operations:
        if operation.id.startswith(("create_", "add_")) and "x-no-links" not in operation.spec:
            successes = [document.resolve(response) for status, response in operation.spec["responses"].items() if status.startswith("2")]
            if not any(response.get("links") for response in successes):
                yield f"{operation.id} creates something and links to nothing"
    known = {operation.id for operation in document.operations}
    for path, node in walk(document.raw):
        if len(path) > 1 and path[-2] == "links" and isinstance(node, dict) and node.get("operationId") not in known:
            yield f"{'/'.join(path)} leads to no operation"


@rule
def s13_descriptions(document: Document) -> Iterator[str]:
    for operation in document.operations:
        for key in ("summary", "description", "externalDocs"):
            if not operation.spec.get(key):
                yield f"{operation.id} has no {key}"
        evidence = operation.spec.get("x-evidence", {})
        if evidence.get("kind") not in ("documented", "observed") or not re.fullmatch(r"\d{4}-\d\d-\d\d", str(evidence.get("date"))):
            yield f"{operation.id} has no dated evidence"
        if operation.spec.get("x-provenance") not in ("described", "listed", "assumed"):
            yield f"{operation.id} does not say where it comes from"
    for path, node in walk(document.raw.get("components", {}).get("parameters", {})):
        if len(path) == 1 and not node.get("description"):
            yield f"parameter {path[0]} has no description"


@rule
def s14_inline(document: Document) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path, node in walk(described(document)):
        if not isinstance(node, dict) or node.get("type") != "object" or not node.get("properties"):
            continue
        where = "/".join(path)
        if path[:2] != ("components", "schemas") or len(path) > 3:
            lines = yaml.safe_dump(node).count("\n")
            if lines > MAX_INLINE:
                yield f"{where} is inline and has {lines} lines"
        text = json.dumps(node)
        if text in seen:
            yield f"{where} is the same as {seen[text]}"
        seen[text] = where


def _media(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for operation in document.operations:
        body = document.resolve(operation.spec.get("requestBody", {}))
        for media in body.get("content", {}).values():
            yield f"{operation.id} request", media
        for status, response in operation.spec["responses"].items():
            for media in document.resolve(response).get("content", {}).values():
                yield f"{operation.id} {status}", media


def _examples(document: Document, media: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if "example" in media:
        yield "example", media["example"]
    for name, example in media.get("examples", {}).items():
        yield name, document.resolve(example)["value"]


def request_examples(document: Document) -> Iterator[tuple[str, str, str, Any]]:
    """Operation, media type, name and value of every request example."""
    for operation in document.operations:
        body = document.resolve(operation.spec.get("requestBody", {}))
        for media_type, media in body.get("content", {}).items():
            for name, value in _examples(document, media):
                yield operation.id, media_type, name, value


def _schemas(document: Document, *, requests: bool) -> set[str]:
    """Names of the schemas that are reachable from requests, or from responses."""
    reached: set[str] = set()
    open_nodes: list[Any] = [operation.spec.get("requestBody", {}) if requests else operation.spec["responses"] for operation in document.operations]
    while open_nodes:
        for _, node in walk(open_nodes.pop()):
            if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                name = node["$ref"].rpartition("/")[2]
                if "/schemas/" in node["$ref"]:
                    if name in reached:
                        continue
                    reached.add(name)
                open_nodes.append(document.resolve(node))
    return reached
