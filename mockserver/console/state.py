"""The pages about records: tables, records and their references, changes by hand, snapshots and their differences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from mockserver.console.client import ControlRefused
from mockserver.console.forms import ABSENT, FieldGroup, by_field, make_form, read_form
from mockserver.console.frame import Visit
from mockserver.console.shown import counted, in_path, plain
from mockserver.core.base.faults import Malformed
from mockserver.core.operation.bodies import parse_json
from mockserver.openapi.digits import EXACT, read_digits

Columns = Mapping[str, Sequence[Mapping[str, Any]]]
"""The columns of every table of a vendor, as the control plane describes them."""

PAGE = 50
"""Records on one page."""
HOLDERS = 10
"""Records that are shown of those that refer to one, for each field."""
LOOKED_UP = 60
"""Records that are read at most for one page to label the references to them."""
NAMES = ("name", "title", "email", "full_name", "label", "legal_name", "phone", "code", "subject")
"""Fields that label a record, the best first."""
CANDIDATES = 40
"""Records that a field offers, of those to which it may refer."""
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
    references = [(column["refers_to"], record[column["name"]]) for column in columns for record in listed["records"]]
    labels = await _label(visit, slug, references, known["columns"])
    return {"slug": slug, "table": name, "columns": columns, "listed": listed, "counts": known["tables"], "where": where, "labels": labels}


async def _label(visit: Visit, slug: str, references: Sequence[tuple[str | None, Any]], columns: Columns) -> dict[str, str]:
    """What the records that are referred to are called, by ``<table>/<id>``; of a bounded number of them.

    The records of a served document are referred to by their key.
    """
    wanted = dict.fromkeys((table, plain(value)) for table, value in references if table and value is not None)
    found: dict[str, str] = {}
    for table, number in list(wanted)[:LOOKED_UP]:
        try:
            if _by_key(columns, table):
                listed = (await visit.plane.get(f"/state/{slug}/{table}", where=[f"key={number}"], limit=1))["records"]
                one: Mapping[str, Any] = listed[0] if listed else {}
            else:
                one = await visit.plane.get(f"/state/{slug}/{table}/{in_path(number)}")
        except ControlRefused:
            continue  # it was removed meanwhile
        named = _name(one)
        if named:
            found[f"{table}/{number}"] = named
    return found


def _by_key(columns: Columns, table: str) -> bool:
    """Whether the records of a table have members, so that others refer to them by key."""
    return any(column["members"] is not None for column in columns.get(table, ()))


def _name(record: Mapping[str, Any]) -> str:
    """What a record is called; empty if no field says it."""
    content = record.get("data") if isinstance(record.get("data"), dict) else record
    return next((content[name] for name in NAMES if isinstance(content.get(name), str) and content[name]), "") if content else ""


async def _list_candidates(visit: Visit, slug: str, form: Sequence[FieldGroup], columns: Columns) -> dict[str, list[tuple[str, str]]]:
    """The newest records to which the fields of a form may refer, by table: what stands for each, and its name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in (one for group in form for one in group.fields if one.kind == "line"):
        table = one.column["refers_to"]
        if table and table not in found:
            listed = (await visit.plane.get(f"/state/{slug}/{table}", order="newest", limit=CANDIDATES))["records"]
            found[table] = [(plain(record["key" if _by_key(columns, table) else "id"]), _name(record)) for record in listed]
    return found


async def record(visit: Visit) -> Response:
    return await _record_page(visit)


async def _record_page(visit: Visit, status: int = 200, refused: ControlRefused | None = None) -> Response:
    slug, name, number = visit.named("slug"), visit.named("table"), visit.named("record")
    known = (await visit.plane.get(f"/state/{slug}"))["columns"]
    found = await visit.plane.get(f"/state/{slug}/{name}/{in_path(number)}")
    wrong = by_field(refused.violations if refused else (), known[name])
    form = make_form(known[name], found, visit.form() if refused else {}, wrong, is_new=False)
    return await visit.page(
        "record.html",
        status,
        slug=slug,
        table=name,
        record=found,
        called=_name(found),
        form=form,
        labels=await _label(visit, slug, _references(form), known),
        candidates=await _list_candidates(visit, slug, form, known),
        keyed=[table for table in known if _by_key(known, table)],
        holders=await _holders(visit, slug, name, found["id"], known),
        refused=refused,
    )


