"""Documented calls succeed: the working recipe, also with all optional fields, the document's examples, and recipes that declare their answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.envelope import Answer, at
from ..harness.findings import Verdict
from ..harness.sameness import same
from ..harness.target import not_observable
from .model import OBSERVES, WORKS
from .refusals import snapshot, unchanged
from .run import Run
from .session import CheckSession, NotExercised, guarded

LAW = "a documented call works"
SITUATION = "a described situation is answered as described"


def check(run: Run) -> Iterator[Verdict]:
    """Check each working recipe, and each further recipe that declares its answer."""
    for name in run.working:
        yield from guarded(LAW, name, _works(run, name, full=False))
        if run.model.body(name)[0] or run.model.operations[name].parameters:
            yield from guarded(LAW, name, _works(run, name, full=True))
        if (
            run.api.target.control and not run.model.is_foreign and run.model.works(name).get("examples", True)
        ):  # examples name seeded records, which a mock is known to have
            yield from guarded(LAW, name, _examples(run, name))
        for situation, recipe in run.model.operations[name].recipes.items():
            if situation not in (WORKS, OBSERVES, *run.model.operations[name].errors):
                for number, one in enumerate(recipe if isinstance(recipe, list) else [recipe]):
                    yield from guarded(SITUATION, name, _situation(run, name, situation, one, number))


def _situation(run: Run, name: str, situation: str, recipe: Mapping[str, Any], number: int) -> Iterator[Verdict]:
    session = run.session(f"{name} {situation} {number}")
    refused = recipe.get("expect", {}).get("refused", False) and not run.model.operations[name].is_safe
    if not refused:
        session.spend(name, recipe)
    session.assumed = bool(recipe.get("assumed"))
    session.ask(recipe)
    sent = session.prepare(name, recipe)
    before = snapshot(session) if refused else {}
    answer = session.send(name, recipe, sent)
    yield from judged(session, name, situation, recipe, answer)
    if refused and answer.is_refusal:
        yield from unchanged(session, name, before, recipe.get("clause"), f"{name}, refused,")


def _works(run: Run, name: str, *, full: bool) -> Iterator[Verdict]:
    session = run.session(f"works {name} {full}")
    recipe = run.model.works(name)
    answer = session.call(name, recipe, full=full)
    unknown = sorted({*run.model.readings.references(name).values()} - {*session.api.target.known})
    if answer.is_refusal and unknown:
        not_observable(f"{name} was refused, and may have to refer to records of the target; name them under [known]: {', '.join(unknown)}")
    if answer.is_refusal and recipe.get("inferred"):
        raise NotExercised(f"{name} was refused, perhaps by a rule that no schema says: {answer}")
    how = "with every optional field" if full else "as its recipe says"
    if answer.is_refusal:
        yield session.broken(
            LAW, name, f"{name}, called {how}, is refused with {answer}", clause=recipe.get("clause"), expected="a success", got=str(answer)
        )
        return
    yield from judged(session, name, WORKS, recipe, answer)


def _examples(run: Run, name: str) -> Iterator[Verdict]:
    media_type, _ = run.model.body(name)
    for label, example in run.model.operations[name].content.get(media_type, {}).get("examples", {}).items():
        session = run.session(f"example {name} {label}")
        prepared = session.prepare(name, run.model.works(name))
        in_path = {field: value for field, value in prepared.items() if run.model.fields(name).get(field, ("body",))[0] != "body"}
        answer = session.dispatch(name, {**in_path, **run.model.document.resolve(example)["value"]}, role=run.model.works(name).get("role", ""))
        if answer.is_refusal:
            yield session.broken(LAW, name, f"{name}: the documented example {label} is refused", expected="a success", got=str(answer))
        else:
            yield session.held(LAW, name)


def judged(session: CheckSession, name: str, situation: str, recipe: Mapping[str, Any], answer: Answer) -> Iterator[Verdict]:
    """Whether an answer is the one that a recipe expects."""
    law = LAW if situation == WORKS else SITUATION
    expected: Mapping[str, Any] = recipe.get("expect", {})
    clause = recipe.get("clause")
    found = []
    readings = session.model.readings
    if answer.is_refusal and readings.is_open(name, situation, clause or ""):
        yield session.held(law, name)
        return
    if "status" in expected and answer.status not in expected["status"] and not readings.allows_status(name, answer.status, situation):
        text = f"{name}, {situation}: the status is {answer.status}"
        found.append(session.broken(law, name, text, clause=clause, pointer="status", expected=expected["status"], got=answer.status))
    if not answer.is_refusal and expected.get("refused") and readings.is_open(name, situation, clause or ""):
        yield session.held(law, name)
        return
    if expected.get("refused", answer.is_refusal) != answer.is_refusal or (not expected and answer.is_refusal):
        text = f"{name}, {situation}: {'refused' if answer.is_refusal else 'not refused'}"
        found.append(session.broken(law, name, text, clause=clause, pointer="refused", expected=not answer.is_refusal, got=str(answer)))
        yield from found  # what the answer says otherwise follows from that
        return
    for pointer, value in expected.get("body", {}).items() if answer.body is not None or not expected.get("may-be-empty") else ():
        wanted, got = session.value(value), at(answer.body, pointer)
        if not same(wanted, got) and not _may_differ(session, name, pointer, got):
            text = f"{name}, {situation}: {pointer} differs"
            found.append(session.broken(law, name, text, clause=clause, pointer=pointer, expected=wanted, got=got))
    names = session.names(**answer.names)
    found += list(session.judged(law, name, expected.get("holds", ()), names, clause))
    found += list(session.judged(law, name, expected.get("after", ()), session.names(**answer.names, **_after(session, expected)), clause))
    yield from found or [session.held(law, name)]


def _may_differ(session: CheckSession, name: str, pointer: str, got: Any) -> bool:
    """Whether an accepted reading allows another value at a pointer, or none."""
    readings = session.model.readings
    return readings.is_free(name, pointer, got) or (got is None and readings.may_lack(name, pointer))


def _after(session: CheckSession, expected: Mapping[str, Any]) -> dict[str, Any]:
    return {"after": session.observed(expected["observe"])} if "observe" in expected else {}
