"""``--doctor``: what a target file lacks, and which clauses cannot be judged without it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...printable import printable
from ..checks.model import WORKS
from ..harness.hooks import make_hooks
from ..harness.roles import REFUSED
from ..harness.target import own_records
from ..harness.transports import open_connections
from .asked import VENDORS, find_values_of
from .contract import Contract
from .credentials import try_roles
from .events import Event, NoteMade
from .findings_store import FindingsStore
from .masking import TargetMask
from .needs import find_needs
from .options import RunPlan
from .reach import make_policy, reach
from .session import VerifySession

HOOKS = {
    "outbox": r"outbox",
    "advance": r"\badvance\b",
    "freeze": r"\.freeze\(",
    "break_upstream": r"break_upstream",
    "reset": r"\bspends\b|break_upstream",
}
"""By hook the pattern of what needs it, in a recipe or in a contract test."""
HOOKS_SAY = {
    "outbox": "shows the messages that the target has sent",
    "advance": "moves the clock of the target",
    "freeze": "stops the clock of the target at a moment",
    "break_upstream": "lets a service behind the target fail",
    "reset": "brings back what a test uses up",
}


@dataclass(frozen=True)
class Missing:
    """Something that a target file does not give: its kind and name, why it counts as missing, and the clauses that need it."""

    kind: str
    name: str
    reason: str
    clauses: tuple[str, ...]

    def __str__(self) -> str:
        count = len(self.clauses)
        shown = ", ".join(self.clauses[:4]) + (", …" if count > 4 else "")
        return f"{self.kind} {self.name}: {self.reason}. " + (
            f"Needed for {count} clause{'s' if count > 1 else ''}: {shown}" if count else "Needed by checks"
        )


def examine(plan: RunPlan) -> list[str]:
    """Reach the target of a plan, try its roles by reads only, and say what the target file lacks.

    Raises:
        CannotRun: the target gives no answer.
    """
    policy = make_policy(plan)
    lines: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event, NoteMade):
            lines.append(event.text)

    with open_connections(plan.file.verify) as inner:
        target = reach(plan, policy, inner, note)
        if target.control is not None:
            return [*lines, "a mock gives everything itself; nothing is missing"]
        own = {} if plan.contract.is_foreign else own_records(plan.contract.slug)
        session = VerifySession(
            plan,
            replace(target, hooks=make_hooks(plan.file.hooks, policy.limits.timeout), own=own),
            policy,
            inner,
            FindingsStore(plan.contract).answers,
            lambda _: None,
        )
        tried = replace(session, target=replace(session.target, own={}), roles=())
        session = replace(session, roles=tuple(try_roles(tried)))
    mask = TargetMask(target, plan.contract.document.credential_headers)
    return [printable(mask.text(line)) for line in (*lines, *describe(session, find_missing(session)))]


def find_missing(session: VerifySession) -> list[Missing]:
    """What the target of a session lacks, the most needed first. The roles of the session have been tried."""
    contract, target = session.contract, session.target
    needs, texts = find_needs(contract), dict(_texts_by_clause(contract))
    found = []
    refused = {one.role: one.reason for one in session.roles if one.state == REFUSED}
    for role, says in needs.roles.items():
        if role in refused or (role not in target.credentials and role != "owner") or not target.credentials:
            reason = refused.get(role) or f"not given. {says}".rstrip(". ")
            pattern = r"." if role == next(iter(needs.roles)) else rf"\b{role}\b"
            found.append(Missing("role", role, reason, _clauses(texts, pattern)))
    for role, says in needs.logins.items():
        if role not in target.logins and not (role == "owner" and target.logins):
            found.append(Missing("login", role, f"not given. {says}".rstrip(". "), _clauses(texts, r"\blogin\b")))
    for one in needs.known:
        if one.name in target.unfit or (one.name not in target.known and one.name not in target.own):
            reason = target.unfit.get(one.name) or f"not given. {one.says}".rstrip(". ")
            found.append(Missing("known", one.name, reason, _clauses(texts, rf"\b{one.name}\b")))
    for hook, pattern in HOOKS.items():
        clauses = _clauses(texts, pattern)
        if hook not in target.hooks and clauses:
            found.append(Missing("hook", hook, f"not given. It {HOOKS_SAY[hook]}", clauses))
    return sorted(found, key=lambda one: -len(one.clauses))


def _clauses(texts: Mapping[str, str], pattern: str) -> tuple[str, ...]:
    return tuple(clause for clause, text in texts.items() if re.search(pattern, text))


def _texts_by_clause(contract: Contract) -> Iterator[tuple[str, str]]:
    """For each clause, everything in recipes and contract tests that proves it."""
    found: dict[str, list[str]] = {clause: [] for clause in contract.clauses}
    for operation in contract.operations.values():
        works = json.dumps(operation.recipes.get("works", {}))
        for name, recipe in operation.recipes.items():
            row = operation.errors.get(name, {}).get("clause")
            for one in recipe if isinstance(recipe, list) else [recipe]:
                clause = (one.get("clause") if isinstance(one, dict) else None) or row
                if clause in found:
                    found[clause].append(f"{works} {json.dumps(one)}")
        for clause, node in _declared(operation.spec.get("x-computed", [])):
            if clause in found:
                found[clause].append(f"{works} {node}")
    for file in [] if contract.is_foreign else sorted((VENDORS / contract.slug).glob("test_*.py")):
        for clause, text in _tests(file):
            if clause in found:
                found[clause].append(text)
    return ((clause, " ".join(texts)) for clause, texts in found.items())


def _declared(rows: Any) -> Iterator[tuple[str, str]]:
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and "clause" in row:
            yield row["clause"], json.dumps(row)


def _tests(file: Path) -> Iterator[tuple[str, str]]:
    """Clause and source of each contract test of a file."""
    source = file.read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            text = ast.get_source_segment(source, node) or ""
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "clause":
                    yield from ((one.value, text) for one in decorator.args if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _count_calls(session: VerifySession) -> str:
    """How many operations of a foreign document can be called with the records that the suite makes and those that the target file names."""
    operations = session.contract.operations.values()
    usable = [one for one in operations if WORKS in one.recipes and find_values_of(one) <= session.target.known.keys()]
    return f"{len(usable)} of {len(operations)} operations can be called with what is given; the others are tried by generated requests only"


def describe(session: VerifySession, missing: list[Missing]) -> list[str]:
    """The lines that the command prints."""
    clauses = session.contract.clauses
    lacking = {clause for one in missing for clause in one.clauses}
    unseen = sum(clause in operation.unseen for clause, (operation, _) in clauses.items())
    lines = [
        f"role {one.role}: {one.state} ({one.reason})" if one.reason else f"role {one.role}: {one.state}"
        for one in session.roles
        if one.state != REFUSED
    ]
    lines += [f"missing: {one}" for one in missing]
    if session.contract.is_foreign:
        return [*lines, _count_calls(session)]
    complete = len(clauses) - len(lacking) - unseen
    lines.append(f"{len(clauses)} clauses: {max(0, complete)} can be judged with what is given, {len(lacking)} lack something")
    return [*lines, *([f"{unseen} can be seen at no target"] if unseen else [])]
