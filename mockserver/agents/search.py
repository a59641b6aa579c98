"""Searches for the request nearest to a refused one that would pass: each candidate is tried in a fork of the world, which is then deleted.

1. the same request with the headers of a published credential, or with those of another one
2. the same request with fields that the document does not know renamed to missing ones that are spelt alike, and with the fields at fault repaired
3. a request that the document shows, in which every value that may be as it was sent is put back
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mockserver.agents.connection import ServerConnection
from mockserver.agents.requests import AgentCall, Field, name_field
from mockserver.openapi import limits
from mockserver.openapi.masking import MASK

REFUSED = 400
"""The first status of a refusal."""
ALIKE = 0.55
"""How alike two names have to be for one to be a misspelling of the other."""
_MISSING = object()


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """A call that was refused.

    ``at_fault`` are the fields that the refusal names, ``unread`` those that the document does not know, and ``others`` the published credentials
    that may be tried besides that of the call. ``reason`` is the refusal in words.
    """

    call: AgentCall
    at_fault: Sequence[Field] = ()
    unread: Sequence[Field] = ()
    others: Sequence[str] = ()
    reason: str = ""

    def mentions(self, name: Field) -> bool:
        """Whether the reason speaks of a field, by a word of its name."""
        words = set(re.findall(r"[a-z]{4,}", self.reason.casefold()))
        return any(word in words for word in re.findall(r"[a-z]{4,}", " ".join(name[1]).casefold()))


@dataclass
class PassingSearch:
    """One search in a world. ``before`` is the number of the exchange before which the trials start, None for the world as it is now."""

    connection: ServerConnection
    world: str
    api: str
    before: int | None = None
    trials: int = field(default=0, init=False)

    def passes(self, call: AgentCall) -> bool:
        """Whether a call is answered without a refusal. Beyond the limit of trials no call is made, and it counts as refused."""
        if self.trials >= limits.AGENT_TRIALS.value:
            return False
        self.trials += 1
        with self.connection.fork(self.world, self.before) as fork:
            api = self.connection.mock(fork).api(self.api)
            headers = {} if call.credential is None else api.credentials.get(call.credential, {})
            answer = self.connection.wire.send(replace(call, headers=headers).to_request(api.base_url))
            latest = self.connection.call("GET", "/journal", params={"limit": 1}, world=fork)["exchanges"]
            return answer.status_code < REFUSED and bool(latest) and latest[0]["fault"] is None

    def find(self, refused: RefusedCall, patterns: Sequence[AgentCall]) -> AgentCall | None:
        """The nearest call that passes, None if none was found. ``patterns`` are calls that probably pass."""
        for candidate in (*_repair(refused, patterns), *patterns):
            if self.passes(candidate):
                return self._put_back(candidate, refused)
        return None

    def _put_back(self, passing: AgentCall, refused: RefusedCall) -> AgentCall:
        """The passing call with each value as it was sent, where it still passes."""
        sent = refused.call
        for name in sorted({*passing.values, *sent.values}):
            before, now = sent.values.get(name, _MISSING), passing.values.get(name, _MISSING)
            if _is_equal(before, now) or before == MASK or name in refused.unread:
                continue
            candidate = passing.without(name) if before is _MISSING else passing.changed(name, before)
            if self.passes(candidate):
                passing = candidate
        return passing


def describe_changes(sent: AgentCall, passing: AgentCall) -> list[dict[str, Any]]:
    """What has to change in a call so that it passes, one entry for a field; ``text`` says it as a sentence."""
    added = [name for name in passing.values if name not in sent.values]
    removed = [name for name in sent.values if name not in passing.values]
    found: list[dict[str, Any]] = []
    for name in list(removed):
        twin = next((new for new in added if new[0] == name[0] and _is_equal(passing.values[new], sent.values[name])), None)
        if twin is not None:
            removed.remove(name)
            added.remove(twin)
            text = f"send {name_field(twin)} instead of {name_field(name)}"
            found.append({"change": "rename", "field": name_field(name), "to": name_field(twin), "value": sent.values[name], "text": text})
    for name in added:
        value = passing.values[name]
        found.append({"change": "add", "field": name_field(name), "to": value, "text": f"send {name_field(name)}, such as {value!r}"})
    found += [
        {"change": "remove", "field": name_field(name), "sent": sent.values[name], "text": f"do not send {name_field(name)}"} for name in removed
    ]
    for name in sent.values:
        if name in passing.values and not _is_equal(sent.values[name], passing.values[name]):
            old, new = sent.values[name], passing.values[name]
            text = f"send {new!r} as {name_field(name)}, not {old!r}"
            found.append({"change": "replace", "field": name_field(name), "sent": old, "to": new, "text": text})
    if sent.credential != passing.credential:
        text = f"send the headers of the published credential {passing.credential}"
        found.append({"change": "credential", "field": "header", "to": passing.credential, "text": text})
    return found


def _repair(refused: RefusedCall, patterns: Sequence[AgentCall]) -> Iterator[AgentCall]:
    sent = refused.call
    for credential in refused.others:
        yield replace(sent, credential=credential)
    renamed = _rename(refused)
    if renamed is not sent:
        yield renamed
    for pattern in patterns[:1]:
        if sent.media_type != pattern.media_type and pattern.media_type:
            yield replace(sent, media_type=pattern.media_type)
    known = patterns[0].values if patterns else {}
    repaired = renamed
    for name in refused.at_fault:
        repaired = repaired.changed(name, known[name]) if name in known else repaired.without(name)
    if repaired is not renamed:
        yield repaired
    others = [
        (name, value) for pattern in patterns for name, value in pattern.values.items() if not _is_equal(renamed.values.get(name, _MISSING), value)
    ]
    for name, value in sorted(others, key=lambda one: not refused.mentions(one[0])):  # one value at a time, those that the refusal speaks of first
        yield renamed.changed(name, value)


def _rename(refused: RefusedCall) -> AgentCall:
    """The call with each field that the document does not know under the name of a missing one: spelt alike, or the only one at fault."""
    call = refused.call
    for old in refused.unread:
        if old not in call.values or len(old[1]) != 1:
            continue
        free = [name for place, name in call.operation.inputs if place == old[0] and (place, (name,)) not in call.values]
        close = difflib.get_close_matches(_fold(old[1][0]), [_fold(name) for name in free], n=1, cutoff=ALIKE)
        missing = [names[0] for place, names in refused.at_fault if place == old[0] and names[0] in free]
        new = next((name for name in free if close and _fold(name) == close[0]), missing[0] if len(missing) == 1 else None)
        if new is not None:
            call = replace(call, values={(key[0], (new,)) if key == old else key: value for key, value in call.values.items()})
    return call


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _is_equal(one: Any, other: Any) -> bool:
    """Whether two values are the same as they are sent: a form has no numbers."""
    return one == other or (not isinstance(one, Mapping | list) and not isinstance(other, Mapping | list) and str(one) == str(other))
