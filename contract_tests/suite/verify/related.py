"""Join findings of different checks that show one defect: the same rule is broken, the same field is wrong, or the same refusal came."""

from __future__ import annotations

import re

from ..checks import DOCUMENTED
from ..checks.refusals import LAW as REFUSED
from ..harness.findings import Exchange
from .cause import Cause
from .clauses import CLAUSE
from .findings_store import FindingsStore
from .places import place_of
from .severity import rank_of

FAILURE = 500
"""From this status on, an answer is a failure of the server, whatever it says."""
OF_CLIENT = ("accept", "accept-encoding", "connection", "content-length", "host", "user-agent")
"""Headers that do not change what a call means."""


def join_related(store: FindingsStore) -> None:
    """Join each finding to the first, in the order of the report, that shows the same defect. What the target file accepts is never joined."""
    roots: list[Cause] = []
    for cause in sorted(store.causes.values(), key=lambda one: _order(store, one)):
        if cause.deviation is not None or cause.finding.assumed:
            continue
        root = next((one for one in roots if _show_one_defect(store, one, cause)), None)
        if root is None:
            roots.append(cause)
        else:
            store.absorb(root, cause)


def _order(store: FindingsStore, cause: Cause) -> tuple[int, int, str, str, str]:
    """The order of the report; but of refused calls, a contract test comes first, because its name says what is not done."""
    refused = _refusal(store, cause) is not None
    return (0, 0, *_names(cause)) if refused and cause.finding.check == CLAUSE else (int(refused), rank_of(cause), *_names(cause))


def _names(cause: Cause) -> tuple[str, str, str]:
    return cause.finding.operation, cause.finding.check, cause.key


def _show_one_defect(store: FindingsStore, root: Cause, other: Cause) -> bool:
    if _refusal(store, root) is not None and _refusal(store, root) == _refusal(store, other):
        return True
    said = ((_missing(root), _missing(other)), (_read_after(root), _read_after(other)), (_rows(root), _rows(other)))
    if not _called(root).isdisjoint(_called(other)) and any(not one.isdisjoint(another) for one, another in said):
        return True
    # One check tells its findings apart by itself.
    return root.finding.check != other.finding.check and _are_about_one_thing(store, root, other)


def _are_about_one_thing(store: FindingsStore, root: Cause, other: Cause) -> bool:
    """Whether two checks have judged the same answer, field or rule."""
    first, second = root.finding, other.finding
    if CLAUSE in (first.check, second.check) and _last_request(root) is not None and _last_request(root) == _last_request(other):
        return True
    fields, others = _fields(store, root), _fields(store, other)
    if DOCUMENTED in (first.check, second.check):
        return not fields.isdisjoint(others) and not _called(root).isdisjoint(_called(other))
    return first.clause is not None and first.clause == second.clause and not (fields and others and fields.isdisjoint(others))


def _refusal(store: FindingsStore, cause: Cause) -> tuple[str, int, bytes] | None:
    """The operation and the answer of the last call, if it was refused or failed; None if it was not."""
    last: Exchange | None = next(reversed(cause.finding.exchanges), None)
    if last is None or last.operation != cause.finding.operation or not store.answers.is_refusal(last):
        return None
    return last.operation, last.status, b"" if last.status >= FAILURE else last.response_body


def _rows(cause: Cause) -> set[str]:
    """The documented errors that a finding is about: a check has them as keyword or as expected, a contract test in its row or its text."""
    if cause.finding.check == CLAUSE:
        return {*cause.row.split("-"), *re.findall(r"\bas its row (\w+) says", cause.finding.sentence)} - {""}
    expected = cause.finding.expected
    return {cause.key.rpartition(" | ")[2] if cause.finding.check == REFUSED else "", expected if isinstance(expected, str) else ""} - {""}


def _read_after(cause: Cause) -> set[str]:
    """What was read after the call, as formulas name it."""
    return set(re.findall(r"\bafter\.(\w+)", cause.key.rpartition(" | ")[2]))


def _last_request(cause: Cause) -> tuple[str, str, bytes, dict[str, str]] | None:
    """The last call, if it is one of the operation of the finding: a contract test and a check that end with it have judged the same answer."""
    last: Exchange | None = next(reversed(cause.finding.exchanges), None)
    if last is None or last.operation != cause.finding.operation:
        return None
    headers = {name.lower(): value for name, value in last.request_headers.items() if name.lower() not in OF_CLIENT}
    return last.method, last.url, last.request_body, headers


def _missing(cause: Cause) -> set[str]:
    """Members that an answer lacks, as sentences name them."""
    return set(re.findall(r'"(\w+)" is (?:missing|a required property)', cause.finding.sentence))


def _called(cause: Cause) -> set[str | None]:
    """The operation of a finding, and that of its last call, which may be the read that shows what is wrong."""
    return {cause.finding.operation, *(one.operation for one in cause.finding.exchanges[-1:])}


def _fields(store: FindingsStore, cause: Cause) -> set[str]:
    """The fields that a finding names: in its place, or in a formula about the answer."""
    place = place_of(store, cause) if not cause.row else ""
    named = re.findall(r"\banswer\.(?:\w+\.)*(\w+)", cause.key.rpartition(" | ")[2])
    return {one for one in (place, *named) if one and not one.isdigit()}
