"""The declarations of a foreign document: resources, lists and recipes in the vocabulary of ``specs/README.md``, each with its origin.

What a person declared, in the document or in an overlay, carries no mark, and its break is a finding. What inference made is marked, and its break
is a question to the reader of the report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Family, Kind, Model, Role
from mockserver.openapi.operations import OperationSpec

from .chains import Chain, Chains, key_pointer, name_of, sent_schema
from .lists import declare_list, filtered_fields, first_page, has_other_required, plain_identity
from .marks import MARK, mark

CHECKED_ONLY = ("starts", "unique", "echo", "stored", "as-number", "clauses", "owner")
"""Keys of ``x-resource`` that the checks read and inference does not."""
JSON_PATCH = "application/json-patch+json"
_CHANGES = (Kind.UPDATE, Kind.REPLACE)
_KEY = re.compile(r"(_|[a-z])(id|Id|ID|ids|Ids|IDs|uuid|Uuid)$")
_STAMP = re.compile(r"(created|updated|modified|deleted|last_?(updated|modified|changed|seen)|version$|etag$|revision$)", re.IGNORECASE)
"""Names of properties that a server sets, even if the schema of a creation has them."""
_WITHOUT_BODY = ("HEAD", "OPTIONS", "TRACE")
"""Methods whose answers show too little to be judged."""
_LEFT_ALONE = (Kind.CLEAR, Kind.UNSET)
"""Roles whose call removes more than a check has made."""


def declare(document: Document) -> Document:
    """A document with the declarations that follow from what is understood of it."""
    return _Declarations(document, infer(document)).declare()


class _Declarations:
    def __init__(self, document: Document, model: Model) -> None:
        self._document = document
        self._model = model
        self._chains = Chains(document, model)

    def declare(self) -> Document:
        found: dict[str, dict[str, Any]] = {}
        for operation in self._document.operations:
            role = self._model.roles.get(operation.id, Role(operation.id, Kind.ANSWER))
            found[operation.id] = self._operation(operation, role)
        resources = {name: made for name, family in self._model.families.items() if (made := self._resource(family))}
        self._merge_checked(resources)
        paths = {path: dict(item) for path, item in self._document.raw["paths"].items()}
        for operation in self._document.operations:
            paths[operation.path][operation.method.lower()] = {**operation.spec, **found[operation.id]}
        return replace(self._document, raw={**self._document.raw, "paths": paths, "x-resource": resources})

    def _merge_checked(self, resources: dict[str, dict[str, Any]]) -> None:
        """Keep what a person declared for the checks alone."""
        declared = self._document.raw.get("x-resource", {})
        for name, said in declared.items() if isinstance(declared, dict) else ():
            if name in resources and isinstance(said, dict):
                resources[name] |= {key: said[key] for key in CHECKED_ONLY if key in said}

    # Operations

    def _operation(self, operation: OperationSpec, role: Role) -> dict[str, Any]:
        chain = None if role.kind in _LEFT_ALONE else self._chains.before(operation, role)
        found: dict[str, Any] = {"x-sent-at": role.sent} if role.sent else {}
        references = self._references(operation, role)
        if chain is None or not _can_be_sent(operation) or role.sent_wrapped or operation.method in _WITHOUT_BODY:
            return found
        if references is None:
            return found
        never = [] if role.family not in self._model.families else self._never(operation, role, self._model.families[role.family])
        works = {"send": {**chain.send, **references.send}, "after": [*chain.steps, *references.steps], "never": never, MARK: True}
        found["x-recipes"] = {"works": works} | self._unknown(operation, role, chain)
        listed = self._list(operation, role, chain)
        return {**found, **({"x-list": listed} if listed else {})}

    def _references(self, operation: OperationSpec, role: Role) -> Chain | None:
        family = self._model.families.get(role.family)
        return Chain((), {}) if family is None or not operation.content else self._chains.references(operation, family)

    def _unknown(self, operation: OperationSpec, role: Role, chain: Chain) -> dict[str, Any]:
        """The call with a key that no record has, which has to be refused."""
        family = self._model.families.get(role.family)
        if family is None or not role.key or not role.is_stateful or role.kind not in (Kind.READ, Kind.UPDATE):
            return {}
        key = self._document.merge_all_of(family.key) if family.key else {}
        if key.get("enum") or "pattern" in key or family.is_singleton:
            return {}
        around = self._chains.around(operation, role)
        if around is None:
            return {}
        value: Any = 2_000_000_011 if key.get("type") in ("integer", "number") else {"fresh": True}
        recipe: dict[str, Any] = {"send": {**chain.send, role.key: value}, "after": [*around.steps], "expect": {"refused": True}}
        return {"with a key that no record has": recipe | mark(operation, role)}

    def _list(self, operation: OperationSpec, role: Role, chain: Chain) -> dict[str, Any]:
        family = self._model.families.get(role.family)
        if family is None or role.kind is not Kind.LIST or not role.is_stateful:
            return {}
        declared = declare_list(self._document, operation, role, family)
        if declared is None:
            return {}
        filters = [] if "below" in declared else self._filters(operation, role, family, chain)
        more: dict[str, Any] = {
            "send": {**chain.send, **first_page(operation, declared)},
            "after": [*chain.steps],
            **({"filters": filters} if filters else {}),
        }
        return {**declared, **more, **mark(operation, role)}

    def _filters(self, operation: OperationSpec, role: Role, family: Family, chain: Chain) -> list[dict[str, Any]]:
        """A row for each filter whose value a new record, or one that is listed, has."""
        rows = []
        creation = self._chains.roles_of(family.name).get(Kind.CREATE)
        sent = set() if creation is None else set(self._common_fields(self._document.by_id[creation.operation], creation, family))
        listed: dict[str, Any] = {"call": operation.id, "after": [], "send": {}, "at": role.answer}
        for name, field in filtered_fields(self._document, role, family).items():
            kept = f"value_of_{name_of(name)}"
            step: dict[str, Any] = {**listed, "keep": {kept: f"/0/{field}"}}
            if creation is not None and field in sent and key_pointer(family, creation) is not None and not role.scopes:
                made = self._chains.before(self._document.by_id[creation.operation], creation)
                others = self._references(self._document.by_id[creation.operation], creation)
                if made is None or others is None:
                    continue
                at = f"{creation.answer}{'/0' if creation.wrapped else ''}/{field}"
                call = {"call": creation.operation, "full": True, "send": {**made.send, **others.send}, "after": [*made.steps, *others.steps]}
                step = {**call, "keep": {kept: at}}
            else:
                step["send"] = chain.send
            rows.append({"send": {name: f"${kept}"}, "field": field, "after": [step]})
        return rows

    # Resources

    def _resource(self, family: Family) -> dict[str, Any]:
        """The declaration of a family that a client can create; empty if it cannot, or if its records have no key."""
        roles, key = self._chains.roles_of(family.name), plain_identity(family)
        creation = roles.get(Kind.CREATE)
        if creation is None or key is None or family.is_singleton:
            return {}
        operation = self._document.by_id[creation.operation]
        setup, others = self._chains.before(operation, creation), self._references(operation, creation)
        if setup is None or others is None or not _can_be_sent(operation) or creation.sent_wrapped:
            return {}
        pointer = key_pointer(family, creation)
        own = {name_of(family.name): pointer} if pointer is not None else {}
        parts: dict[str, Role | None] = {"create": creation, "read": roles.get(Kind.READ), "delete": roles.get(Kind.DELETE)}
        parts["change"] = next((roles[kind] for kind in _CHANGES if kind in roles and self._document.by_id[roles[kind].operation].content), None)
        found: dict[str, Any] = {"after": [*setup.steps, *others.steps], "identity": key, "within": True, "key": name_of(family.name)}
        placeholders: set[str] = set()
        for name, role in parts.items():
            made = None if role is None else self._part(family, name, role)
            if made is not None and role is not None:
                found |= {name: made}
                placeholders |= {str(one["name"]) for one in self._document.by_id[role.operation].parameters if one.get("in") == "path"}
        if "create" not in found:
            return {}
        found["create"] |= {"send": {**setup.send, **others.send}, "keep": own}
        found |= {"echo": creation.answer} if creation.answer is not None and pointer is not None else {}
        listing = self._listing(family, roles.get(Kind.LIST))
        found |= {"list": listing} if listing else {}
        fields = self._common_fields(operation, creation, family)
        found["fields"] = [name for name in fields if name not in placeholders and name != key]
        shown = dict(self._document.properties(family.schema))
        found["shown"] = {name: shown[name] for name in found["fields"]}
        return found

    def _part(self, family: Family, name: str, role: Role) -> dict[str, Any] | None:
        operation = self._document.by_id[role.operation]
        if not _can_be_sent(operation) or role.sent_wrapped or JSON_PATCH in list(operation.content)[:1]:
            return None
        chain = self._chains.before(operation, role)
        if chain is None:
            return None
        made: dict[str, Any] = {"call": role.operation, "after": [], "send": chain.send}
        made |= mark(operation, role)
        if name == "read":
            if role.answer is None:
                return None
            made["at"] = role.answer
        if name == "change":
            made |= {"never": self._never(operation, role, family), "whole": role.kind is Kind.REPLACE}
            if not role.key and family.identity is not None:  # the key stands in the body
                made["send"] = {**chain.send, family.identity: f"${name_of(family.name)}"}
        return made

    def _listing(self, family: Family, role: Role | None) -> dict[str, Any]:
        """The list of a resource; empty if it may leave records out."""
        if role is None or role.answer is None or role.bare_keys:
            return {}
        operation = self._document.by_id[role.operation]
        declared = declare_list(self._document, operation, role, family)
        if declared is None or has_other_required(operation, role):
            return {}
        chain = self._chains.before(operation, role)
        if chain is None:
            return {}
        send = {**chain.send, **declared.get("whole", {}), **first_page(operation, declared)}
        more = {"below": declared["below"]} if "below" in declared else {}
        return {"call": role.operation, "after": [], "send": send, "at": role.answer, **more, **mark(operation, role)}

    def _never(self, operation: OperationSpec, role: Role, family: Family) -> list[str]:
        """The fields of a body that hold keys of other records: no made-up value names one."""
        sent = _body_properties(self._document, operation, role)
        return [*family.references, *(name for name, schema in sent.items() if _holds_key(name, self._document.merge_all_of(schema)))]

    def _common_fields(self, operation: OperationSpec, role: Role, family: Family) -> list[str]:
        """The properties that a creation sends and that a record shows with the same type."""
        shown = {name: self._document.merge_all_of(schema) for name, schema in self._document.properties(family.schema)}
        found = []
        for name, schema in _body_properties(self._document, operation, role).items():
            sent = self._document.merge_all_of(schema)
            other = shown.get(name)
            hidden = sent.get("writeOnly") or (other or {}).get("writeOnly") or sent.get("format") in ("password", "binary")
            is_kept = not hidden and not sent.get("readOnly") and not _holds_key(name, sent) and not _STAMP.match(name)
            if other is not None and is_kept and sent.get("type") == other.get("type"):
                found.append(name)
        return found


def _holds_key(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether a property holds the key of a record, by its name."""
    return schema.get("type") in ("string", "integer", "array") and _KEY.search(name) is not None


def _body_properties(document: Document, operation: OperationSpec, role: Role) -> dict[str, Any]:
    """The properties of the record in the body of an operation."""
    found: dict[str, Any] = sent_schema(document, operation, role).get("properties", {})
    return found


def _can_be_sent(operation: OperationSpec) -> bool:
    """Whether a body of an operation can be made: JSON, or a form without files."""
    names = list(operation.content)
    return not names or any("json" in name or name == "application/x-www-form-urlencoded" for name in names)
