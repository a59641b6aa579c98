"""The page behind the first: a list that is read by page number, and whose answers do not tell how many pages there are.

The run begins with the records that the client creates in the run without faults, behind so many others that they stand on a later page. In a second
run they stand there alone, on the first page. A client that creates them again in the first run, and not in the second, has taken the first page for
the whole list.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from mockserver.explore.ends import Record, read_end
from mockserver.explore.faults import LATER_PAGE, PlacedFault
from mockserver.explore.fields import INSIDE, is_chosen_text, list_fields, write_fields
from mockserver.explore.model import ClientCall, ClientRun
from mockserver.explore.oracles import Accusation
from mockserver.explore.schedules import CalledOperation

USUAL = 100
"""Records that fill a page if neither the client nor the document says how many do."""
MOST = 200
"""Records that are added at most; a list with larger pages is not tried."""
_IDENTITIES = ("id", "key", f"{INSIDE}id", f"{INSIDE}key")


def find_later_pages(baseline: ClientRun, operations: Mapping[str, CalledOperation]) -> Iterator[tuple[str, int]]:
    """The faults ``later-page:TABLE/COUNT``, each with the number of the first call of a list that the client reads before it adds records."""
    for number, call in enumerate(baseline.calls, 1):
        operation = operations.get(call.place.operation)
        if operation is None or call.place.occurrence > 1 or not _reads_pages(call, operation):
            continue
        size = _read_size(call, operation)
        later = [change for after in baseline.calls[number:] for change in after.changes]
        for table in sorted({change["table"] for change in later if _is_added(change)}):
            if size <= MOST and table.partition(".")[0] == call.place.operation.partition(".")[0]:
                yield f"{LATER_PAGE}:{table}/{size}", number


def _reads_pages(call: ClientCall, operation: CalledOperation) -> bool:
    """Whether a call reads a list by page number, and asks for nothing else: a search is answered by what resembles its text."""
    asked = parse_qs(str(call.exchange["query"]), keep_blank_values=True)
    return call.method == "GET" and operation.page_number is not None and set(asked) <= {operation.page_number, operation.page_size}


def _read_size(call: ClientCall, operation: CalledOperation) -> int:
    """How many records fill a page: what the client asks for, else the default of the document."""
    asked = parse_qs(str(call.exchange["query"])).get(operation.page_size or "", [""])[0]
    return int(asked) if asked.isdigit() else operation.page_default or USUAL


def _is_added(change: Mapping[str, Any]) -> bool:
    return change["before"] is None and change["after"] is not None and not change["bookkeeping"]


def list_prepared(baseline: ClientRun, fault: PlacedFault) -> list[dict[str, Any]]:
    """The records with which a run begins: those that stand in front, then those that the client creates. Empty if none can be made.

    Those in front are copies of one that the client creates, with other texts, so that its list shows them.
    """
    table = fault.details["table"]
    own = [_without_identity(change["after"]) for change in baseline.changes if change["table"] == table and _is_added(change)]
    if not own or _rename(own[0], 1) == own[0]:
        return []
    return [*(_rename(own[0], number) for number in range(1, int(fault.details["count"]) + 1)), *own]


def _without_identity(record: Mapping[str, Any]) -> dict[str, Any]:
    return write_fields(record, {name: value for name, value in list_fields(record) if name not in _IDENTITIES})


def _rename(record: Mapping[str, Any], number: int) -> dict[str, Any]:
    return write_fields(record, {name: f"{number} {value}" if _is_name(name, value) else value for name, value in list_fields(record)})


def _is_name(name: str, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and is_chosen_text(name)


def accuse_of_first_page(run: ClientRun, control: ClientRun, baseline: ClientRun, fault: PlacedFault) -> Accusation | None:
    """Whether a client has taken the first page for the whole list. ``control`` is the run in which the records stand on the first page.

    Nothing is held against a client that asks the list for another page, or whose page is empty or shows what is created again. A page that does not
    show it is full, whatever its size: the server has answered it as it is.
    """
    if any(one.exited.code != 0 or one.exited.ended_by is not None for one in (run, control)):
        return None
    table = fault.details["table"]
    again = _read_added(run, table) & _read_added(baseline, table)
    listed = [call for call in run.calls if call.place.operation == run.schedule[0].place.operation]
    if not again or _read_added(control, table) & again or len({call.exchange["query"] for call in listed}) != 1:
        return None
    if not all(_has_items(call.answered) for call in listed) or _shows(listed, run, table):
        return None
    shown = "; ".join(content[:160] for _, _, content in list(again)[:2])
    sentence = f"exit code 0, but records of {table} that are on a later page of the list were created again (duplicated): {shown}"
    extra = [{"table": name, "kind": kind, "content": content} for name, kind, content in again.elements()]
    return Accusation("wrong end", sentence, f"duplicated {table}", {"hint": "duplicated", "extra": extra})


def _read_added(run: ClientRun, table: str) -> Counter[Record]:
    """The records that the calls of a run have added to a table, without what the server drew."""
    own = tuple(change for call in run.calls for change in call.changes if change["table"] == table and _is_added(change))
    return read_end(replace(run, changes=own)).records


def _has_items(answered: Any) -> bool:
    """Whether an answer lists records."""
    values = [answered, *(answered.values() if isinstance(answered, dict) else ())]
    return any(isinstance(value, list) and value for value in values)


def _shows(listed: Iterable[ClientCall], run: ClientRun, table: str) -> bool:
    """Whether answers of the list show a record that the client has created, by its names."""
    text = json.dumps([call.answered for call in listed])
    added = [change["after"] for call in run.calls for change in call.changes if change["table"] == table and _is_added(change)]
    return any(all(json.dumps(value) in text for name, value in list_fields(record) if _is_name(name, value)) for record in added)
