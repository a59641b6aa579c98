"""Passwords: only the exact one opens a session, also one that was just set; after a change the old one is refused and the new one is accepted.

Spaces around a password belong to it: no page says that they are cut, and a password is no text for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.envelope import Answer
from ..harness.findings import Verdict
from .records import Resource, calls
from .run import Run
from .session import CheckSession, NotExercised, guarded

EXACT = "only the exact password is accepted"
CHANGED = "a changed password replaces the old one"
FIELD = "password"
SHORTEST = 4


def check(run: Run) -> Iterator[Verdict]:
    """Each sign-in with a spoilt password, and each resource whose new record signs in to be found."""
    for name in run.working:
        said = str(run.model.works(name).get("send", {}).get(FIELD, ""))
        if said.startswith("$login."):
            yield from guarded(EXACT, name, _sign_in(run, name))
    for name, spec in run.model.resources.items():
        step = next((step for step in spec.get("find", ()) if f"$sent.{FIELD}" in str(step.get("send", {}))), None)
        if step is not None and run.wants(*calls(spec)):
            yield from guarded(EXACT, step["call"], _new(run, name, step))
            if "change" in spec and FIELD in run.model.fields(Resource(run.session("fields"), name).part("change")["call"]):
                yield from guarded(CHANGED, name, _changed(run, name, step))


def spoilt(password: str) -> dict[str, str]:
    """Passwords that differ a little from one, by how."""
    found = {
        "one character longer": f"{password}x",
        "without its last character": password[:-1],
        "in other case": password.swapcase(),
        "with a space after it": f"{password} ",
        "with a space before it": f" {password}",
    }
    return {how: text for how, text in found.items() if text != password and len(text) >= SHORTEST}


def _sign_in(run: Run, name: str) -> Iterator[Verdict]:
    session = run.session(f"password {name}")
    works = run.model.works(name)
    sent = session.prepare(name, works)
    yield from _exact(
        session, name, lambda password: session.dispatch(name, {**sent, FIELD: password}, role=session.role(name, works)), str(sent[FIELD]), None
    )


def _exact(session: CheckSession, name: str, sign_in: Any, password: str, clause: str | None) -> Iterator[Verdict]:
    first: Answer = sign_in(password)
    if first.is_refusal:
        raise NotExercised(f"{name} was refused: {first}")
    taken = [how for how, text in spoilt(password).items() if not sign_in(text).is_refusal]
    if taken:
        text = f"{name}: a password {', '.join(taken)} is accepted"
        yield session.broken(EXACT, name, text, clause=clause, pointer=taken[0], expected="a refusal", got="a success")
    else:
        yield session.held(EXACT, name)


def _find(session: CheckSession, step: Mapping[str, Any], sent: Mapping[str, Any], password: str) -> Answer:
    """The answer to the sign-in of a new record with a password."""
    session.scope["sent"] = {**sent, FIELD: password}
    return session.call(step["call"], {"send": step["send"]})


def _new(run: Run, name: str, step: Mapping[str, Any]) -> Iterator[Verdict]:
    resource = Resource(run.session(f"new password {name}"), name)
    session = resource.session
    made = resource.create()
    password = str(made.sent[FIELD])
    clause = resource.clause("create")
    yield from _exact(session, step["call"], lambda text: _find(session, step, made.sent, text), password, clause)


def _changed(run: Run, name: str, step: Mapping[str, Any]) -> Iterator[Verdict]:
    resource = Resource(run.session(f"changed password {name}"), name)
    session, part = resource.session, resource.part("change")
    change, made = str(part["call"]), resource.create()
    fields = session.model.fields(change)
    old, new = str(made.sent[FIELD]), str(session.values.of(fields[FIELD][1]))
    needed = {one: made.sent[one] for one, (_, _, needs) in fields.items() if needs and one in made.sent}
    named = {one: said for one, said in part.get("send", {}).items() if one not in resource.fields}
    optional = [one for one, found in fields.items() if not found[2] and one != FIELD and one not in named]
    answer = session.call(change, {**part, "send": {**named, **needed, FIELD: new}, "without": optional})
    if answer.is_refusal:
        raise NotExercised(f"{change} was refused: {answer}")
    with_old, with_new = (_find(session, step, made.sent, password) for password in (old, new))
    wrong = [
        what for what, is_so in (("the old one is still accepted", not with_old.is_refusal), ("the new one is refused", with_new.is_refusal)) if is_so
    ]
    if wrong:
        text = f"{change}: after a change of the password {' and '.join(wrong)}"
        yield session.broken(CHANGED, change, text, clause=resource.clause("change"), pointer=f"/{FIELD}", got=str(with_new))
    else:
        yield session.held(CHANGED, change)
