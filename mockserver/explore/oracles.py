"""Judges one run by the baseline. Each oracle returns what it holds against the client, or None."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.explore.baseline import Baseline
from mockserver.explore.ends import End, Line, Record, read_end, without_digits
from mockserver.explore.faults import PlacedFault
from mockserver.explore.model import ClientCall, ClientRun
from mockserver.explore.others import find_lost, take_out
from mockserver.explore.traces import find_trace

STORM = 25
"""Calls more than the baseline makes from which a run is a retry storm."""
_GROUPS = {"false success": "lost"}
"""Hints that have one cause: how much is missing depends on how long the fault lasts."""
OFF_CONTRACT = ("invalid", "malformed")
"""Kinds of refusal whose request breaks the document."""


@dataclass(frozen=True, slots=True)
class Accusation:
    """What an oracle holds against a run. ``mark`` is what distinguishes its cause from others of the same oracle."""

    oracle: str
    sentence: str
    mark: str
    difference: Mapping[str, Any] = field(default_factory=dict)


def judge(
    run: ClientRun, baseline: Baseline, faults: Iterable[PlacedFault], *, without: frozenset[str], ignored: frozenset[tuple[str, str]]
) -> Accusation | None:
    """The first accusation of a run, the gravest oracle first; None if the client has done nothing wrong.

    If an answer of the schedule was not true, no end is judged, because no client can know better.
    """
    faults = tuple(faults)
    is_true = all(fault.is_true for fault in faults)
    is_untold = any(fault.jump or fault.event == "other" for fault in faults)  # then a correct client may well print something else
    lost = find_lost(run, faults)
    run = take_out(run, faults)
    oracles: tuple[tuple[str, Callable[[], Accusation | None]], ...] = (
        ("hung", lambda: _find_hang(run)),
        ("retry storm", lambda: _find_storm(run, baseline)),
        ("expectation", lambda: _find_unmet(run)),
        ("crashed", lambda: _find_crash(run, baseline)),
        ("wrong end", lambda: _find_overwritten(run, lost)),
        ("wrong end", lambda: _find_wrong_end(run, baseline, ignored, has_lines=not is_untold) if is_true else None),
        ("unclean failure", lambda: _find_unclean(run, baseline, ignored) if is_true else None),
        ("off contract", lambda: _find_off_contract(run, baseline)),
    )
    for name, oracle in oracles:
        found = None if name in without else oracle()
        if found is not None:
            return found
    return None


def _find_hang(run: ClientRun) -> Accusation | None:
    if run.exited.ended_by != "hang":
        return None
    last = str(run.calls[-1].place) if run.calls else "no call"
    return Accusation(
        "hung", f"the command did not end: {run.exited.seconds:.0f} s after its start it made no progress; its last call is {last}", "hang"
    )


def _find_storm(run: ClientRun, baseline: Baseline) -> Accusation | None:
    usual = len(baseline.run.calls)
    if len(run.calls) <= usual + STORM:
        return None
    operation = Counter(call.place.operation for call in run.calls).most_common(1)[0][0]
    made = f"at least {len(run.calls)}" if run.exited.ended_by == "storm" else str(len(run.calls))
    return Accusation("retry storm", f"the client made {made} calls where {usual} are enough, most of them to {operation}", operation)


def _find_unmet(run: ClientRun) -> Accusation | None:
    if not run.unmet:
        return None
    return Accusation("expectation", f"what was expected does not hold: {'; '.join(run.unmet)}", "; ".join(run.unmet), {"unmet": list(run.unmet)})


def _find_crash(run: ClientRun, baseline: Baseline) -> Accusation | None:
    code = run.exited.code
    if run.exited.ended_by is not None or code == 0:
        return None
    if code < 0:
        return Accusation("crashed", f"the command was ended by signal {-code}", f"signal {-code}")
    trace = find_trace(run.exited.stderr)
    if trace is not None:
        return Accusation("crashed", f"the command ended with a stack trace: {trace.text}", trace.mark)
    usual = read_end(baseline.run).lines
    said = [line for line in read_end(run).lines if not any(line.is_like(known) for known in usual)]
    if not run.exited.stderr.strip() and not said:
        return Accusation("crashed", f"the command ended with exit code {code} and no message at all", "no message")
    return None


def _find_overwritten(run: ClientRun, lost: str) -> Accusation | None:
    if run.exited.code != 0 or run.exited.ended_by is not None or not lost:
        return None
    return Accusation(
        "wrong end", f"exit code 0, but what another user has changed meanwhile is gone (lost): {lost}", f"lost {lost}", {"hint": "lost"}
    )


def _find_wrong_end(run: ClientRun, baseline: Baseline, ignored: frozenset[tuple[str, str]], *, has_lines: bool) -> Accusation | None:
    if run.exited.code != 0 or run.exited.ended_by is not None:
        return None
    end, usual = read_end(run, ignored=ignored), read_end(baseline.run, ignored=ignored)
    missing, extra = usual.records - end.records, end.records - usual.records
    if missing or extra:
        hint = _name_hint(missing, extra, end, usual)
        tables = ", ".join(sorted({table for table, _, _ in (*missing, *extra)}))
        sentence = f"exit code 0, but the end is not that of a run without faults ({hint}): {_describe(missing, extra)}"
        return Accusation("wrong end", sentence, f"{_GROUPS.get(hint, hint)} {tables}", {"hint": hint, **_show(missing, extra)})
    lost, sent = usual.messages - end.messages, end.messages - usual.messages
    if lost or sent:
        hint = "lost" if not sent else "duplicated" if not lost and all(message in usual.messages for message in sent) else "corrupted"
        sentence = f"exit code 0, but the messages are not those of a run without faults ({hint}): {len(lost)} are missing, {len(sent)} are too many"
        return Accusation(
            "wrong end",
            sentence,
            f"{hint} messages",
            {"hint": hint, "missing_messages": list(lost.elements()), "extra_messages": list(sent.elements())},
        )
    return _compare_lines(end, usual, baseline) if has_lines else None


def _name_hint(missing: Counter[Record], extra: Counter[Record], end: End, usual: End) -> str:
    if extra and not missing and all(record in usual.records for record in extra):
        return "duplicated"
    if missing and not extra:
        return "lost" if end.records else "false success"
    return "corrupted"


def _compare_lines(end: End, usual: End, baseline: Baseline) -> Accusation | None:
    """Compare standard output: lines of the baseline have to be there in their order, and none of them more often. Other lines may be added."""
    if not baseline.has_stable_numbers:
        end, usual = without_digits(end), without_digits(usual)
    left = list(end.lines)
    missing = []
    position = 0
    for line in usual.lines:
        found = next((index for index in range(position, len(left)) if left[index].is_like(line)), None)
        if found is None:
            missing.append(line.text)
        else:
            del left[found]
            position = found
    again = [line.text for line in left if _is_among(line, usual.lines)]
    if not missing and not again:
        return None
    hint = "duplicated" if again and not missing else "lost" if len(end.lines) < len(usual.lines) else "corrupted"
    shown = f"{missing[0]!r} is missing" if missing else f"{again[0]!r} is printed again"
    difference = {
        "hint": hint,
        "missing_lines": missing,
        "repeated_lines": again,
        "added_lines": [line.text for line in left if line.text not in again],
    }
    return Accusation(
        "wrong end", f"exit code 0, but standard output is not that of a run without faults ({hint}): {shown}", f"{hint} output", difference
    )


def _is_among(line: Line, lines: Iterable[Line]) -> bool:
    return any(line.is_like(known) for known in lines)


def _find_unclean(run: ClientRun, baseline: Baseline, ignored: frozenset[tuple[str, str]]) -> Accusation | None:
    if run.exited.code == 0 or run.exited.ended_by == "stop":
        return None
    end = read_end(run, ignored=ignored)
    if any(end.records == state for state in baseline.states):
        return None
    usual = read_end(baseline.run, ignored=ignored)
    twice = Counter({record: count for record, count in (end.records - usual.records).items() if record in usual.records})
    if _has_made_good(run, baseline) and not twice:
        return None
    nearest = min(baseline.states, key=lambda state: sum((state - end.records).values()) + sum((end.records - state).values()))
    missing, extra = nearest - end.records, end.records - nearest
    hint = "duplicated" if twice else "left over"
    tables = ", ".join(sorted({table for table, _, _ in (*missing, *extra)}))
    sentence = (
        f"the command failed, and what it left is no state through which a run without faults passes ({hint}): {_describe(twice or missing, extra)}"
        if not twice
        else f"the command failed, and left more than a run without faults makes (duplicated): {_describe(Counter(), twice)}"
    )
    return Accusation("unclean failure", sentence, f"{hint} {tables}", {"hint": hint, **_show(missing, extra)})


def _has_made_good(run: ClientRun, baseline: Baseline) -> bool:
    """Whether the client has written by operations that the baseline does not call: it undoes what it did, in a way that cannot be judged here."""
    usual = {call.place.operation for call in baseline.run.calls}
    return any(call.has_written and call.place.operation not in usual for call in run.calls)


def _find_off_contract(run: ClientRun, baseline: Baseline) -> Accusation | None:
    known = {(call.place.operation, call.exchange["status"]) for call in baseline.run.calls if _breaks(call)}
    after = False
    for call in run.calls:
        if after and not call.is_injected and _breaks(call) and (call.place.operation, call.exchange["status"]) not in known:
            shown = f"{call.method} {call.exchange['path']}"
            sentence = f"after the fault the client made a call that breaks the document: {shown}, answered {call.exchange['status']}"
            return Accusation("off contract", sentence, call.place.operation, {"call": shown, "sent": call.sent})
        after = after or call.is_injected
    return None


def _breaks(call: ClientCall) -> bool:
    exchange = call.exchange
    if exchange["operation"] is None:
        return exchange["api"] is not None
    return bool(exchange["findings"]) and exchange["fault"] in OFF_CONTRACT


def _describe(missing: Counter[Record], extra: Counter[Record]) -> str:
    parts = []
    for verb, records in (("is missing", missing), ("is too many", extra)):
        for (table, kind, content), count in list(records.items())[:2]:
            times = f"{count} times " if count > 1 else ""
            parts.append(f"{times}{kind} in {table} {verb}: {content[:160]}")
    return "; ".join(parts)


def _show(missing: Counter[Record], extra: Counter[Record]) -> dict[str, Any]:
    return {"missing": list(map(_as_data, missing.elements())), "extra": list(map(_as_data, extra.elements()))}


def _as_data(record: Record) -> dict[str, str]:
    table, kind, content = record
    return {"table": table, "kind": kind, "content": re.sub(r"\s+", " ", content)}
