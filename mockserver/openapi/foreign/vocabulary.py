"""The extensions that the server reads itself. Another author may use one of their names for something else; then it is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.openapi.foreign.defects import Defects
from mockserver.openapi.foreign.grammar import Path
from mockserver.openapi.overlays import Overlay, broken

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_unseen(value: Any) -> bool:
    """Why a response need not be met; at an operation the reasons of several."""
    return isinstance(value, dict | str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_codes(value: Any) -> bool:
    """Codes by keyword, one or several."""
    return isinstance(value, dict) and all(_is_text(code) or _is_texts(code) for code in value.values())


def _is_errors(value: Any) -> bool:
    """Rows of an error table, each with status and message."""
    return isinstance(value, dict) and all(_is_error(row) for row in value.values())


def _is_error(row: Any) -> bool:
    if not isinstance(row, dict) or not _is_number(row.get("status")) or not _is_text(row.get("message")):
        return False
    return _is_texts(row.get("aliases", [])) and all(_is_text(value) for key, value in row.items() if key not in ("status", "aliases"))


def _is_declaration(value: Any) -> bool:
    """A declaration, or false to turn off what was inferred."""
    return isinstance(value, dict) or value is False


def _is_volatile(value: Any) -> bool:
    return isinstance(value, bool | str)


SHAPES: Mapping[str, Callable[[Any], bool]] = {
    "x-accept-password-only": _is_flag,
    "x-accept-without-space": _is_flag,
    "x-aliases": _is_texts,
    "x-clauses": _is_mapping,
    "x-computed": _is_list,
    "x-discrepancies": _is_mapping,
    "x-emits": _is_mapping,
    "x-empty-is-missing": _is_flag,
    "x-envelope": _is_mapping,
    "x-errors": _is_errors,
    "x-fault-codes": _is_codes,
    "x-fault-late": _is_flag,
    "x-filename-pattern": _is_text,
    "x-input-clauses": _is_mapping,
    "x-lenient": _is_flag,
    "x-list": _is_declaration,
    "x-max-bytes": _is_number,
    "x-max-pixels": _is_number,
    "x-media-types": _is_texts,
    "x-provenance": _is_text,
    "x-recipes": _is_mapping,
    "x-resource": _is_mapping,
    "x-role": _is_declaration,
    "x-safe": _is_flag,
    "x-state-machine": _is_mapping,
    "x-tenants": _is_mapping,
    "x-unseen": _is_unseen,
    "x-volatile": _is_volatile,
    "x-volatile-headers": _is_texts,
}
"""What the value of each extension has to be."""


def refuse_others(overlay: Overlay) -> None:
    """Refuse an overlay that gives an extension of the server a value that it cannot have. Raises DocumentBroken."""
    for action in overlay.actions:
        for key, value in action.update.items() if isinstance(action.update, dict) else ():
            if key in SHAPES and not SHAPES[key](value):
                raise broken(action, f"{key} is not written so; see specs/README.md and docs/any-document.md")


def leave_out_others(node: dict[str, Any], path: Path, defects: Defects) -> None:
    """Leave out the extensions of an object whose values are not what the server means by their names."""
    for key in [one for one in node if one in SHAPES]:
        is_operation = len(path) == 3 and path[0] == "paths"  # noqa: PLR2004 - paths, a path, a method
        fits = SHAPES[key](node[key])
        if fits and is_operation and key in ("x-aliases", "x-unseen"):
            fits = isinstance(node[key], dict) if key == "x-unseen" else _are_aliases(node[key], str(path[1]))
        if not fits:
            defects.at((*path, key), f"{key} is not what this extension means to the server", "left out; see specs/README.md")
            del node[key]


def _are_aliases(value: list[str], path: str) -> bool:
    """Whether texts are further paths of an operation."""
    own = set(_PLACEHOLDER.findall(path))
    return all(alias.startswith("/") and own <= set(_PLACEHOLDER.findall(alias)) for alias in value)
