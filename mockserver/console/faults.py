"""Fault rules: which calls go wrong, how, and how often."""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import Response

from mockserver.console.client import ControlRefused
from mockserver.console.frame import Visit
from mockserver.openapi.digits import EXACT, read_digits

REFUSED = 400
"""The first status that is a refusal."""
SECONDS = {"drip": 5, "timeout": 30}
"""How long a body drips, and how long a connection is held."""


async def faults(visit: Visit) -> Response:
    return await _page(visit)


async def answers(visit: Visit) -> Response:
    """The fields of the form that depend on the operation: what it can refuse."""
    return visit.fragment("fault_answers.html", **await _choices(visit, visit.asked("operation"), ""))


async def _page(visit: Visit, status: int = 200, refused: ControlRefused | None = None) -> Response:
    rules = (await visit.plane.get("/faults"))["rules"]
    services = (await visit.plane.get("/services"))["services"]
    presets = (await visit.plane.get("/faults/presets"))["presets"]
    filled = visit.form() or {"often": "first", "number": "1", **dict(visit.request.query_params)}
    choices = await _choices(visit, filled.get("operation", ""), filled.get("answer", ""))
    return await visit.page("faults.html", status, rules=rules, services=services, presets=presets, refused=refused, filled=filled, **choices)


async def _choices(visit: Visit, chosen: str, answer: str) -> dict[str, Any]:
    """The operations by vendor, and the documented errors of the one that is chosen."""
    apis = (await visit.plane.get("/apis"))["apis"]
    operations = {api["slug"]: (await visit.plane.get(f"/apis/{api['slug']}/operations"))["operations"] for api in apis}
    slug, _, name = chosen.partition(".")
    found = next((one for one in operations.get(slug, ()) if one["id"] == name), None)
    errors = found["errors"] if found else []
    statuses = found["statuses"] if found else sorted({status for one in operations.get(slug, ()) for status in one["statuses"]})
    return {
        "apis": apis,
        "operations": operations,
        "operation": chosen,
        "errors": errors,
        "refusals": [status for status in statuses if status >= REFUSED],
        "answer": answer,
        "credentials": next((api["credentials"] for api in apis if api["slug"] == slug), []),
    }


async def add(visit: Visit) -> Response:
    try:
        rule = await visit.plane.call("POST", "/faults", body=_rule(visit.form()))
    except ControlRefused as refused:
        if refused.status not in (400, 404, 409):
            raise
        return await _page(visit, refused.status, refused)
    return visit.back("/console/faults", f"Rule {rule['id']} holds for {', '.join(rule['operations'])}.")


def _rule(form: dict[str, str]) -> dict[str, Any]:
    """The rule of a form, as the control plane accepts it. Raises ControlRefused if a number cannot be read."""
    api, _, operation = form.get("operation", "").strip().partition(".")
    rule: dict[str, Any] = {"api": api or "*"}
    if form.get("preset"):
        rule["preset"] = form["preset"]
    if operation:
        rule["operation"] = operation
    if form.get("caller"):
        rule["caller"] = form["caller"]
    kind, _, value = form.get("answer", "").partition(":")
    if kind == "code":
        rule["answer"] = {"code": value}
    elif kind == "status":
        rule["answer"] = {"status": read_digits(value, EXACT) or 0}
    if form.get("delay", "").strip():
        rule["delay"] = _number(form["delay"], "the latency")
    if form.get("damage"):
        rule["damage"] = {"kind": form["damage"]} | ({"seconds": SECONDS[form["damage"]]} if form["damage"] in SECONDS else {})
    if form.get("when"):
        rule["when"] = form["when"]
    often, number = form.get("often", ""), form.get("number", "").strip()
    if often in ("first", "every", "nth", "since"):
        rule[often] = int(_number(number or "1", "how many calls"))
    elif often == "probability":
        rule[often] = _number(number or "50", "the share of the calls") / 100
    if not rule.keys() & {"preset", "answer", "delay", "damage"}:
        raise ControlRefused(400, "Bad Request", "choose a failure, an answer, a latency, or what happens to the connection")
    return rule


def _number(text: str, what: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not abs(number) < 10**EXACT:  # also false if it is no number
        raise ControlRefused(400, "Bad Request", f"{what} is a number, not {text[:40]!r}")
    return number


async def turn(visit: Visit) -> Response:
    active = visit.filled("active") == "true"
    await visit.plane.call("PATCH", f"/faults/{visit.named('number')}", body={"active": active})
    return visit.back("/console/faults", f"Rule {visit.named('number')} is {'on' if active else 'off'}.")


async def remove(visit: Visit) -> Response:
    await visit.plane.call("DELETE", f"/faults/{visit.named('number')}")
    return visit.back("/console/faults", f"Rule {visit.named('number')} is removed.")


async def clear(visit: Visit) -> Response:
    await visit.plane.call("DELETE", "/faults")
    return visit.back("/console/faults", "There are no rules any more.")


async def switch(visit: Visit) -> Response:
    down = visit.filled("down") == "true"
    service = await visit.plane.call("PUT", f"/services/{visit.named('service')}", body={"down": down})
    return visit.back("/console/faults", f"{service['name']} is {'down' if down else 'up'}.")
