"""Fault rules, which make calls fail as the vendor documents or on the wire, services that are switched off, and policies of transitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.control.presets import PRESETS
from mockserver.control.rules import add_rule, render_rule
from mockserver.control.services import ControlServices
from mockserver.core.base.faults import Invalid, NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.state.transitions import TransitionPolicy
from mockserver.core.state.world import Transaction
from mockserver.openapi.errors import Violation


def list_faults(world: Transaction) -> Reply:
    return Reply(200, {"rules": list(map(render_rule, world.faults.rules))})


def list_fault_presets() -> Reply:
    return Reply(200, {"presets": [{"name": found.name, "description": found.description, "rule": found.rule} for found in PRESETS.values()]})


def add_fault(control: ControlServices, world: Transaction, body: Mapping[str, Any]) -> Reply:
    add_rule(control, world, body)
    return Reply(201, render_rule(world.faults.rules[-1]))


def set_fault(world: Transaction, rule: int, body: Mapping[str, Any]) -> Reply:
    _require(world, rule)
    world.faults = world.faults.turn(rule, active=body["active"])
    return Reply(200, render_rule(next(found for found in world.faults.rules if found.id == rule)))


def delete_fault(world: Transaction, rule: int) -> Reply:
    _require(world, rule)
    world.faults = world.faults.remove(rule)
    return Reply(204)


def delete_faults(world: Transaction) -> Reply:
    world.faults = world.faults.remove()
    return Reply(204)


def list_services(control: ControlServices, world: Transaction) -> Reply:
    services = [{"name": name, "description": text, "down": world.is_down(name)} for name, text in control.services.items()]
    return Reply(200, {"services": services})


def set_service(control: ControlServices, world: Transaction, service: str, body: Mapping[str, Any]) -> Reply:
    if service not in control.services:
        raise NotFound("service", f"{service!r}; there are {', '.join(control.services) or 'none'}")
    world.faults = world.faults.switch(service, down=body["down"])
    return Reply(200, {"name": service, "description": control.services[service], "down": body["down"]})


def list_transitions(control: ControlServices, world: Transaction) -> Reply:
    return Reply(200, {"transitions": [_render_transition(control, world, name) for name in control.transitions]})


def set_transition(control: ControlServices, world: Transaction, transition: str, body: Mapping[str, Any]) -> Reply:
    found = control.transitions.get(transition)
    if found is None:
        raise NotFound("transition", f"{transition!r}; there are {', '.join(control.transitions) or 'none'}")
    outcome = body.get("outcome")
    if outcome is not None and outcome not in found.outcomes:
        raise Invalid([Violation("body", "/outcome", "enum", f"{outcome!r} is no outcome of {transition}; there are {', '.join(found.outcomes)}")])
    world.faults = world.faults.set_policy(TransitionPolicy(transition, body.get("after"), body.get("reads"), outcome))
    return Reply(200, _render_transition(control, world, transition))


def _render_transition(control: ControlServices, world: Transaction, name: str) -> dict[str, Any]:
    found, policy = control.transitions[name], world.policy(name)
    said = {"after": policy.after, "reads": policy.reads, "outcome": policy.outcome}
    return {
        "name": name,
        "description": found.description,
        "outcomes": list(found.outcomes),
        "policy": {key: value for key, value in said.items() if value is not None},
    }


def _require(world: Transaction, rule: int) -> None:
    if not any(known.id == rule for known in world.faults.rules):
        raise NotFound("rule", f"{rule}; there are {', '.join(str(known.id) for known in world.faults.rules) or 'none'}")
