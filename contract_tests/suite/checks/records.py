"""Resources: a written record is read back, listed once, changed in the sent fields only, and gone after deletion."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockserver.openapi.readings import ANY

from ..harness import LONGEST
from ..harness.envelope import Answer, at, records
from ..harness.findings import Verdict
from ..harness.sameness import number, same, shows
from .pages import every_page
from .run import Run
from .session import CheckSession, NotExercised, guarded

WRITTEN = "what was written is read back"
LISTED = "what was created is listed once"
ALONE = "a creation changes nothing else"
CHANGED = "a change changes just what it says"
KEPT = "a change leaves the others alone"
GONE = "what was deleted is gone and unlisted"
DIFFERENT = "two creations make two records"
_DELETED = re.compile(r"(is_?)?(deleted|archived|cancell?ed|removed|inactive)(_?at|_?on)?", re.IGNORECASE)
KEEPS = "keeps"
"""Name of the rule: a change keeps the fields that it does not send. If an accepted reading lifts the rule, the checks send every field."""


@dataclass
class Made:
    """A record that a check has created: the request, its identifiers, its representation."""

    sent: dict[str, Any]
    answer: Answer
    listed: dict[str, Any] | None = None
    before: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    after: list[dict[str, Any]] = dataclasses.field(default_factory=list)


class Resource:
    def __init__(self, session: CheckSession, name: str) -> None:
        self.session = session
        self.name = name
        self.spec: Mapping[str, Any] = session.model.resources[name]
        shown = self.spec.get("fields", {})
        self.fields: dict[str, str] = {one: one for one in shown} if isinstance(shown, list) else dict(shown)
        self.identity: str = self.spec.get("identity", "id")
        self.is_within: bool = self.spec.get("within", False)
        """Whether records are compared in their fields only, and may show more than was sent."""

    def part(self, name: str) -> Mapping[str, Any]:
        """A part of the declaration, such as ``create``, as a recipe that names its operation under ``call``."""
        found = self.spec.get(name)
        return {"call": found} if isinstance(found, str) else found or {}

    def clause(self, name: str) -> str | None:
        found: str | None = self.part(name).get("clause") or self.spec.get("clauses", {}).get(name)
        return found

    def list(self, role: str = "") -> list[dict[str, Any]]:
        """The items of the list, None if the list is refused."""
        part = self.part("list")
        if not part:
            return []
        pages = [*every_page(self.session, part["call"], part, role=role)]
        if self.is_within:
            self._check_complete(part, pages)
        found = [record for page in pages if not page.is_refusal for record in records(page.body, part.get("at", ""), part.get("children"))]
        return [record[part["each"]] for record in found] if "each" in part else found

    def _check_complete(self, part: Mapping[str, Any], pages: Sequence[Answer]) -> None:
        """Raise NotExercised if a list is refused, or may have more records than its pages show."""
        refused = next((one for one in pages if one.is_refusal), None)
        if refused is not None:
            raise NotExercised(f"{part['call']} was refused: {refused}")
        most = part.get("below", LONGEST * len(pages))
        if len(records(pages[-1].body, part.get("at", ""))) >= most or len(pages) >= LONGEST:
            raise NotExercised(f"{part['call']} may have more records than it shows, and the document does not say how they are asked for")

    def create(self, *, full: bool = True, send: Mapping[str, Any] | None = None) -> Made:
        """Create a record with fresh values. Raises NotExercised if it is refused."""
        part = self.part("create")
        self.session.steps(self.spec.get("after", ()))
        before = self.list()
        answer = self.session.call(part["call"], {**part, "send": {**part.get("send", {}), **(send or {})}}, full=full)
        if answer.is_refusal:
            raise NotExercised(f"{part['call']} was refused: {answer}")
        made = Made(dict(answer.sent), answer, before=before)
        self.session.scope |= {"sent": made.sent, "answer": answer.body}
        made.after = self.list()
        known = [record.get(self.identity) for record in before]
        new = [record for record in made.after if record.get(self.identity) not in known]
        made.listed = next((record for record in new if not self.differences(made.sent, record)), new[0] if new else None)
        self._keep_key(part, made)
        if made.listed is not None:
            self.session.scope["record"] = made.listed
        self.session.steps(self.spec.get("find", ()))
        return made

    def _keep_key(self, part: Mapping[str, Any], made: Made) -> None:
        """Keep the key of a new record, by its answer or else by the list, and find the record in the list by it."""
        for name, pointer in part.get("keep", {}).items():
            key = at(made.answer.body, pointer)
            self.session.scope[name] = key
            made.listed = next((one for one in made.after if same(one.get(self.identity), key)), None) if key is not None else made.listed
        if "key" in self.spec and self.session.scope.get(self.spec["key"]) is None:
            if made.listed is None:
                raise NotExercised(f"neither the answer to {part['call']} nor a list shows the key of the new record")
            self.session.scope[self.spec["key"]] = made.listed.get(self.identity)

    def read(self, role: str = "") -> tuple[Answer | None, dict[str, Any] | None]:
        part = self.part("read")
        if not part:
            return None, None
        answer = self.session.call(part["call"], part, role=role)
        found = [] if answer.is_refusal else records(answer.body, part.get("at", ""))
        return answer, found[0] if found else None

    def shown(self, made: Made) -> dict[str, Any] | None:
        """The record by its read, or else by the list."""
        if self.part("read"):
            return self.read()[1]
        known = (made.listed or {}).get(self.identity)
        return next((record for record in self.list() if same(record.get(self.identity), known)), None)

    def differences(self, sent: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """Fields that are shown otherwise than sent: sent and shown, by the name under which they are shown."""
        return {
            place: (sent[name], shown[place])
            for name, place in self.fields.items()
            if name in sent and place in shown and place not in self._free and self.can_show(place, sent[name])
            if not self.keeps(name, sent[name], shown[place])
        }

    def can_show(self, place: str, value: Any) -> bool:
        """Whether the schema of a record allows a value that the schema of a request allows."""
        schemas = self.spec.get("shown", {})
        return place not in schemas or self.session.model.fits(schemas[place], value)

    @cached_property
    def _free(self) -> set[str]:
        """Fields of a record that an accepted reading does not judge."""
        readings = self.session.model.readings
        return {field for call in calls(self.spec) for field, kinds in readings.kinds(call).items() if ANY in kinds}

    def keeps(self, name: str, sent: Any, shown: Any) -> bool:
        """Whether a field is shown as it was sent, or in another form in which it may be kept."""
        return any(same(wanted, shown) or (self.is_within and shows(wanted, shown)) for wanted in self.stored(name, sent))

    def plain(self, items: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
        """Records without what may change by itself: what the list declares, or all but key and fields."""
        if self.is_within:
            kept = {self.identity, *self.fields.values()}
            return [{name: value for name, value in item.items() if name in kept} for item in items]
        loose = self.part("list").get("changes", ())
        return [{name: value for name, value in item.items() if name not in loose} for item in items]

    def stored(self, name: str, sent: Any) -> Sequence[Any]:
        """What may be shown of a field that was sent. At a target that is judged strictly it is the first form."""
        if name in self.spec.get("as-number", ()):
            return [number(sent)]
        forms = self.spec.get("stored", {}).get(name, "{}")
        allowed = [forms] if isinstance(forms, str) else forms[:1] if self.session.model.strict else forms
        return [sent if form == "{}" else form.replace("{}", str(sent)) for form in allowed]


def check(run: Run) -> Iterator[Verdict]:
    """Each resource: created twice, with every optional field and with none, then changed field by field, then deleted."""
    for name, spec in run.model.resources.items():
        if not run.wants(*calls(spec)):
            continue
        if "create" in spec:
            for full in (True,) if run.is_quick else (True, False):
                yield from guarded(WRITTEN, name, _created(Resource(run.session(f"record {name} {full}"), name), full=full))
        if "change" in spec:
            yield from guarded(CHANGED, name, _changed(run, name))
        if "delete" in spec:
            yield from guarded(GONE, name, _deleted(Resource(run.session(f"delete {name}"), name)))


def calls(spec: Mapping[str, Any]) -> list[str]:
    parts = [spec[part] for part in ("create", "read", "list", "change", "delete") if part in spec]
    return [part if isinstance(part, str) else part["call"] for part in parts]


def _created(resource: Resource, *, full: bool) -> Iterator[Verdict]:
    session, creation = resource.session, resource.part("create")["call"]
    session.ask(resource.part("create"))
    made = resource.create(full=full)
    listing = resource.part("list")
    if listing:
        known = [record.get(resource.identity) for record in made.before]
        new = [record for record in made.after if record.get(resource.identity) not in known]
        if len(new) != 1:
            text = f"{creation}: the list {listing['call']} shows {len(new)} new records, where one was created"
            yield session.broken(LISTED, creation, text, clause=resource.clause("list") or resource.clause("create"), expected=1, got=len(new))
        else:
            yield session.held(LISTED, creation)
        others = [record for record in made.after if record not in new]
        if not same(resource.plain(others), resource.plain(made.before)) and len(new) == 1:
            yield session.broken(ALONE, creation, f"{creation} changed other records too", clause=resource.clause("create"))
        else:
            yield session.held(ALONE, creation)
    views: list[tuple[str, dict[str, Any], str]] = [(listing.get("call", ""), made.listed, "list")] if made.listed else []
    if resource.part("read"):
        session.ask(resource.part("read"))
        answer, shown = resource.read()
        if shown is None:
            text = f"{creation}: what was created cannot be read by {resource.part('read')['call']}"
            yield session.broken(WRITTEN, creation, text, clause=resource.clause("read") or resource.clause("create"), got=str(answer))
        else:
            views.append((resource.part("read")["call"], shown, "read"))
    if resource.spec.get("echo") is not None:
        views += [(creation, record, "create") for record in records(made.answer.body, resource.spec["echo"])]
    yield from _written(resource, made, views)
    if resource.is_within:
        yield from _different(resource)


def _written(resource: Resource, made: Made, views: Sequence[tuple[str, dict[str, Any], str]]) -> Iterator[Verdict]:
    """Whether each view of a new record shows what was sent, and what a new record starts with."""
    session, creation = resource.session, resource.part("create")["call"]
    wrong = False
    for call, part, place, sent, got in misread(resource, made.sent, views):
        wrong = True
        text = f"{creation}: {place} is shown by {call} otherwise than it was sent"
        clause = resource.clause(part) or resource.clause("create")
        yield session.broken(WRITTEN, creation, text, clause=clause, pointer=place, expected=sent, got=got)
    for _, view, _ in views:
        for place, start in resource.spec.get("starts", {}).items():
            wanted = session.value(start)
            if session.model.readings.is_open(creation, f"starts {place}"):
                continue
            if place in (view or {}) and not same((view or {})[place], wanted):
                wrong = True
                text = f"{creation}: a new record starts with another {place} than documented"
                yield session.broken(
                    WRITTEN, creation, text, clause=resource.clause("create"), pointer=place, expected=wanted, got=(view or {})[place]
                )
    if views and not wrong:
        yield session.held(WRITTEN, creation)


def _different(resource: Resource) -> Iterator[Verdict]:
    """A second creation has another key than the first."""
    session, part, key = resource.session, resource.part("create"), str(resource.spec.get("key"))
    session.ask(part)
    first = session.scope.get(key)
    second = at(session.call(part["call"], part).body, part.get("keep", {}).get(key, "/"))
    if second is None:
        return
    if same(first, second):
        text = f"{part['call']}: a second creation has the key of the first"
        yield session.broken(DIFFERENT, part["call"], text, pointer=resource.identity, expected="another key", got=second)
    else:
        yield session.held(DIFFERENT, part["call"])


def misread(
    resource: Resource, sent: Mapping[str, Any], views: Sequence[tuple[str, dict[str, Any], str]]
) -> Iterator[tuple[str, str, str, Any, Any]]:
    """Views that show a field otherwise than it was sent, with the part to blame: a view that others contradict, or the creation."""
    differences = [resource.differences(sent, view) for _, view, _ in views]
    for (call, view, part), found in zip(views, differences, strict=True):
        for place, (value, got) in found.items():
            others = [place in other for (_, shown, _), other in zip(views, differences, strict=True) if place in shown]
            if not all(others):
                yield call, part, place, value, got
            elif view is next(shown for _, shown, _ in views if place in shown):
                yield call, "create", place, value, got


def _changed(run: Run, name: str) -> Iterator[Verdict]:
    resource = Resource(run.session(f"change {name}"), name)
    session, part = resource.session, resource.part("change")
    change = part["call"]
    session.ask(part)
    made = resource.create()
    shown = resource.shown(made)
    if shown is None:
        raise NotExercised(f"{name} cannot be read before it is changed")
    fields = run.model.fields(change)
    named = {**run.model.works(change).get("send", {}), **part.get("send", {})}
    fixed = {field: said for field, said in named.items() if field not in resource.fields}
    held: dict[str, Any] = {**made.sent}
    changeable = [field for field in fields if field in resource.fields and field not in part.get("never", ())]
    verdicts: list[Verdict] = []
    is_whole = part.get("whole") or run.model.readings.is_open(change, KEEPS)
    demanded = set(resource.fields) if is_whole else run.model.readings.needed(change)
    for field in changeable[:1] if run.is_quick else changeable:
        if run.model.readings.references(change).get(field) in run.api.target.known:
            continue  # only one record is known that it may refer to
        value = _other(session, run.model.sendable(change, field, fields[field][1]), named.get(field), held.get(field))
        if value is None:
            continue
        needed = {one: held[one] for one, (_, _, needs) in fields.items() if (needs or one in demanded) and one in resource.fields and one in held}
        before, others = shown, resource.list()
        optional = [one for one in changeable if one not in needed and one != field]
        answer = session.call(change, {**part, "send": {**fixed, **needed, field: value}, "without": optional})
        if answer.is_refusal and session.origin is not None:
            continue  # a rule that no schema says may forbid it
        if answer.is_refusal:
            text = f"{change}: a change of {field} is refused"
            verdicts.append(session.broken(CHANGED, change, text, clause=resource.clause("change"), pointer=field, got=str(answer)))
            continue
        held[field] = value
        shown = resource.shown(made) or {}
        verdicts += _compare(resource, change, field, held, before, shown)
        verdicts += _others(resource, change, made, others)
    if not verdicts and len(held) == len(made.sent) and held == made.sent:
        raise NotExercised(f"{change} took no change")
    yield from verdicts or [session.held(CHANGED, change), session.held(KEPT, change)]


def _other(session: CheckSession, schema: Any, said: Any, held: Any) -> Any:
    for _ in range(8):
        value = session.value(said, schema) if isinstance(said, dict) and "fresh" in said else session.values.of(schema)
        if isinstance(value, bool):
            return not held
        if not same(value, held):
            return value
    return None


def _compare(
    resource: Resource, change: str, field: str, held: Mapping[str, Any], before: Mapping[str, Any], shown: Mapping[str, Any]
) -> Iterator[Verdict]:
    place = resource.fields[field]
    changes = {place, *resource.part("change").get("changes", ())}
    volatile = resource.session.model.volatile()
    shown_fields = set(resource.fields.values())
    for name in before:
        if (name in changes and name != place) or (resource.is_within and name not in shown_fields):
            continue
        allowed = resource.stored(field, held[field]) if name == place else [before[name]]
        if name == place and not resource.can_show(place, held[field]):
            continue
        if name not in volatile and not any(
            same(shown.get(name), wanted) or (resource.is_within and shows(wanted, shown.get(name))) for wanted in allowed
        ):
            text = f"{change}: a change of {field} " + ("is not read back" if name == place else f"changes {name} too")
            clause = resource.clause("change") if name == place else resource.clause("keeps") or resource.clause("change")
            yield resource.session.broken(CHANGED, change, text, clause=clause, pointer=name, expected=allowed[0], got=shown.get(name))


def _others(resource: Resource, change: str, made: Made, before: list[dict[str, Any]]) -> Iterator[Verdict]:
    listing = resource.part("list")
    if not listing or made.listed is None:
        return
    own = made.listed.get(resource.identity)
    left = [record for record in resource.plain(before) if not same(record.get(resource.identity), own)]
    after = [record for record in resource.plain(resource.list()) if not same(record.get(resource.identity), own)]
    if left != after:
        yield resource.session.broken(KEPT, change, f"{change} changed other records than the one named", clause=resource.clause("change"))


def _deleted(resource: Resource) -> Iterator[Verdict]:
    session, part = resource.session, resource.part("delete")
    session.ask(part)
    made = resource.create()
    delete = part["call"]
    answer = session.call(delete, part)
    if answer.is_refusal and session.origin is not None:
        raise NotExercised(f"{delete} was refused: {answer}")
    if answer.is_refusal:
        yield session.broken(GONE, delete, f"{delete} of a record just created is refused", clause=resource.clause("delete"), got=str(answer))
        return
    read, shown = resource.read()
    verdicts = []
    if read is not None and shown is not None and not read.is_refusal and not (resource.is_within and _says_deleted(shown)):
        text = f"{delete}: what was deleted can still be read"
        verdicts.append(session.broken(GONE, delete, text, clause=resource.clause("delete"), expected="a refusal", got=str(read)))
    own = (made.listed or {}).get(resource.identity)
    after = resource.list()
    if made.listed is not None and any(same(record.get(resource.identity), own) for record in after):
        text = f"{delete}: what was deleted is still listed"
        verdicts.append(session.broken(GONE, delete, text, clause=resource.clause("delete"), got=own))
    left = [record for record in after if not same(record.get(resource.identity), own)]
    listing = resource.part("list")
    if listing and not same(resource.plain(left), resource.plain(made.before)):
        verdicts.append(session.broken(GONE, delete, f"{delete} changed other records too", clause=resource.clause("delete")))
    yield from verdicts or [session.held(GONE, delete)]


def _says_deleted(shown: Mapping[str, Any]) -> bool:
    """Whether a record that is still shown says of itself that it was deleted."""
    return any(_DELETED.search(name) and value not in (None, False, "") for name, value in shown.items()) or any(
        isinstance(value, str) and _DELETED.fullmatch(value) for name, value in shown.items() if name in ("status", "state")
    )
