"""States: a legal edge is taken and seen, an illegal one is refused with its error and moves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..harness.envelope import are_assumed, in_words
from ..harness.findings import Verdict
from ..harness.sameness import same
from .run import Run
from .session import CheckSession, NotExercised, guarded

LEGAL = "a legal edge is taken"
ILLEGAL = "an illegal edge is refused"


def check(run: Run) -> Iterator[Verdict]:
    """Each edge of each state machine, from a state that was reached by legal edges."""
    for name, machine in run.model.machines.items():
        for number, edge in enumerate(machine.get("edges", ())):
            for state in _list(edge["from"]) if run.wants(*_calls(machine), edge["by"]) else ():
                yield from guarded(LEGAL, edge["by"], _legal(run, name, machine, edge, state, number))
        for number, edge in enumerate(machine.get("forbidden", ())):
            for state in _list(edge["from"]) if run.wants(*_calls(machine), edge["by"]) else ():
                yield from guarded(ILLEGAL, edge["by"], _illegal(run, name, machine, edge, state, number))


def _calls(machine: Mapping[str, Any]) -> list[str]:
    """The operations by which the states of a machine are seen and reached."""
    steps = [step for reached in machine["reach"].values() for step in reached]
    return [str(step["call"]) for step in (*machine.get("seen", {}).values(), *steps) if "call" in step]


def _list(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else [value]


def _reach(session: CheckSession, machine: Mapping[str, Any], state: str) -> Any:
    """Bring a record into a state. Returns the state that is seen instead, None if the state was reached."""
    session.steps(machine["reach"][state])
    return _seen(session, machine, state)


def _seen(session: CheckSession, machine: Mapping[str, Any], state: str) -> Any:
    """The state that is seen instead of the expected one; None if it is seen, or if no probe for it is declared."""
    probes = machine.get("seen", {})
    probe = probes.get(state, probes.get("*"))
    if probe is None:
        return None
    found: Any = None
    if "accepted" in probe or "refused" in probe:
        answer = session.call(probe["call"], probe)
        found = str(answer) if answer.is_refusal is not bool(probe.get("refused")) else None
    else:
        got = session.observed({"state": probe})["state"]
        if "field" in probe and isinstance(got, dict):
            got = got.get(probe["field"])
        if not same(got, probe.get("equals", state)):
            found = "nothing" if got is None else got
    return found


def _elsewhere(session: CheckSession, law: str, name: str, edge: Mapping[str, Any], state: str, found: Any) -> Verdict:
    """The verdict on a state that was not reached although every step there was answered."""
    text = f"{edge['by']}: {name} is not {state}, although every step there was answered"
    return session.broken(law, edge["by"], text, clause=edge.get("clause"), pointer=state, expected=state, got=found)


def _need_state(run: Run, edge: Mapping[str, Any], name: str, state: str) -> None:
    """Raises NotExercised if an accepted reading explains that a state is not seen."""
    if run.model.readings.is_open(edge["by"], f"{name} {state}"):
        raise NotExercised(f"a {name} that is {state} cannot be told from others in a reading that the page allows")


def _legal(run: Run, name: str, machine: Mapping[str, Any], edge: Mapping[str, Any], state: str, number: int) -> Iterator[Verdict]:
    session = run.session(f"edge {name} {number} {state}")
    session.assumed = bool(edge.get("assumed"))
    found = _reach(session, machine, state)
    if found is not None:
        _need_state(run, edge, name, state)
        yield _elsewhere(session, LEGAL, name, edge, state, found)
        return
    answer = session.call(edge["by"], edge)
    what = f"{edge['by']}: {name} from {state} to {edge['to']}"
    if answer.is_refusal and run.model.readings.is_open(edge["by"], f"{name} {state}"):
        yield session.held(LEGAL, edge["by"])
        return
    if answer.is_refusal:
        yield session.broken(LEGAL, edge["by"], f"{what} is refused", clause=edge.get("clause"), pointer=f"{state} to {edge['to']}", got=str(answer))
        return
    found = _seen(session, machine, edge["to"])
    if found is not None:
        text = f"{what} is answered, but not done"
        yield session.broken(LEGAL, edge["by"], text, clause=edge.get("clause"), pointer=f"{state} to {edge['to']}", expected=edge["to"], got=found)
    else:
        yield session.held(LEGAL, edge["by"])


def _illegal(run: Run, name: str, machine: Mapping[str, Any], edge: Mapping[str, Any], state: str, number: int) -> Iterator[Verdict]:
    session = run.session(f"no edge {name} {number} {state}")
    session.assumed = bool(edge.get("assumed"))
    found = _reach(session, machine, state)
    if found is not None:
        _need_state(run, edge, name, state)
        yield _elsewhere(session, ILLEGAL, name, edge, state, found)
        return
    answer = session.call(edge["by"], edge)
    clause = edge.get("clause", run.model.operations[edge["by"]].errors.get(edge.get("error", ""), {}).get("clause"))
    what = f"{edge['by']} on a {name} that is {state}"
    if not answer.is_refusal and run.model.readings.is_open(edge["by"], edge.get("error", ""), f"{name} {state}"):
        yield session.held(ILLEGAL, edge["by"])
        return
    if "error" in edge:
        problems = run.model.reader.differences(edge["by"], edge["error"], answer, f"{name} {state}")
        if problems:
            text = f"{what} was to be refused with {edge['error']}, but {in_words(problems)}"
            yield session.broken(
                ILLEGAL,
                edge["by"],
                text,
                clause=clause,
                pointer=state,
                expected=edge["error"],
                got=str(answer),
                assumed=are_assumed(problems),
            )
            return
    elif not answer.is_refusal and not edge.get("ignored"):
        yield session.broken(ILLEGAL, edge["by"], f"{what} is not refused", clause=clause, pointer=state, expected="a refusal", got=str(answer))
        return
    found = _seen(session, machine, state)
    if found is not None:
        yield session.broken(ILLEGAL, edge["by"], f"{what} moved it all the same", clause=clause, pointer=state, expected=state, got=found)
    else:
        yield session.held(ILLEGAL, edge["by"])