def _references(form: Sequence[FieldGroup]) -> list[tuple[str | None, Any]]:
    return [(one.column["refers_to"], None if one.value is ABSENT else one.value) for group in form for one in group.fields]


async def _holders(visit: Visit, slug: str, name: str, record_id: Any, columns: Columns) -> list[dict[str, Any]]:
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


async def update_record(visit: Visit) -> Response:
    """Change the fields that were filled in otherwise than they are."""
    slug, name, number = visit.named("slug"), visit.named("table"), in_path(visit.named("record"))
    columns = (await visit.plane.get(f"/state/{slug}"))["columns"].get(name, ())
    found = await visit.plane.get(f"/state/{slug}/{name}/{number}")
    body = read_form(columns, visit.form(), found)
    here = f"/console/state/{slug}/{name}/{number}"
    if not body:
        return visit.back(here, "Nothing was changed.")
    try:
        await visit.plane.call("PATCH", f"/state/{slug}/{name}/{number}", body=body)
    except ControlRefused as refused:
        if refused.status not in (400, 409, 422):
            raise
        return await _record_page(visit, refused.status, refused)
    return visit.back(here, f"Changed: {', '.join(body)}.")


async def new_record(visit: Visit) -> Response:
    return await _new_page(visit)


async def _new_page(visit: Visit, status: int = 200, refused: ControlRefused | None = None) -> Response:
    """The form of a new record, filled in as the newest one is, or as it was refused."""
    slug, name = visit.named("slug"), visit.named("table")
    known = (await visit.plane.get(f"/state/{slug}"))["columns"]
    if name not in known:
        raise ControlRefused(404, "Not Found", f"{slug} has no table {name}; there are {', '.join(known)}")
    listed = (await visit.plane.get(f"/state/{slug}/{name}", order="newest", limit=1))["records"]
    model = _make_model(known[name], listed[0] if listed else {})
    form = make_form(known[name], model, visit.form() if refused else {}, by_field(refused.violations if refused else (), known[name]), is_new=True)
    return await visit.page(
        "record_new.html",
        status,
        slug=slug,
        table=name,
        form=form,
        labels={},
        candidates=await _list_candidates(visit, slug, form, known),
        keyed=[table for table in known if _by_key(known, table)],
        has_model=bool(listed),
        text=visit.filled("record") or json.dumps(model, indent=2, ensure_ascii=False),
        is_json=bool(visit.filled("record")),
        refused=refused,
    )


def _make_model(columns: Sequence[Mapping[str, Any]], newest: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record without those that make it that one: ids and keys are drawn anew."""
    model = {
        column["name"]: newest[column["name"]] for column in columns if column["name"] in newest and column["name"] not in ("id", "key", "scope")
    }
    for column in columns:
        within = model.get(column["name"])
        if column["members"] is not None and isinstance(within, dict) and column["given"] == "always":
            fixed = {member["name"] for member in column["members"] if member["given"] != "always"}
            model[column["name"]] = {name: value for name, value in within.items() if name not in fixed}
    return model


async def create_record(visit: Visit) -> Response:
    """Add a record of the fields of the form, or of the JSON that was written instead."""
    slug, name, text = visit.named("slug"), visit.named("table"), visit.filled("record")
    columns = (await visit.plane.get(f"/state/{slug}"))["columns"].get(name, ())
    try:
        body = parse_json(text.encode()) if text else read_form(columns, visit.form(), None)
        made = await visit.plane.call("POST", f"/state/{slug}/{name}", body=body)
    except Malformed as error:
        return await _new_page(visit, 400, ControlRefused(400, "Bad Request", f"this cannot be used as a record: {error}"))
    except ControlRefused as refused:
        return await _new_page(visit, refused.status, refused)
    return visit.back(f"/console/state/{slug}/{name}/{in_path(made['id'])}", "The record is there.")


async def delete_record(visit: Visit) -> Response:
    slug, name, number = visit.named("slug"), visit.named("table"), in_path(visit.named("record"))
    try:
        await visit.plane.call("DELETE", f"/state/{slug}/{name}/{number}")
    except ControlRefused as refused:
        return visit.back(f"/console/state/{slug}/{name}/{number}", str(refused), wrong=True)
    return visit.back(f"/console/state/{slug}/{name}", f"{name} {visit.named('record')} is removed.")


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
