"""Fault rules, which make calls fail as the vendor documents or on the wire, and services that are switched off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.control.services import ControlServices
from mockserver.core.base import ids
from mockserver.core.base.faults import Conflict, NotFound
from mockserver.core.base.replies import Damage, Reply
from mockserver.core.operation.compiled import Operation
from mockserver.core.operation.preferences import PreferenceNotSatisfiable, answer_preference
from mockserver.core.state.rules import Delay, Rule
from mockserver.core.state.world import Transaction
from mockserver.openapi import limits


def list_faults(world: Transaction) -> Reply:
    return Reply(200, {"rules": list(map(_render, world.faults.rules))})


def add_fault(control: ControlServices, world: Transaction, body: Mapping[str, Any]) -> Reply:
    if len(world.faults.rules) >= limits.FAULT_RULES.value:
        raise Conflict(f"a world has at most {limits.FAULT_RULES.value} rules; remove some")
    damage = Damage(body["damage"]["kind"], body["damage"].get("seconds", 0.0)) if "damage" in body else None
    answer = body.get("answer", {})
    rule = Rule(
        id=0,
        api=body["api"],
        operations=(),
        operation=body.get("operation"),
        method=body.get("method"),
        path=body.get("path"),
        caller=body.get("caller"),
        headers=tuple(sorted((name.lower(), value) for name, value in body.get("headers", {}).items())),
        status=answer.get("status"),
        code=answer.get("code"),
        delay=_read_delay(body["delay"]) if "delay" in body else None,
        damage=damage,
        when=body.get("when", "after" if damage is not None and damage.kind != "reset" and not answer else "before"),
        first=body.get("first"),
        every=body.get("every"),
        probability=body.get("probability"),
    )
    if rule.caller is not None:
        control.headers_of(rule.api, rule.caller, world)
    names = tuple(operation.name for operation in _find_operations(control, rule))
    world.faults = world.faults.add(replace(rule, operations=names))
    return Reply(201, _render(world.faults.rules[-1]))


def set_fault(world: Transaction, rule: int, body: Mapping[str, Any]) -> Reply:
    _require(world, rule)
    world.faults = world.faults.turn(rule, active=body["active"])
    return Reply(200, _render(next(found for found in world.faults.rules if found.id == rule)))


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


def _require(world: Transaction, rule: int) -> None:
    if not any(known.id == rule for known in world.faults.rules):
        raise NotFound("rule", f"{rule}; there are {', '.join(str(known.id) for known in world.faults.rules) or 'none'}")


def _read_delay(value: Mapping[str, Any] | float) -> Delay:
    if not isinstance(value, dict):
        return Delay("fixed", float(value))  # type: ignore[arg-type]
    return Delay(value["distribution"], value["seconds"], value.get("most", float(limits.DELAY.value)), value.get("sigma", 0.0))


def _find_operations(control: ControlServices, rule: Rule) -> list[Operation]:
    """The operations that a rule covers, each able to return the answer that it asks for. Raises NotFound or Conflict if there are none."""
    control.vendor(rule.api)
    known = [operation for operation in control.operations.values() if operation.api.slug == rule.api]
    named = [operation for operation in known if rule.operation in (None, operation.id)]
    if not named:
        raise NotFound("operation", f"{rule.operation!r} in {rule.api}; there are {', '.join(operation.id for operation in known)}")
    matching = [operation for operation in named if rule.method in (None, operation.spec.method)]
    if not matching:
        raise Conflict(f"no operation of the rule has the method {rule.method}")
    if rule.preference is None:
        return matching
    able, reasons = [], []
    for operation in matching:
        try:
            answer_preference(operation, rule.preference, ids.generator(1, "trial", 1))
            able.append(operation)
        except PreferenceNotSatisfiable as error:
            reasons.append(str(error))
    if not able:
        others = f", and the {len(reasons) - 1} other operations of the rule have none either" if len(reasons) > 1 else ""
        raise Conflict(f"the document has no such answer: {reasons[0]}{others}")
    return able


def _render(rule: Rule) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": rule.id, "api": rule.api, "operations": [name.partition(".")[2] for name in rule.operations]}
    shown |= {"operation": rule.operation, "method": rule.method, "path": rule.path, "caller": rule.caller, "headers": dict(rule.headers)}
    if rule.preference is not None:
        shown["answer"] = {name: value for name, value in (("status", rule.status), ("code", rule.code)) if value is not None}
    if rule.delay is not None:
        delay = rule.delay
        shown["delay"] = {"distribution": delay.distribution, "seconds": delay.seconds, "most": delay.most, "sigma": delay.sigma}
    if rule.damage is not None:
        shown["damage"] = {"kind": rule.damage.kind, "seconds": rule.damage.seconds}
    shown |= {"when": rule.when, "active": rule.active}
    shown |= {name: getattr(rule, name) for name in ("first", "every", "probability") if getattr(rule, name) is not None}
    return {name: value for name, value in shown.items() if value is not None} | {"matched": rule.matched, "struck": rule.struck}
