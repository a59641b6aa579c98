"""Join findings of one cause at several places: fields, rows of a test, operations.

An operation that never checks a length is found once for each field, and again at the operation beside it. These findings say the same but for the
names of field and operation, so the first of them stands for all, and lists the places of the others. If the target file accepts the first,
it accepts all places; another that it accepts is not joined.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..checks import DOCUMENTED
from ..checks.refusals import LAW as REFUSED
from .cause import Cause
from .findings_store import FindingsStore

SHOWN = 6
"""Places that a sentence names; the report lists all."""
_NUMBER = re.compile(r"(?<!\d)(?![1-5]\d\d(?!\d))\d+")
"""A number that is no status."""
_ANSWER = re.compile(r"(\bwith |\b[1-5]\d\d )[{\[<].*", re.DOTALL)
"""An answer that a sentence shows, up to its end."""
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"")


def join_places(store: FindingsStore) -> None:
    """Join the causes that differ in their place only; the first in the order of the document stands for all."""
    order = {name: number for number, name in enumerate(store.contract.operations)}
    groups: dict[tuple[str, bool, str, str], list[Cause]] = {}
    for cause in store.causes.values():
        groups.setdefault(_shape(cause, place_of(store, cause), order), []).append(cause)
    for causes in groups.values():
        root, *others = sorted(causes, key=lambda one: (order.get(one.finding.operation, len(order)), one.key))
        if root.deviation is None:
            others = [one for one in others if one.deviation is None]
        if others:
            _join(store, root, others)


def _join(store: FindingsStore, root: Cause, others: list[Cause]) -> None:
    root.places = [(one.finding.operation, place_of(store, one), one.key) for one in (root, *others)]
    for other in others:
        store.absorb(root, other)
    names = [" ".join(filter(None, (operation if operation != root.finding.operation else "", place))) for operation, place, _ in root.places[1:]]
    names = list(dict.fromkeys(filter(None, names)))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    said = f"; likewise at {len(others)} other place{'s' if len(others) > 1 else ''}"
    root.finding = replace(root.finding, sentence=f"{root.finding.sentence.rstrip('.')}{said}{': ' if names else ''}{', '.join(names[:SHOWN])}{more}")


def _shape(cause: Cause, place: str, operations: dict[str, int]) -> tuple[str, bool, str, str]:
    """What a finding says, without the names of its operation and its place, the answer that it shows, numbers and values."""
    found = cause.finding
    said = _ANSWER.sub(r"\1*", found.sentence.replace(f" ({cause.row})", ""))
    words = sorted({*operations, *re.findall(r"\w+", place)}, key=lambda one: (-len(one), one))
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")
    text = pattern.sub("*", said)
    if cause.key.endswith(" content-type"):  # a server that sends its errors as HTML does so with every status
        text = re.sub(r"\banswers \d{3}\b", "answers #", text)
    if found.check != DOCUMENTED:  # there the names of missing members stand in quotes
        text = _VALUE.sub("*", text)
    keyword = pattern.sub("*", cause.key.rpartition(" | ")[2]) if found.pointer else ""
    return found.check, found.assumed, _NUMBER.sub("#", keyword), _NUMBER.sub("#", text)


def place_of(store: FindingsStore, cause: Cause) -> str:
    """The field or the row at which a cause was seen; empty if it concerns the whole operation."""
    place, _, _ = cause.finding.pointer.partition(" ")  # some checks put a keyword behind the pointer
    keyword = cause.key.rpartition(" | ")[2]  # others have the field alone there
    if cause.finding.check == REFUSED and "not refused" not in cause.finding.sentence:  # what is wrong with each error may be wrong with all
        return keyword
    is_field = cause.finding.operation in store.contract.operations and keyword in store.answers.model.fields(cause.finding.operation)
    return cause.row or place.rpartition("/")[2] or (keyword if is_field else "")
