"""Calls that are made at once: none is lost, ids differ, what is unique is given once, and sums add up.

At a real target this is tried only if its owner allows calls at once (``parallel`` under ``[limits]`` of the target file).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..harness.envelope import Answer
from ..harness.findings import Verdict, VerdictStatus
from ..harness.sameness import number, same
from ..harness.target import not_observable
from .formulas import Unreadable, evaluate
from .model import BehaviourModel
from .records import Resource, calls
from .run import Run
from .session import CheckSession, NotExercised, guarded

CREATED = "creations at once are all kept"
CHANGED = "changes of different fields at once are both kept"
UNIQUE = "what is unique is given once, also to calls at once"
SUMS = "amounts that are changed at once add up"
CALLS = 6
FAILED = 500
BUSY = 503
"""The status of a server that takes no further call just now; so a call at once is refused, it does not fail."""


def check(run: Run) -> Iterator[Verdict]:
    if run.is_quick:
        return
    for name, spec in run.model.resources.items():
        if "create" not in spec or not run.wants(*calls(spec)):
            continue
        if "list" in spec:
            yield from guarded(CREATED, name, _created(run, name))
        for field in spec.get("unique", {}):
            found = list(guarded(UNIQUE, name, _unique(run, name, field)))
            yield from found
            if _any_broken(found):
                break
        if "change" in spec:
            yield from guarded(CHANGED, name, _changed(run, name))
    for name in run.model.operations:
        if run.wants(name):
            for place, computation in enumerate(computations(run.model, name)):
                yield from guarded(SUMS, name, _added(run, name, computation, place))


def _any_broken(verdicts: Sequence[Verdict]) -> bool:
    return any(verdict.outcome is VerdictStatus.BROKEN for verdict in verdicts)


def allow_at_once(run: Run, label: str) -> CheckSession:
    """A session in which calls may be made at once."""
    if run.api.target.control is None and not run.api.target.parallel:
        not_observable("calls at once are not allowed at this target; parallel = true under [limits] of the target file allows them")
    return run.session(label)


def at_once(session: CheckSession, name: str, requests: Sequence[Mapping[str, Any]], *, role: str = "") -> list[Answer]:
    """The answers to several calls of an operation that are made at the same time."""
    parts = [CheckSession(session.api, session.model, session.values) for _ in requests]
    with ThreadPoolExecutor(len(parts)) as pool:
        answers = list(pool.map(lambda part, sent: part.dispatch(name, sent, role=role), parts, requests))
    for part in parts:
        session.exchanges += part.exchanges
        session.problems += part.problems
    return answers


def _failed(session: CheckSession, law: str, name: str, answers: Sequence[Answer], clause: str | None) -> Iterator[Verdict]:
    """The verdict on answers of which one tells of a failure, if any does."""
    bad = next((answer for answer in answers if answer.status >= FAILED and answer.status != BUSY), None)
    if bad is not None:
        text = f"{name}: of {len(answers)} calls at once one fails with {bad.status}"
        yield session.broken(law, name, text, clause=clause, pointer="fails", expected="no failure", got=str(bad))


def _created(run: Run, name: str) -> Iterator[Verdict]:
    resource = Resource(allow_at_once(run, f"at once {name}"), name)
    session, part = resource.session, resource.part("create")
    creation, clause = str(part["call"]), resource.clause("create")
    before = resource.list()
    first = session.prepare(creation, part, full=True)
    unique = resource.spec.get("unique", {})
    requests = [first] + [
        {**first, **{field: value for field, value in session.prepare(creation, part, full=True).items() if field in unique}}
        for _ in range(CALLS - 1)
    ]
    answers = at_once(session, creation, requests, role=session.role(creation, part))
    failed = list(_failed(session, CREATED, creation, answers, clause))
    if failed:
        yield from failed
        return
    kept = [answer for answer in answers if not answer.is_refusal]
    if len(kept) < 2:
        raise NotExercised(f"of {CALLS} calls of {creation} at once {len(kept)} were taken: {answers[-1]}")
    known = {str(record.get(resource.identity)) for record in before}
    new = [record for record in resource.list() if str(record.get(resource.identity)) not in known]
    ids = {str(record.get(resource.identity)) for record in new}
    if len(new) != len(kept) or len(ids) != len(new):
        text = f"{creation}: {len(kept)} creations at once were answered with success, and {len(ids)} records are listed"
        yield session.broken(CREATED, creation, text, clause=clause, expected=len(kept), got=len(ids))
    else:
        yield session.held(CREATED, creation)


def _unique(run: Run, name: str, field: str) -> Iterator[Verdict]:
    resource = Resource(allow_at_once(run, f"at once {name} {field}"), name)
    session, part = resource.session, resource.part("create")
    creation = str(part["call"])
    others = [one for one in resource.spec["unique"] if one != field]
    first = session.prepare(creation, part)
    requests = [first] + [
        {**first, **{one: value for one, value in session.prepare(creation, part).items() if one in others}} for _ in range(CALLS - 1)
    ]
    answers = at_once(session, creation, requests, role=session.role(creation, part))
    declared = resource.spec["unique"][field]
    code = declared if isinstance(declared, str) else declared["code"]
    clause = run.model.operations[creation].errors.get(code, {}).get("clause")
    taken = sum(not answer.is_refusal for answer in answers)
    failed = list(_failed(session, UNIQUE, creation, answers, clause))
    if taken > 1:
        text = f"{creation}: of {CALLS} calls at once with the same {field} {taken} are answered with success"
        yield session.broken(UNIQUE, creation, text, clause=clause, pointer=f"/{field}", expected=1, got=taken)
    elif failed:
        yield from failed
    elif not taken:
        raise NotExercised(f"{creation} was refused: {answers[0]}")
    else:
        yield session.held(UNIQUE, creation)


def _changed(run: Run, name: str) -> Iterator[Verdict]:
    """Two changes of different fields; only where one change, made alone, leaves the other field as it was."""
    resource = Resource(allow_at_once(run, f"changes at once {name}"), name)
    session, part = resource.session, resource.part("change")
    change = str(part["call"])
    made = resource.create()
    fields = session.model.fields(change)
    named = {**session.model.works(change).get("send", {}), **part.get("send", {})}
    fixed = {field: session.value(said, fields.get(field, ("", None, False))[1]) for field, said in named.items() if field not in resource.fields}
    changeable = [field for field in fields if field in resource.fields and field not in part.get("never", ()) and not fields[field][2]]
    pair = [field for field in changeable if made.sent.get(field) is not None][:2]
    if len(pair) < 2:
        return
    needed = {field: made.sent[field] for field, (_, _, needs) in fields.items() if needs and field in made.sent and field not in fixed}
    for attempt in range(1 + CALLS // 2):
        wanted = {field: _other(session, named.get(field), fields[field][1]) for field in pair}
        requests = [{**fixed, **needed, field: value} for field, value in wanted.items()]
        if attempt == 0:  # one after the other
            answers = [session.dispatch(change, sent, role=session.role(change, part)) for sent in requests]
        else:
            answers = at_once(session, change, requests, role=session.role(change, part))
        shown = resource.shown(made) or {}
        lost = [field for field, value in wanted.items() if not same(shown.get(resource.fields[field]), value)]
        if any(answer.is_refusal for answer in answers) or (lost and attempt == 0):
            raise NotExercised(f"{change} does not change one field alone")
        if lost:
            text = f"{change}: two changes at once are answered with success, and that of {lost[0]} is lost"
            clause = resource.clause("keeps") or resource.clause("change")
            value = wanted[lost[0]]
            yield session.broken(CHANGED, change, text, clause=clause, expected=value, got=shown.get(resource.fields[lost[0]]))
            return
    yield session.held(CHANGED, change)


def _other(session: CheckSession, said: Any, schema: Any) -> Any:
    return session.value(said, schema) if isinstance(said, dict) and "fresh" in said else session.values.of(schema)


def _added(run: Run, name: str, computation: Mapping[str, Any], place: int) -> Iterator[Verdict]:
    """Equal calls that each add to an amount or take from it: it changes by as many times as calls succeed, and no call takes what is gone."""
    found = additive(computation["holds"])
    variants = computation.get("send", {})
    if found is None:
        return
    for number_, send in enumerate(variants if isinstance(variants, list) else [variants]):
        verdicts = list(guarded(SUMS, name, _sums(run, name, {**computation, "send": send}, found, f"{place} {number_}")))
        yield from verdicts
        if _any_broken(verdicts):
            return


def computations(model: BehaviourModel, name: str) -> list[Mapping[str, Any]]:
    """The computations of an operation that its page describes, without those that are assumed."""
    return [one for one in model.operations[name].spec.get("x-computed", ()) if not one.get("assumed")]


def additive(formulas: Sequence[str]) -> tuple[str, str] | None:
    """The amount that a computation changes, as a formula over ``before``, and by how much, as a formula; None if it only compares.

    Such a formula has the form ``x == before.y + z - …``, where x is, or equals, ``after.y``, and what is added names neither read.
    """
    trees = [ast.parse(formula, mode="eval").body for formula in formulas]
    compared = [tree for tree in trees if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.Eq)]
    equal = {ast.unparse(side) for tree in compared for side in (tree.left, tree.comparators[0])}
    for tree in compared:
        right = tree.comparators[0]
        if not isinstance(right, ast.BinOp) or not isinstance(right.op, (ast.Add, ast.Sub)):
            continue
        was = ast.unparse(_leftmost(right))
        by = f"0{ast.unparse(right).removeprefix(was)}"
        names = {node.id for node in ast.walk(ast.parse(by)) if isinstance(node, ast.Name)}
        is_seen = was.replace("before.", "after.", 1) in equal
        if was.startswith("before.") and is_seen and not names & {"before", "after", "answer"}:
            return was, by
    return None


def _leftmost(tree: ast.expr) -> ast.expr:
    """The first term of a sum."""
    while isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub)):
        tree = tree.left
    return tree


def _sums(run: Run, name: str, computation: Mapping[str, Any], found: tuple[str, str], label: str) -> Iterator[Verdict]:
    """Calls at once that add are compared with one call alone, since a target may round; calls that take all there is are made at once only."""
    was, by = found
    session = allow_at_once(run, f"sums at once {name} {label}")
    session.spend(name, computation)
    session.steps(computation.get("after", run.model.works(name).get("after", ())))
    said = {"after": [], "send": computation["send"], "without": computation.get("without", [])}
    sent = session.prepare(name, said, full=bool(computation.get("full")))
    session.scope["sent"] = sent
    role, clause = session.role(name, computation), computation.get("clause")
    start, change = amounts(session, computation, was, by, sent)
    takes_all = same(start + change, 0)
    if not change:
        return
    if not takes_all:
        alone = session.dispatch(name, sent, role=role)
        if alone.is_refusal:
            raise NotExercised(f"{name} was refused: {alone}")
        before, (start, _) = start, amounts(session, computation, was, by, sent)
        change = start - before
    answers = at_once(session, name, [sent] * CALLS, role=role)
    failed = list(_failed(session, SUMS, name, answers, clause))
    if failed:
        yield from failed
        return
    taken = sum(not answer.is_refusal for answer in answers)
    if not taken:
        raise NotExercised(f"{name} was refused: {answers[0]}")
    end, _ = amounts(session, computation, was, by, sent)
    if not takes_all and not same(end, start + taken * change):
        text = f"{name}: {taken} calls at once were answered with success, and together they do not make {taken} times the change of one"
        yield session.broken(SUMS, name, text, clause=clause, expected=float(start + taken * change), got=float(end))
    elif takes_all and taken > 1 and session.dispatch(name, sent, role=role).is_refusal:
        text = f"{name}: {taken} calls at once that each take all there is are answered with success"
        yield session.broken(SUMS, name, text, clause=clause, expected=1, got=taken)
    else:
        yield session.held(SUMS, name)


def amounts(session: CheckSession, computation: Mapping[str, Any], was: str, by: str, sent: Mapping[str, Any]) -> tuple[Any, Any]:
    """The amount now, and by how much the formulas say that a call changes it. Raises NotExercised if they cannot be read."""
    names = session.names(sent=sent, before=session.observed(computation["observe"]))
    try:
        return number(evaluate(was, names)), number(evaluate(by, names))
    except Unreadable as error:
        raise NotExercised(str(error)) from None
