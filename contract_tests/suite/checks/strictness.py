"""A credential is compared exactly: another case, a character less, a prefix, a space inside, another scheme, and pairs of two owners are refused.

Spoilt credentials of every kind are sent to the first operation of each kind of access, two kinds in turn to the others. What was accepted is
reported once for each kind, with every operation that accepted it. A UUID may be compared without case, since it is a number.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.envelope import Answer
from ..harness.findings import Verdict, VerdictStatus
from .model import header_of
from .run import Run
from .session import CheckSession, guarded

LAW = "a credential is compared exactly"
KEYS = "a key names one record"
SHORTEST = 8
"""Characters of a secret of which a part is sent."""
TURNS = 2
"""Kinds that are tried at an operation whose kind of access was tried before."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Spoilt = Mapping[tuple[str, str], Mapping[str, str]]
"""Headers by scheme and what is wrong with its credential."""
Accepted = dict[str, list[tuple[str, str, CheckSession, Answer]]]
"""By scheme or field: what was wrong with what was accepted, and the operation, its session and its answer."""
PAIR = "credentials"


KEY = re.compile(r"(^|_)(key|token|uuid|id)$")
"""Names of fields that hold a key; a name of a person or an address may be compared without case."""


def check(run: Run) -> Iterator[Verdict]:
    yield from guarded(LAW, "", _all(run))
    if not run.is_quick:
        yield from guarded(KEYS, "", _keys(run))


def _keys(run: Run) -> Iterator[Verdict]:
    """Each known key in other case, and without its last character; what was taken is reported once for each field."""
    taken: Accepted = {}
    tried: list[str] = []
    for name in run.working:
        for field, said in run.model.works(name).get("send", {}).items():
            if KEY.search(field) and isinstance(said, str) and said.startswith("$"):
                yield from guarded(KEYS, name, _key(run, name, field, taken, tried))
    for field, found in taken.items():
        how, name, session, answer = found[0]
        text = f"{', '.join(dict.fromkeys(one for _, one, _, _ in found))}: a {field} {how} stands for the record with the right one"
        clause = _key_clause(run, name, field)
        yield session.broken(KEYS, name, text, clause=clause, pointer=f"/{field} {how}", expected="a refusal", got=str(answer))
    broken = {name for found in taken.values() for _, name, _, _ in found}
    yield from (Verdict(KEYS, name, VerdictStatus.HELD) for name in dict.fromkeys(tried) if name not in broken)


def _key(run: Run, name: str, field: str, taken: Accepted, tried: list[str]) -> Iterator[Verdict]:
    """Send a known key in other forms, and note what was taken; yields only what keeps it from being tried."""
    session = run.session(f"key {name} {field}")
    role = str(run.model.works(name).get("role", ""))
    sent = session.prepare(name, run.model.works(name))
    key = str(sent[field])
    if len(key) < SHORTEST or key.isdigit() or UUID.fullmatch(key):
        return
    is_read = run.model.operations[name].is_safe
    shown = session.dispatch(name, sent, role=role).body if is_read else None
    tried.append(name)
    for how, other in (("in other case", key.swapcase()), ("without its last character", key[:-1])):
        answer = session.dispatch(name, {**sent, field: other}, role=role)
        if not answer.is_refusal and (not is_read or (answer.body == shown and shown)):
            taken.setdefault(field, []).append((how, name, session, answer))
            return
    yield from ()


def _key_clause(run: Run, name: str, field: str) -> str | None:
    """The clause of the error that a wrong key is refused with, if a recipe says so."""
    operation = run.model.operations[name]
    for code, recipes in operation.recipes.items():
        if code in operation.errors and any(set(one.get("send", {})) == {field} for one in (recipes if isinstance(recipes, list) else [recipes])):
            found: str | None = operation.errors[code].get("clause")
            return found
    return None


def _all(run: Run) -> Iterator[Verdict]:
    seen: set[str] = set()
    accepted: Accepted = {}
    tried: list[str] = []
    for turn, name in enumerate(run.working):
        ways = run.model.operations[name].security
        if not ways or not any(ways[0]):
            continue
        session = run.session(f"strictness {name}")
        access = json.dumps([sorted(way) for way in ways])
        role = str(run.model.works(name).get("role", ""))
        kinds = list(spoilt(session, name, role).items())
        if access in seen and kinds:
            kinds = [kinds[(TURNS * turn + step) % len(kinds)] for step in range(TURNS)]
        elif run.is_quick:
            kinds = kinds[:TURNS]
        seen.add(access)
        yield from guarded(LAW, name, _one(session, name, dict(kinds), accepted, tried))
    for scheme, found in accepted.items():
        reason, name, session, answer = found[0]
        reasons = ", ".join(dict.fromkeys(one for one, _, _, _ in found))
        names = ", ".join(dict.fromkeys(one for _, one, _, _ in found))
        text = f"{names}: a call with {scheme} ({reasons}) is not refused"
        yield session.broken(LAW, name, text, clause=_clause(run, name), pointer=f"{scheme} {reason}", expected="a refusal", got=str(answer))
    for name in dict.fromkeys(tried):
        if not any(name == one for found in accepted.values() for _, one, _, _ in found):
            yield Verdict(LAW, name, VerdictStatus.HELD)


