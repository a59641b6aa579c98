"""The pages about records: tables, records and their references, changes by hand, snapshots and their differences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mockserver.console.client import ControlRefused
from mockserver.console.frame import Visit
from mockserver.console.shown import counted, plain
from mockserver.core.base.faults import Malformed
from mockserver.core.operation.bodies import parse_json
from mockserver.openapi.digits import EXACT, read_digits

PAGE = 50
"""Records on one page."""
HOLDERS = 10
"""Records that are shown of those that refer to one, for each field."""
LOOKED_UP = 60
"""Records that are read at most for one page to label the references to them."""
NAMES = ("name", "title", "email", "full_name", "label", "legal_name", "phone", "code", "subject")
"""Fields that label a record, the best first."""
CHANGES = 500
"""Changed records that one comparison shows."""


async def tables(visit: Visit) -> Response:
    apis = (await visit.plane.get("/apis"))["apis"]
    counts = {api["slug"]: (await visit.plane.get(f"/state/{api['slug']}"))["tables"] for api in apis}
    return await visit.page("tables.html", apis=apis, counts=counts)


async def table(visit: Visit) -> Response:
    return await visit.page("table.html", **await _records(visit))


async def table_part(visit: Visit) -> Response:
    return visit.fragment("table_rows.html", **await _records(visit))


async def _records(visit: Visit) -> dict[str, Any]:
    slug, name = visit.named("slug"), visit.named("table")
    known = await visit.plane.get(f"/state/{slug}")
    columns = known["columns"].get(name, [])
    offset = read_digits(visit.asked("offset"), EXACT) or 0
    where = [said for said in visit.request.query_params.getlist("where") if "=" in said]
    listed = await visit.plane.get(
        f"/state/{slug}/{name}",
        where=where,
        text=visit.asked("text"),
        sort=visit.asked("sort"),
        order="" if visit.asked("sort") else "newest",
        offset=offset,
        limit=PAGE,
    )
    labels = await _label(visit, slug, [(column["refers_to"], record[column["name"]]) for column in columns for record in listed["records"]])
    return {"slug": slug, "table": name, "columns": columns, "listed": listed, "counts": known["tables"], "where": where, "labels": labels}


async def _label(visit: Visit, slug: str, references: Sequence[tuple[str | None, Any]]) -> dict[str, str]:
    """What the records that are referred to are called, by ``<table>/<id>``; of a bounded number of them."""
    wanted = dict.fromkeys((table, plain(value)) for table, value in references if table and value is not None)
    found: dict[str, str] = {}
    for table, number in list(wanted)[:LOOKED_UP]:
        try:
            one = await visit.plane.get(f"/state/{slug}/{table}/{quote(number, safe='')}")
        except ControlRefused:
            continue  # it was removed meanwhile
        named = next((one[name] for name in NAMES if isinstance(one.get(name), str) and one[name]), None)
        if named is not None:
            found[f"{table}/{number}"] = named
    return found


async def record(visit: Visit) -> Response:
    return await _record_page(visit)


async def _record_page(visit: Visit, status: int = 200, refused: ControlRefused | None = None) -> Response:
    slug, name, number = visit.named("slug"), visit.named("table"), visit.named("record")
    known = await visit.plane.get(f"/state/{slug}")
    found = await visit.plane.get(f"/state/{slug}/{name}/{number}")
    columns = known["columns"][name]
    return await visit.page(
        "record.html",
        status,
        slug=slug,
        table=name,
        record=found,
        columns=columns,
        labels=await _label(visit, slug, [(column["refers_to"], found[column["name"]]) for column in columns]),
        holders=await _holders(visit, slug, name, found["id"], known["columns"]),
        refused=refused,
        filled=visit.form() if refused is not None else {},
        wrong=_by_field(refused),
    )


async def _holders(visit: Visit, slug: str, name: str, record_id: Any, columns: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """What refers to a record: by table and field the first records, and how many there are."""
    found = []
    for other, fields in columns.items():
        for field in fields:
            if field["refers_to"] == name:
                where = f"{field['name']}={plain(record_id)}"
                listed = await visit.plane.get(f"/state/{slug}/{other}", where=[where], limit=HOLDERS)
                if listed["total"]:
                    found.append({"table": other, "field": field["name"], "where": where, "total": listed["total"], "records": listed["records"]})
    return found


def _by_field(refused: ControlRefused | None) -> dict[str, str]:
    said: dict[str, list[str]] = {}
    for violation in refused.violations if refused else ():
        if "/" in violation["pointer"]:
            said.setdefault(violation["pointer"].split("/")[1], []).append(violation["text"])
    return {name: "; ".join(texts) for name, texts in said.items()}


async def update_record(visit: Visit) -> Response:
    """Change the fields that were filled in otherwise than they are."""
    slug, name, number = visit.named("slug"), visit.named("table"), visit.named("record")
    columns = {column["name"]: column for column in (await visit.plane.get(f"/state/{slug}"))["columns"].get(name, ())}
    found = await visit.plane.get(f"/state/{slug}/{name}/{number}")
    filled = {field: text for field, text in visit.form().items() if field in columns and text != plain(found[field])}
    if not filled:
        return visit.back(f"/console/state/{slug}/{name}/{number}", "Nothing was changed.")
    body = {field: _value(text, columns[field]) for field, text in filled.items()}
    try:
        await visit.plane.call("PATCH", f"/state/{slug}/{name}/{number}", body=body)
    except ControlRefused as refused:
        if refused.status not in (400, 409, 422):
            raise
        return await _record_page(visit, refused.status, refused)
    return visit.back(f"/console/state/{slug}/{name}/{number}", f"Changed: {', '.join(body)}.")


def _value(text: str, column: Mapping[str, Any]) -> Any:
    """A submitted value for a field: text if the field takes text, null if it is empty and may be null, else JSON."""
    if not text and column["nullable"]:
        return None
    if column["text"]:
        return text
    try:
        return parse_json(text.encode())
    except Malformed:
        return text


async def new_record(visit: Visit) -> Response:
    slug, name = visit.named("slug"), visit.named("table")
    listed = await visit.plane.get(f"/state/{slug}/{name}", order="newest", limit=1)
    model = {field: value for field, value in (listed["records"][0] if listed["records"] else {}).items() if field != "id"}
    return await visit.page("record_new.html", slug=slug, table=name, text=json.dumps(model, indent=2, ensure_ascii=False), refused=None)


async def create_record(visit: Visit) -> Response:
    slug, name, text = visit.named("slug"), visit.named("table"), visit.filled("record")
    try:
        made = await visit.plane.call("POST", f"/state/{slug}/{name}", body=parse_json(text.encode()))
    except Malformed as error:
        refused = ControlRefused(400, "Bad Request", f"this cannot be used as a record: {error}")
        return await visit.page("record_new.html", 400, slug=slug, table=name, text=text, refused=refused)
    except ControlRefused as refused:
        return await visit.page("record_new.html", refused.status, slug=slug, table=name, text=text, refused=refused)
    return visit.back(f"/console/state/{slug}/{name}/{made['id']}", "The record is there.")


async def delete_record(visit: Visit) -> Response:
    slug, name, number = visit.named("slug"), visit.named("table"), visit.named("record")
    try:
        await visit.plane.call("DELETE", f"/state/{slug}/{name}/{number}")
    except ControlRefused as refused:
        return visit.back(f"/console/state/{slug}/{name}/{number}", str(refused), wrong=True)
    return visit.back(f"/console/state/{slug}/{name}", f"{name} {number} is removed.")


# Snapshots


async def snapshots(visit: Visit) -> Response:
    await visit.plane.get("/clock")
    kept = (await visit.plane.get("/snapshots"))["snapshots"]
    scenarios = (await visit.plane.get("/scenarios"))["scenarios"]
    diff = await visit.plane.get("/diff", before=visit.asked("before"), after=visit.asked("after"))
    shown = diff["changes"][:CHANGES]
    return await visit.page("snapshots.html", snapshots=kept, scenarios=scenarios, diff=diff, shown=shown)


async def save_snapshot(visit: Visit) -> Response:
    name = visit.filled("name").strip()
    try:
        saved = await visit.plane.call("PUT", f"/snapshots/{name}")
    except ControlRefused as refused:
        said = str(refused) if name else "A snapshot needs a name."
        return visit.back("/console/snapshots", said, wrong=True)
    return visit.back("/console/snapshots", f"The snapshot {name} keeps {counted(saved['records'], 'record')}.", before=name)


async def restore_snapshot(visit: Visit) -> Response:
    name = visit.named("name")
    await visit.plane.call("POST", f"/snapshots/{name}/restore")
    return visit.back("/console/snapshots", f"The world is as it was in the snapshot {name}.", before=name)


async def delete_snapshot(visit: Visit) -> Response:
    name = visit.named("name")
    await visit.plane.call("DELETE", f"/snapshots/{name}")
    return visit.back("/console/snapshots", f"The snapshot {name} is forgotten.")


async def start_scenario(visit: Visit) -> Response:
    body = {"name": visit.world, "anew": True, "from": {"scenario": visit.filled("scenario")}}
    try:
        await visit.plane.call("POST", "/worlds", body=body)
    except ControlRefused as refused:
        return visit.back("/console/snapshots", str(refused), wrong=True)
    return visit.back("/console/snapshots", f"The world {visit.world} starts from {visit.filled('scenario')} now.")
