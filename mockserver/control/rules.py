"""Fault rules as the control plane's requests and answers write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from mockserver.control.presets import PRESETS
from mockserver.control.services import ControlServices
from mockserver.core.base import ids
from mockserver.core.base.faults import Conflict, Invalid, NotFound
from mockserver.core.base.replies import Damage
from mockserver.core.operation.compiled import Operation
from mockserver.core.operation.preferences import PreferenceNotSatisfiable, answer_preference
from mockserver.core.state.rules import TEXT, Delay, OwnAnswer, Rate, Rule
from mockserver.core.state.world import Transaction
from mockserver.openapi import limits
from mockserver.openapi.errors import Violation

EVERY = "*"
"""The API of a rule for the operations of all of them."""
EFFECTS = ("answer", "delay", "damage", "list", "deliveries", "preset")
COUNTING = ("first", "every", "nth", "since", "probability")
CONDITIONS = (*COUNTING, "concurrent", "lasts")
"""Fields of a rule that say on which of the calls it takes effect; they are the same in a request."""
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_VALUE = re.compile(r"[ -~]{0,1000}")
_FRAMING = frozenset({"connection", "content-length", "content-type", "keep-alive", "trailer", "transfer-encoding", "upgrade"})
"""Headers that the server sets, so that an answer ends where it says."""


def add_rule(control: ControlServices, world: Transaction, body: Mapping[str, Any]) -> None:
    """Add the rule that a request describes. Raises NotFound, Conflict and Invalid if it cannot match, or cannot have an effect."""
    if len(world.faults.rules) >= limits.FAULT_RULES.value:
        raise Conflict(f"a world has at most {limits.FAULT_RULES.value} rules; remove some")
    rule = _read_rule(body)
    if rule.caller is not None:
        if rule.api == EVERY:
            raise Conflict("the credential of a caller belongs to one API; name the api of the rule")
        control.headers_of(rule.api, rule.caller, world)
    names = tuple(operation.name for operation in _find_operations(control, rule))
    world.faults = world.faults.add(replace(rule, operations=names))


def _read_rule(body: Mapping[str, Any]) -> Rule:
    """A rule that still covers no operation. Raises NotFound for a preset that does not exist, Invalid for a rule without an effect."""
    preset = body.get("preset")
    if preset is not None:
        if preset not in PRESETS:
            raise NotFound("preset", f"{preset!r}; there are {', '.join(PRESETS)}")
        body = {**PRESETS[preset].rule, **body}
    if not any(name in body for name in EFFECTS):
        raise Invalid([Violation("body", "", "required", f"the rule has no effect; give one of {', '.join(EFFECTS)}")])
    counting = [name for name in COUNTING if name in body]
    if len(counting) > 1:
        raise Invalid([Violation("body", f"/{counting[1]}", "not", f"a rule has one of {', '.join(COUNTING)}, not {' and '.join(counting)}")])
    damage = Damage(body["damage"]["kind"], body["damage"].get("seconds", 0.0)) if "damage" in body else None
    answer = body.get("answer", {})
    keeps = damage is not None and not damage.has_no_answer and not answer
    return Rule(
        id=0,
        api=body.get("api", EVERY),
        operations=(),
        operation=body.get("operation"),
        method=body.get("method"),
        path=body.get("path"),
        caller=body.get("caller"),
        headers=tuple(sorted((name.lower(), value) for name, value in body.get("headers", {}).items())),
        status=answer.get("status"),
        code=answer.get("code"),
        own=_read_own(answer),
        delay=_read_delay(body["delay"]) if "delay" in body else None,
        damage=damage,
        list_change=body.get("list"),
        deliveries=body.get("deliveries", 1),
        when=body.get("when", "after" if keeps or "list" in body or "deliveries" in body else "before"),
        rate=Rate(body["rate"]["calls"], body["rate"]["seconds"]) if "rate" in body else None,
        preset=preset,
        **{name: body[name] for name in CONDITIONS if name in body},
    )


def _read_own(answer: Mapping[str, Any]) -> OwnAnswer | None:
    """What an answer has that the document has not. Raises Invalid for a header that cannot be sent."""
    if not answer.keys() & {"headers", "body", "undocumented", "media_type"}:
        return None
    for name, value in answer.get("headers", {}).items():
        if not _HEADER.fullmatch(name) or name.lower() in _FRAMING:
            text = f"the header {name[:80]!r} cannot be set; use letters, digits and dashes, and none of {', '.join(sorted(_FRAMING))}"
            raise Invalid([Violation("body", "/answer/headers", "propertyNames", text)])
        if not _VALUE.fullmatch(value):
            text = f"the value of the header {name} has letters that a header cannot have; use printable ASCII"
            raise Invalid([Violation("body", f"/answer/headers/{name}", "pattern", text)])
    body = answer.get("body")
    is_text = body is None or isinstance(body, str)
    kind = answer.get("media_type", TEXT if is_text else "application/json")
    return OwnAnswer(
        headers=tuple(answer.get("headers", {}).items()),
        body=body if is_text else orjson.dumps(body).decode(),
        media_type=kind,
        is_undocumented=answer.get("undocumented", False),
    )


def _read_delay(value: Mapping[str, Any] | float) -> Delay:
    if not isinstance(value, dict):
        return Delay("fixed", float(value))  # type: ignore[arg-type]
    return Delay(value["distribution"], value["seconds"], value.get("most", float(limits.DELAY.value)), value.get("sigma", 0.0))


def _find_operations(control: ControlServices, rule: Rule) -> list[Operation]:
    """The operations that a rule covers, each able to return the answer that it asks for. Raises NotFound or Conflict if there are none."""
    if rule.api != EVERY:
        control.vendor(rule.api)
    known = [operation for operation in control.operations.values() if rule.api in (EVERY, operation.api.slug)]
    named = [operation for operation in known if rule.operation in (None, operation.id)]
    if not named:
        raise NotFound("operation", f"{rule.operation!r} in {rule.api}; there are {', '.join(operation.id for operation in known)}")
    matching = [operation for operation in named if rule.method in (None, operation.spec.method)]
    if not matching:
        raise Conflict(f"no operation of the rule has the method {rule.method}")
    if rule.preference is None or (rule.own is not None and (rule.own.body is not None or (rule.own.is_undocumented and rule.status is not None))):
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
        raise Conflict(
            f"the document has no such answer: {reasons[0]}{others}; give a body of your own, or undocumented: true, to send it nevertheless"
        )
    return able


def render_rule(rule: Rule) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": rule.id,
        "api": rule.api,
        "operations": [name if rule.api == EVERY else name.partition(".")[2] for name in rule.operations],
    }
    shown |= {"operation": rule.operation, "method": rule.method, "path": rule.path, "caller": rule.caller, "headers": dict(rule.headers)}
    if rule.has_answer:
        shown["answer"] = {name: value for name, value in (("status", rule.status), ("code", rule.code)) if value is not None} | _render_own(rule.own)
    if rule.delay is not None:
        delay = rule.delay
        shown["delay"] = {"distribution": delay.distribution, "seconds": delay.seconds, "most": delay.most, "sigma": delay.sigma}
    if rule.damage is not None:
        shown["damage"] = {"kind": rule.damage.kind, "seconds": rule.damage.seconds}
    if rule.rate is not None:
        shown["rate"] = {"calls": rule.rate.calls, "seconds": rule.rate.seconds}
    shown |= {"when": rule.when, "active": rule.active, "list": rule.list_change, "preset": rule.preset}
    shown |= {"deliveries": rule.deliveries} if rule.deliveries > 1 else {}
    shown |= {name: getattr(rule, name) for name in CONDITIONS}
    return {name: value for name, value in shown.items() if value is not None} | {"matched": rule.matched, "struck": rule.struck}


def _render_own(own: OwnAnswer | None) -> dict[str, Any]:
    if own is None:
        return {}
    shown: dict[str, Any] = {"headers": dict(own.headers)} if own.headers else {}
    if own.body is not None:
        shown |= {"body": own.body, "media_type": own.media_type}
    return shown | ({"undocumented": True} if own.is_undocumented else {})
