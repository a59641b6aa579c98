"""``--init``: try what is given of a target, propose what can be read from it, and write a target file that explains the rest."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from ...printable import printable
from ...reporting.rendering import as_json
from ..checks.model import BehaviourModel
from ..checks.session import CheckSession, NotExercised
from ..checks.values import Values
from ..harness import ApiClient
from ..harness.envelope import at
from ..harness.policy import PolicyError
from ..harness.roles import TriedRole
from ..harness.transports import open_connections
from .contract import Contract
from .credentials import try_roles
from .findings_store import FindingsStore
from .needs import KnownName, Needs, find_needs
from .options import CannotRun, Options, RunPlan
from .reach import make_policy, reach
from .session import VerifySession
from .target_file import TargetFile
from .template import SCHEMA_NAME, make_schema, make_template, variable

BUDGET = 60.0
"""Seconds that the first look may wait for the target."""
Ask = Callable[[str], str]
"""Asks the user for a value, without showing it; empty if there is none."""


@dataclass
class FirstLook:
    """What the first calls have shown."""

    roles: Sequence[TriedRole] = ()
    proposals: Mapping[str, str] = field(default_factory=dict)


def init(source: str, contract: Contract, url: str | None, path: Path, given: Sequence[str], ask: Ask | None) -> list[str]:
    """Write a target file and its schema; the lines to be printed. ``source`` is the document as the command line names it.

    ``given`` are credentials as ``ROLE.HEADER=VALUE``; others come from the environment, under the names that the file has, and those of the first
    role from ``ask``. They are sent to the target, and never written.

    Raises:
        CannotRun: there is such a file already, or a credential cannot be understood, or the target does not answer.
    """
    if path.exists():
        raise CannotRun(f"{path} is there already; move it away, or name another with --target")
    needs = find_needs(contract)
    credentials = _complete(needs, _read_given(given, needs), ask if url else None)
    look = _look(contract, needs, url, credentials) if url and credentials else FirstLook()
    states = {one.role: printable(f"{one.state}; {one.reason}" if one.reason else one.state) for one in look.roles}
    path.write_text(
        make_template(contract, needs, url or "https://api.example.com", source=source, proposals=look.proposals, states=states), encoding="utf-8"
    )
    path.with_name(SCHEMA_NAME).write_text(as_json(make_schema(contract, needs)), encoding="utf-8")
    return _say(source, contract.slug, path, needs, credentials, states, look)


def _read_given(given: Sequence[str], needs: Needs) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in given:
        place, equals, value = text.partition("=")
        role, dot, header = place.partition(".")
        name = next((one for one in needs.headers if one.lower() == header.lower()), None)
        if not equals or not dot or role not in needs.roles or name is None:
            raise CannotRun(
                f"--credential {place}=… is not understood; write ROLE.HEADER=VALUE, with a role of {', '.join(needs.roles)} "
                f"and a header of {', '.join(needs.headers)}"
            )
        found.setdefault(role, {})[name] = value
    return found


def _complete(needs: Needs, given: Mapping[str, Mapping[str, str]], ask: Ask | None) -> dict[str, dict[str, str]]:
    """The credentials of each role that has all that were given, stand in the environment, or were asked for."""
    found = {}
    for number, role in enumerate(needs.roles):
        headers = {**{name: os.environ[variable(f"{role}_{name}")] for name in needs.headers if variable(f"{role}_{name}") in os.environ}}
        headers |= given.get(role, {})
        if not number and ask is not None:
            missing = [name for name in needs.headers if name not in headers]
            headers |= {name: value for name in missing if (value := ask(f"{role}: header {name}"))}
        if headers:
            found[role] = headers
    return found


def _look(contract: Contract, needs: Needs, url: str, credentials: Mapping[str, Mapping[str, str]]) -> FirstLook:
    """Try each role by reads, and read what may be known."""
    file = TargetFile(contract.slug, url, credentials=credentials)
    options = Options(
        contract.slug, url, 1, None, "quick", 1, read_only=True, dry_run=False, target=None, compare=None, budget=BUDGET, any_implementation=True
    )
    plan = RunPlan(options, contract, file, url.rstrip("/"), BUDGET, time.monotonic())
    policy = make_policy(plan)
    with open_connections(file.verify) as inner:
        target = reach(plan, policy, inner, lambda _: None)
        session = VerifySession(plan, target, policy, inner, FindingsStore(contract).answers, lambda _: None)
        tried = try_roles(session)
        usable = {one.role for one in tried if one.state == "usable"}
        return FirstLook([one for one in tried if one.role in credentials], propose(session, needs.known, usable) if usable else {})


def propose(session: VerifySession, known: Sequence[KnownName], usable: set[str]) -> dict[str, str]:
    """Values for known names, from the reads that the document names; each differs from those that it must differ from."""
    model = BehaviourModel(session.contract.document)
    first = next(iter(session.target.credentials))
    found: dict[str, str] = {}
    for one in known:
        if one.source is None or one.source.get("role", first) not in usable:
            continue
        taken = {found[other] for other in one.differs if other in found}
        value = next((text for text in _read(session, model, one) if text not in taken), None)
        if value is not None:
            found[one.name] = value
    return found


def _read(session: VerifySession, model: BehaviourModel, one: KnownName) -> list[str]:
    source = one.source or {}
    api = ApiClient(session.target, session.client())
    try:
        check = CheckSession(api, model, Values(model.document, f"init/{one.name}", ""))
        answer = check.call(source["call"], {**model.works(source["call"]), **source}, role=source.get("role", ""))
    except (NotExercised, PolicyError, httpx.HTTPError, LookupError, pytest.skip.Exception):
        return []
    finally:
        api.close()
    values = None if answer.is_refusal else at(answer.body, source["at"])
    return [printable(str(value)) for value in (values if isinstance(values, list) else [values]) if isinstance(value, (str, int)) and value != ""]


def _say(
    source: str, slug: str, path: Path, needs: Needs, credentials: Mapping[str, Mapping[str, str]], states: Mapping[str, str], look: FirstLook
) -> list[str]:
    command = f"mockserver verify {shlex.quote(source)}" + (f" --target {path}" if path.name != "contract.toml" or path.parent != Path() else "")
    variables = [
        variable(f"{role}_{name}") for role, headers in credentials.items() for name in headers if variable(f"{role}_{name}") not in os.environ
    ]
    first = next(iter(needs.roles), "")
    if first and first not in credentials:
        variables = [variable(f"{first}_{name}") for name in needs.headers]
    lines = [f"Wrote {path} and {path.with_name(SCHEMA_NAME)}. The comments say what each role and each known record has to be."]
    lines += [f"  role {role}: {state}" for role, state in states.items()]
    lines += [f"  proposed: {', '.join(f'{name} = {value}' for name, value in look.proposals.items())}"] if look.proposals else []
    lines += [f"Set {', '.join(variables)} in the environment; secrets do not stand in the file."] if variables else []
    return [
        *lines,
        "Then see what is missing, what would be sent, read, and judge:",
        *(f"  {command} {rest}" for rest in ("--doctor", "--dry-run", "--read-only --level quick", f"--report reports/{slug}")),
    ]
