"""The model of a report: plain data that every format is written from. Its schema is ``schema.json`` beside this module."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ....printable import printable
from ...harness.findings import VerdictStatus, to_plain
from ..cause import Cause
from ..contract import Contract
from ..findings_store import FindingsStore
from ..masking import TargetMask
from ..session import VerifySession
from ..severity import rank_of, severity_of
from ..target_file import Deviation
from .compare import SCHEMA_VERSION
from .coverage import describe_gap, measure_coverage
from .evidence import describe_exchange
from .lines import find_lines
from .names import short_id

SUSPECT = str(VerdictStatus.SUSPECT)
"""The class of a finding that breaks what was inferred only; it does not count."""
CONFORMS, AS_FAR_AS_SEEN, BROKEN, COULD_NOT = "conforms", "conforms as far as seen", "broken", "could not run"
TOO_LITTLE = 3
"""The exit code if too little was seen and the command line requires more."""


@dataclass(frozen=True)
class Facts:
    """What a run knows of itself when it ends: the day, how many seconds it took, and why it did not do everything.

    ``crashed`` says that an error of the suite ended a part of it.
    """

    today: dt.date
    seconds: float
    unfinished: tuple[str, ...] = ()
    crashed: bool = False


def build(session: VerifySession, store: FindingsStore, facts: Facts, mask: TargetMask) -> dict[str, Any]:
    """The report of a run. No text in it, and no name of a member, shows a secret."""
    names = frozenset({*store.contract.clauses, *store.contract.operations})
    report: dict[str, Any] = _masked(_build(session, store, facts, mask), mask, names)
    return report


def _masked(node: Any, mask: TargetMask, names: frozenset[str]) -> Any:
    """Plain data without secrets; ``names`` are texts of the document, which stay as they are."""
    if isinstance(node, str):
        return node if node in names else mask.text(node)
    if isinstance(node, dict):
        return {_masked(name, mask, names): _masked(inner, mask, names) for name, inner in node.items()}
    return [_masked(inner, mask, names) for inner in node] if isinstance(node, list) else node


def _build(session: VerifySession, store: FindingsStore, facts: Facts, mask: TargetMask) -> dict[str, Any]:
    contract, plan = session.contract, session.plan
    statements = {clause: sentence for clause, (_, sentence) in contract.clauses.items()}
    lines = find_lines(contract.document)
    every = sorted(
        store.causes.values(), key=lambda one: (one.deviation is not None, rank_of(one), one.finding.operation, one.finding.check, one.key)
    )
    causes = [one for one in every if not one.finding.assumed]
    statements |= {name: sentence for one in contract.operations.values() for name, sentence in one.assumptions.items()}
    assumed = [_finding(one, facts, mask, statements, contract) for one in every if one.finding.assumed]
    findings = [_finding(one, facts, mask, statements, contract) for one in causes]
    for one in findings if plan.options.inferred == "strict" else ():
        one["class"] = "broken"
    open_ones = [one for one in findings if one["accepted"] is None or one["accepted"]["expired"]]
    failing = [one for one in open_ones if one["class"] != SUSPECT]
    clauses = _clauses(store)
    operations = [_operation(store, name, lines.get(name)) for name in contract.operations]
    laws = [
        {"law": verdict.subject, "operation": verdict.operation, "outcome": str(verdict.outcome), "reason": printable(verdict.reason)}
        for verdict in store.verdicts.values()
        if verdict.subject not in contract.clauses
    ]
    documented = [row for one in operations for row in one["answers"] if row["documented"]]
    unfinished = [*facts.unfinished, *store.problems]
    if contract.clauses and not unfinished and not clauses["held"] and not clauses["broken"]:
        unfinished.append("no clause could be judged; the reasons are below, and `--init` writes a target file that asks for what is missing")
    coverage = measure_coverage(store, len(clauses["held"]) + len(clauses["broken"]))
    verdict, code = (COULD_NOT, 2) if facts.crashed else (BROKEN, 1) if failing else (COULD_NOT, 2) if unfinished else (CONFORMS, 0)
    if verdict == CONFORMS and not coverage["sufficient"]:
        verdict, code = AS_FAR_AS_SEEN, TOO_LITTLE if plan.options.require_coverage else 0
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "contract_tests", "version": plan.version},
        "api": {
            "slug": contract.slug,
            "title": contract.document.title,
            "version": contract.document.version,
            "file": contract.document.source if contract.is_foreign else f"specs/{contract.slug}.yaml",
        },
        "target": {"base_url": mask.url(session.target.base_url), "roles": list(session.target.credentials), "known": sorted(session.target.known)},
        "roles": [{"role": one.role, "state": one.state, "reason": one.reason} for one in session.roles],
        "run": {
            "started": plan.began,
            "seconds": round(facts.seconds, 1),
            "stages": {name: round(value, 1) for name, value in store.seconds.items()},
            "level": plan.options.level,
            "seed": plan.options.seed,
            "workers": session.workers,
            "read_only": session.policy.read_only,
            "budget": session.policy.limits.budget,
            "requests": session.policy.sent,
            "refused": dict(session.policy.refused),
            "target_seconds": round(session.policy.target_time.seconds, 1),
            "pauses": {"answers": session.policy.pace.pauses.answers, "seconds": round(session.policy.pace.pauses.seconds, 1)},
            "created": [
                {"operation": name, "records": count, "deleted": session.deleted[name]}
                for name, count in (session.created if session.target.control is None else {}).items()
            ],
            "excluded": sorted(session.policy.excluded),
            "unfinished": [printable(one) for one in unfinished],
        },
        "verdict": verdict,
        "exit_code": code,
        "summary": {
            "clauses": {name: len(found) for name, found in clauses.items()},
            "laws": dict(Counter(one["outcome"] for one in laws)),
            "findings": len(failing),
            "suspect": len(open_ones) - len(failing),
            "accepted": len(findings) - len(open_ones),
            "assumed": len(assumed),
            "unconfirmed": len(store.unconfirmed),
            "answers_documented": len(documented),
            "answers_observed": sum(bool(row["seen"]) for row in documented),
            "answers_explained": sum(not row["seen"] and bool(row["unseen"]) for row in documented),
        },
        "coverage": {**coverage, "gap": describe_gap(coverage)},
        "clauses": clauses,
        "laws": laws,
        "findings": findings,
        "assumed": assumed,
        "unconfirmed": [_finding(one, facts, mask, statements, contract) for one in store.unconfirmed],
        "deviations": [_deviation(one, causes, facts.today) for one in plan.file.deviations],
        "operations": operations,
        "never_observed": [
            {"operation": one["id"], "answer": row["status"], "reason": row["unseen"]}
            for one in operations
            for row in one["answers"]
            if row["documented"] and not row["seen"]
        ]
        + [{"operation": one["id"], "code": row["code"], "reason": row["unseen"]} for one in operations for row in one["codes"] if not row["seen"]],
        "comparison": None,
    }


def _finding(cause: Cause, facts: Facts, mask: TargetMask, statements: Mapping[str, str], contract: Contract) -> dict[str, Any]:
    found, deviation = cause.finding, cause.deviation
    assumption = contract.operations[found.operation].assumption_at(found.pointer) if found.operation in contract.operations else ""
    accepted = None if deviation is None else {**_describe_deviation(deviation), "expired": deviation.expired(facts.today)}
    return {
        "id": short_id(cause.key),
        "key": cause.key,
        "also": cause.also,
        "former_keys": cause.former,
        "places": [{"operation": operation, "place": place, "key": key} for operation, place, key in cause.places],
        "stage": cause.stage,
        "class": "broken" if found.origin is None else SUSPECT,
        "inferred": None if found.origin is None else asdict(found.origin),
        "law": found.check,
        "severity": severity_of(found.check, cause.key, found.expected),
        "operation": found.operation,
        "sentence": printable(found.sentence),
        "clause": found.clause,
        "statement": statements.get(found.clause or next(iter(sorted(cause.clauses)), ""), ""),
        "clauses": sorted(cause.clauses),
        "assumption": assumption,
        "assumed_statement": statements.get(assumption, ""),
        "page": found.page,
        "pointer": found.pointer,
        "expected": mask.value(to_plain(found.expected)),
        "got": mask.value(to_plain(found.got), found.pointer.rpartition("/")[2]),
        "count": cause.count,
        "confirmed": cause.confirmed,
        "note": cause.note,
        "accepted": accepted,
        "exchanges": [describe_exchange(one, mask) for one in found.exchanges],
    }


def _describe_deviation(deviation: Deviation) -> dict[str, Any]:
    return {"reason": deviation.reason, "owner": deviation.owner, "expires": deviation.expires.isoformat()}


def _deviation(deviation: Deviation, causes: list[Cause], today: dt.date) -> dict[str, Any]:
    used = any(one.deviation is deviation for one in causes)
    state = "expired" if deviation.expired(today) else "used" if used else "unused"
    return {"finding": deviation.finding, **_describe_deviation(deviation), "state": state}


def _clauses(store: FindingsStore) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"held": [], "broken": [], "not_observable": [], "not_exercised": []}
    names = {VerdictStatus.NOT_OBSERVABLE: "not_observable", VerdictStatus.NOT_EXERCISED: "not_exercised"}
    for clause in store.contract.clauses:
        verdict = store.clause(clause)
        if verdict.outcome in names:
            found[names[verdict.outcome]].append({"clause": clause, "reason": printable(verdict.reason)})
        else:
            found[str(verdict.outcome)].append(clause)
    return found


def _operation(store: FindingsStore, name: str, source: dict[str, Any] | None) -> dict[str, Any]:
    operation, seen = store.contract.operations[name], store.observed[name]
    documented = list(operation.statuses)
    statuses = documented + sorted(str(status) for status in seen.statuses if str(status) not in documented)
    verdicts = [one for one in store.verdicts.values() if one.operation == name]
    return {
        "id": name,
        "method": operation.method,
        "path": operation.path,
        "source": source,
        "summary": operation.summary,
        "page": operation.page,
        "provenance": operation.provenance,
        "answers": [
            {
                "status": one,
                "documented": one in documented,
                "seen": seen.statuses.get(int(one), 0) if one.isdigit() else 0,
                "unseen": operation.unseen.get(one, ""),
            }
            for one in statuses
        ],
        "parameters": [{"in": place, "name": parameter, "sent": seen.parameters[place, parameter]} for place, parameter in operation.inputs],
        "codes": [
            {
                "code": code,
                "status": row.get("status"),
                "seen": seen.codes[code],
                "unseen": operation.unseen.get(code) or operation.unseen.get(str(row.get("status")), ""),
            }
            for code, row in operation.own_errors.items()
        ],
        "laws": {one.subject: str(one.outcome) for one in verdicts if one.subject not in store.contract.clauses},
        "clauses": [
            {"clause": clause, "sentence": text, "outcome": str(store.clause(clause).outcome), "reason": printable(store.clause(clause).reason)}
            for clause, text in operation.clauses.items()
        ],
    }
