"""Where a declaration comes from if no person wrote it: how sure inference is, why, and the lines of an overlay that decide it."""

from __future__ import annotations

from mockserver.openapi.declarations.flow import write_flow
from mockserver.openapi.declarations.vocabulary import LIST, LISTS, ROLE
from mockserver.openapi.declarations.writing import correct_role, target_of
from mockserver.openapi.inference.model import Confidence, Role
from mockserver.openapi.operations import OperationSpec

MARK = "inferred"
"""The key of a declaration that inference made; a declaration without it is certain."""


def mark(operation: OperationSpec, role: Role) -> dict[str, dict[str, str]]:
    """The mark of what follows from the role of an operation, to be merged into a declaration; empty if a person declared the role."""
    if role.confidence is Confidence.DECLARED:
        return {}
    off = {"target": target_of(operation), "update": {LIST if role.kind in LISTS else ROLE: False}}
    lines = {"certain": f"- {correct_role(operation, role)}", "off": f"- {write_flow(off)}"}
    return {MARK: {"confidence": str(role.confidence), "because": role.because, **lines}}
