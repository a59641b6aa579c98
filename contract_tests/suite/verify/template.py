"""The target file that ``--init`` writes, and the JSON Schema by which an editor completes and checks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from .contract import Contract
from .needs import Needs
from .target_file import TABLES, WHOLE

SCHEMA_NAME = "contract.schema.json"


def variable(name: str) -> str:
    """The variable of the environment for a secret, such as ``OWNER_AUTHORIZATION``."""
    return re.sub(r"\W", "_", name).upper()


def make_template(
    contract: Contract,
    needs: Needs,
    base_url: str,
    *,
    source: str = "",
    proposals: Mapping[str, str] | None = None,
    states: Mapping[str, str] | None = None,
) -> str:
    """A commented target file for an API: each role, sign-in and known name with what it has to be.

    ``source`` is the document as the command line names it.
    ``proposals`` are values for known names; ``states`` says of the roles that were tried what the target answered.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)  # noqa: S701 - TOML
    environment.filters |= {"variable": lambda name: f"${{{variable(name)}}}", "quoted": _quoted, "bare": _bare}
    text = Path(__file__).with_name("contract.toml.jinja").read_text(encoding="utf-8")
    return environment.from_string(text).render(
        slug=contract.slug,
        source=source or contract.slug,
        title=contract.document.title,
        base_url=base_url,
        needs=needs,
        schema=SCHEMA_NAME,
        proposals=proposals or {},
        states=states or {},
        given=frozenset(states or ()),
    )


def make_schema(contract: Contract, needs: Needs) -> dict[str, Any]:
    """The JSON Schema of a target file of an API; its descriptions say what each role and each known record has to be."""
    text, number, whole = {"type": "string"}, {"type": "number", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}
    operation = {"enum": list(contract.operations)}
    tables: dict[str, Any] = {
        "api": {"const": contract.slug},
        "base_url": {"type": "string", "pattern": "^https?://", "description": "Where the API begins, such as https://staging.example.com/v1."},
        "also": {"type": "array", "items": text, "description": "Other origins to which links of the API lead."},
        "tls": _table({"verify": {"type": "boolean"}, "ca_file": text}),
        "credentials": _table(
            {
                role: {"type": "object", "description": says, "properties": dict.fromkeys(needs.headers, text), "additionalProperties": text}
                for role, says in needs.roles.items()
            },
            more={"type": "object", "additionalProperties": text},
        ),
        "logins": _table(
            {
                role: {"type": "object", "description": says, "properties": dict.fromkeys(needs.login_fields, text), "additionalProperties": text}
                for role, says in needs.logins.items()
            },
            more={"type": "object", "additionalProperties": text},
        ),
        "known": _table({one.name: {"type": ["string", "integer"], "description": one.says} for one in needs.known}, more=True),
        "limits": _table(
            {key: whole if key in WHOLE else number for key in TABLES["limits"]}
            | {"parallel": {"type": "boolean"}, "rates": {"type": "object", "propertyNames": operation, "additionalProperties": number}}
        ),
        "exclude": _table({"operations": {"type": "array", "items": operation}}),
        "hooks": _table({name: {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]} for name in TABLES["hooks"]}),
        "tests": {"type": "array", "items": text, "description": "Python files with contract tests of your own, relative to this file."},
        "deviations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"finding": text, "reason": text, "owner": text, "expires": {"description": "A day, such as 2027-01-31."}},
                "required": list(TABLES["deviations"]),
                "additionalProperties": False,
            },
        },
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Target of the contract tests of {contract.document.title}",
        "type": "object",
        "properties": tables,
        "additionalProperties": False,
    }


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _bare(key: str) -> str:
    """A key of TOML, in quotes if it needs them."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _table(properties: Mapping[str, Any], *, more: Any = False) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": more}
