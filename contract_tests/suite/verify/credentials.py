"""Try the credentials of a target file before anything else, role by role: what a wrong secret causes is no finding."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest

from ..checks.model import WORKS, BehaviourModel
from ..checks.session import CheckSession, NotExercised
from ..checks.values import Values
from ..harness import ApiClient, Target
from ..harness.envelope import Answer, at
from ..harness.policy import PolicyError
from ..harness.roles import NOT_TRIED, REFUSED, USABLE, WRONG_ON_PURPOSE, TriedRole
from .session import VerifySession

REFUSALS = (401, 403)
"""Statuses of a refused credential at any API."""


def try_roles(session: VerifySession) -> list[TriedRole]:
    """Make the reads that each role may make. A role is refused if every one of them refuses its credentials.

    Roles whose credentials are to be refused, such as an expired one, are tried by the checks.
    """
    model = BehaviourModel(session.contract.document)
    on_purpose = {role for scheme in model.document.security_schemes.values() for role in scheme.get("x-refused-roles", {}).values()}
    found = []
    for role in session.target.credentials:
        if role in on_purpose:
            found.append(TriedRole(role, WRONG_ON_PURPOSE, "the checks try it"))
            continue
        try:
            found.append(_try_role(session, model, role))
        except PolicyError as error:
            found.append(TriedRole(role, NOT_TRIED, str(error)))
    return found


def without_refused(target: Target, tried: list[TriedRole]) -> Target:
    """The target without the roles that are refused; what needs one of them is not exercised, for this reason."""
    refused = {one.role: one.reason for one in tried if one.state == REFUSED}
    if not refused:
        return target
    kept = {role: headers for role, headers in target.credentials.items() if role not in refused}
    return replace(target, credentials=kept, refused_roles=refused, first_role=next(iter(target.credentials)))


def _try_role(session: VerifySession, model: BehaviourModel, role: str) -> TriedRole:
    refusals, reasons = [], []
    for name in _reads_of(model, role, session.target):
        session.step(f"credentials: {role}, {name}")
        try:
            answer = _call(session, model, name, role)
            if not _is_refused(session, model, name, answer):
                return TriedRole(role, USABLE, f"{name} answered {answer.status}")
            refusals.append(f"{name} answered {answer.status}")
        except NotExercised as error:
            reasons.append(str(error))
        except pytest.skip.Exception as error:
            reasons.append(str(error.msg).removeprefix("not observable here: "))
        except httpx.HTTPError as error:
            reasons.append(f"{name} gave no answer ({type(error).__name__})")
    if refusals:
        shown = ", ".join(refusals[:4]) + (", …" if len(refusals) > 4 else "")
        return TriedRole(role, REFUSED, f"the credentials of the role {role} are refused by every read that it may make: {shown}")
    return TriedRole(role, NOT_TRIED, reasons[0] if reasons else "no read that changes nothing is documented for it")


def _reads_of(model: BehaviourModel, role: str, target: Target) -> Iterator[str]:
    """The reads that need credentials and that a role may make: those of its recipes, else those of the first role."""
    own = [name for name, one in model.operations.items() if one.recipes.get(WORKS, {}).get("role") == role]
    of_first = [name for name in model.reads if "role" not in model.works(name) or role == next(iter(target.credentials))]
    for name in own or of_first:
        if name in model.reads and model.operations[name].security and "spends" not in model.works(name):
            yield name


def _call(session: VerifySession, model: BehaviourModel, name: str, role: str | None) -> Answer:
    api = ApiClient(session.target, session.client())
    try:
        check = CheckSession(api, model, Values(model.document, f"credentials/{name}", ""))
        return check.dispatch(name, _first_fields(check, name), role=role)
    finally:
        with suppress(httpx.HTTPError, PolicyError):
            api.close()


def _first_fields(check: CheckSession, name: str) -> dict[str, Any]:
    """The fields of a read. If it needs a step before it, such as a creation, it is not tried."""
    if check.model.works(name).get("after"):
        raise NotExercised(f"{name} needs other calls before it")
    return check.prepare(name, check.model.works(name))


def _is_refused(session: VerifySession, model: BehaviourModel, name: str, answer: Answer) -> bool:
    """Whether an answer refuses the credential: by its status, or with the same code as a call without any credentials."""
    if not answer.is_refusal:
        return False
    if answer.status in REFUSALS:
        return True
    code = _code(model.envelope, answer)
    if code is None:
        return False
    anonymous = _call(session, model, name, None)
    return anonymous.is_refusal and (anonymous.status, _code(model.envelope, anonymous)) == (answer.status, code)


def _code(envelope: Mapping[str, Any], answer: Answer) -> str | None:
    """The vendor's error code in an answer, wherever the envelope allows it to stand."""
    pointers = envelope.get("code", ())
    found = (at(answer.body, pointer) for pointer in ([pointers] if isinstance(pointers, str) else pointers))
    return next((json.dumps(one) for one in found if one is not None), None)