def _one(session: CheckSession, name: str, kinds: Spoilt, accepted: Accepted, tried: list[str]) -> Iterator[Verdict]:
    """Send the spoilt credentials to an operation, and note what was accepted; yields only what keeps it from being tried."""
    sent = session.prepare(name, session.model.works(name)) if kinds else {}
    for (scheme, reason), headers in kinds.items():
        answer = session.dispatch(name, sent, role=None, headers=headers)
        tried.append(name)
        if not answer.is_refusal:
            accepted.setdefault(scheme, []).append((reason, name, session, answer))
    yield from ()


def _clause(run: Run, name: str) -> str | None:
    operation = run.model.operations[name]
    code: Any = operation.fault_codes.get("unauthenticated")
    found: str | None = operation.errors.get(code, {}).get("clause") or operation.spec.get("x-access-clause")
    return found


def spoilt(session: CheckSession, name: str, role: str) -> dict[tuple[str, str], dict[str, str]]:
    """Headers that must be refused, by scheme and what is wrong: each credential of the first way spoilt alone, then pairs of two owners."""
    way = session.model.operations[name].security[0]
    held = {header.lower(): value for header, value in session.credentials(name, role).items()}
    found: dict[tuple[str, str], dict[str, str]] = {}
    for scheme, declared in way.items():
        own = header_of(declared)
        for reason, value in _variants(held.get(own, ""), declared):
            found[scheme, reason] = {**held, own: value}
    if len(way) > 1:
        found |= _pairs(session, name, role, held)
    return found


def _variants(mine: str, declared: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind, _, secret = mine.rpartition(" ")
    if len(secret) < SHORTEST:
        return
    is_basic = kind.lower() == "basic"
    try:
        plain = base64.b64decode(secret, validate=True).decode() if is_basic else secret
    except (binascii.Error, UnicodeDecodeError):
        return
    head, colon, last = plain.rpartition(":") if is_basic else ("", "", plain)
    changes = {"without its last character": last[:-1], "cut to its first half": last[: len(last) // 2], "with a space inside": _spaced(last)}
    if last.swapcase() != last and not UUID.fullmatch(last):
        changes = {"in other case": last.swapcase(), **changes}
    for reason, changed in changes.items():
        text = f"{head}{colon}{changed}"
        yield reason, f"{kind} {base64.b64encode(text.encode()).decode() if is_basic else text}".strip()
    if declared.get("scheme", "").lower() == "bearer" and kind:
        yield "under another scheme", f"Basic {secret}"
    for reason, token in _tokens(secret):
        yield reason, f"{kind} {token}".strip()


def _spaced(text: str) -> str:
    middle = len(text) // 2
    return f"{text[:middle]} {text[middle:]}"


def _tokens(secret: str) -> Iterator[tuple[str, str]]:
    """JSON Web Tokens that a careless verifier accepts: unsigned, signed with an empty key, with other claims under the old signature."""
    parts = secret.split(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except ValueError:
        return
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
        return
    for algorithm in ("none", "None"):
        yield f"unsigned, its algorithm {algorithm!r}", f"{_encoded({**header, 'alg': algorithm})}.{parts[1]}."
    signed = f"{_encoded({**header, 'alg': 'HS256'})}.{parts[1]}"
    yield "signed with an empty key", f"{signed}.{_base64(hmac.new(b'', signed.encode(), hashlib.sha256).digest())}"
    changed = {key: value + 1 if isinstance(value, int) and not isinstance(value, bool) else value for key, value in claims.items()}
    if changed != claims:
        yield "with other claims under the old signature", f"{parts[0]}.{_encoded(changed)}.{parts[2]}"


def _encoded(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _pairs(session: CheckSession, name: str, role: str, held: Mapping[str, str]) -> dict[tuple[str, str], dict[str, str]]:
    """One credential of this role with the others of another; only of roles that share none, and that are accepted themselves.

    A short value, such as the number of a company, says of whom a call speaks and is no secret.
    """
    schemes = session.model.operations[name].security[0]
    refused = {one for declared in schemes.values() for one in declared.get("x-refused-roles", {}).values()}
    own = {scheme: header_of(declared) for scheme, declared in schemes.items()}
    for other in session.api.target.credentials:
        theirs = {header.lower(): value for header, value in session.credentials(name, other).items()}
        if other in (role, *refused) or any(theirs.get(header, "") in ("", held.get(header)) for header in own.values()):
            continue
        if all(len(value.rpartition(" ")[2]) >= SHORTEST for header in own.values() for value in (held.get(header, ""), theirs[header])):
            return {(PAIR, f"{scheme} of one owner, the rest of another"): {**held, header: theirs[header]} for scheme, header in own.items()}
    return {}
