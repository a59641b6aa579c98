"""Changes: null empties a field, a refused change writes nothing of what it carries, and the same change twice is one change.

A field that the document lets be null, and that a change may leave out, tells the two apart: left out it is kept (or, where a change replaces the
whole record, emptied), null empties it. Null may be shown as null or as an empty text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.envelope import Answer
from ..harness.findings import Verdict
from ..harness.sameness import same
from .edges import LEFT_OUT, breaking
from .kept import CORPUS, MARK, difference
from .model import FORMS
from .records import Made, Resource, calls
from .run import Run
from .session import NotExercised, guarded

EMPTIED = "null empties a field"
REFUSED = "a refused change writes nothing of what it carries"
NOTHING = "zero, no and an empty text are values"
TEXT = "a changed text is kept as it was sent"
REPEATED = "the same change twice is one change"
CHANGED = ("letters with accents", "quotes", "characters beyond the 16-bit range", "leading zeros", "letters of both cases", "60 characters")
"""Kinds of special texts that are tried in changes."""
ALONE = 6
"""Fields that are tried alone if a change of all of them is refused."""


def check(run: Run) -> Iterator[Verdict]:
    for name, spec in run.model.resources.items():
        if "change" in spec and run.wants(*calls(spec)):
            for law in (REFUSED,) if run.is_quick else (REFUSED, EMPTIED, NOTHING, TEXT, REPEATED):
                yield from guarded(law, name, _judged(run, name, law))


def _judged(run: Run, name: str, law: str) -> Iterator[Verdict]:
    """The verdicts of one check, with a new record."""
    change = _Change(run, name, law)
    ways = {REFUSED: change.refused, EMPTIED: change.emptied, NOTHING: change.nothing, TEXT: change.texts, REPEATED: change.repeated}
    yield from ways[law]()


class _Change:
    """The change of a new record."""

    def __init__(self, run: Run, name: str, label: str) -> None:
        self.resource = Resource(run.session(f"{label} {name}"), name)
        self.session = self.resource.session
        self.part = self.resource.part("change")
        self.name = str(self.part["call"])
        self.fields = self.session.model.fields(self.name)
        self.named = {**self.session.model.works(self.name).get("send", {}), **self.part.get("send", {})}
        self.made: Made = self.resource.create()
        self.fixed = {field: said for field, said in self.named.items() if field not in self.resource.fields}
        never = self.part.get("never", ())
        self.loose = {*self.session.model.volatile(), *self.part.get("changes", ())}
        self.changeable = [field for field in self.fields if field in self.resource.fields and field not in never]

    def shown(self) -> dict[str, Any]:
        """The record. Raises NotExercised if it is not shown."""
        found = self.resource.shown(self.made)
        if found is None:
            raise NotExercised(f"{self.name}: the record cannot be read before it is changed")
        return found

    def send(self, values: Mapping[str, Any]) -> Answer:
        """The answer to a change with these values and, of the others, those that are required, as they are."""
        needed = {one: self.made.sent[one] for one in self.changeable if self.fields[one][2] and one in self.made.sent}
        optional = [one for one in self.fields if not self.fields[one][2] and one not in values and one not in self.fixed]
        return self.session.call(self.name, {**self.part, "send": {**self.fixed, **needed, **values}, "without": optional})

    def other(self, field: str) -> Any:
        """Another value of a field."""
        said, schema = self.named.get(field), self.fields[field][1]
        value = self.session.value(said, schema) if isinstance(said, dict) and "fresh" in said else self.session.values.of(schema)
        return not self.made.sent.get(field) if isinstance(value, bool) else value

    def emptied(self) -> Iterator[Verdict]:
        """Each field that may be null and may be left out, set to null."""
        model = self.session.model
        fields = [one for one in self.changeable if not self.fields[one][2] and model.fits(self.fields[one][1], None)]
        before = self.shown()
        filled = [one for one in fields if before.get(self.resource.fields[one]) not in (None, "")]
        if not filled or model.body(self.name)[0] in FORMS:
            return
        groups = [filled]
        answer = self.send(dict.fromkeys(filled))
        if answer.is_refusal:
            groups = [[one] for one in filled[:ALONE] if not self.send({one: None}).is_refusal]
        if not groups:
            raise NotExercised(f"{self.name} takes no null: {answer}")
        after = self.shown()
        tried = [one for group in groups for one in group]
        kept = [one for one in tried if after.get(self.resource.fields[one]) not in (None, "")]
        if kept:
            place = self.resource.fields[kept[0]]
            how = "keeps what was there" if same(after[place], before[place]) else "is shown as something else"
            text = f"{self.name}: {', '.join(kept)}, set to null with success, {how}"
            clause = self.resource.clause("change")
            yield self.session.broken(EMPTIED, self.name, text, clause=clause, pointer=place, expected=None, got=after[place])
        else:
            yield self.session.held(EMPTIED, self.name)

    def nothing(self) -> Iterator[Verdict]:
        """Each number, flag and text set to zero, no and the empty text, where the schema allows that; a careless server takes them for not sent."""
        model = self.session.model
        empty: dict[str, Any] = {"integer": 0, "number": 0, "boolean": False}
        if model.body(self.name)[0] not in FORMS:  # a form sends every field that a person left empty
            empty["string"] = ""
        tried = False
        for field in self.changeable:
            schema = model.document.merge_all_of(self.fields[field][1])
            value = empty.get(schema.get("type", ""))
            place = self.resource.fields[field]
            before = self.shown().get(place)
            if value is None or not model.fits(schema, value) or place in self.loose or same(before, value) or "format" in schema:
                continue
            answer = self.send({field: value})
            if answer.is_refusal:
                continue  # whether it has to be taken is the business of the checks of inputs
            tried = True
            after = self.shown().get(place)
            if not same(after, value):
                text = f"{self.name}: {field}, set to {value!r} with success, is shown as {after!r}"
                clause = self.resource.clause("change")
                yield self.session.broken(NOTHING, self.name, text, clause=clause, pointer=place, expected=value, got=after)
                return
        if tried:
            yield self.session.held(NOTHING, self.name)

    def texts(self) -> Iterator[Verdict]:
        """Every free text of a change at once, each with another special text, in as many changes as there are kinds."""
        model, stored = self.session.model, self.resource.spec.get("stored", {})
        schemas = {field: model.document.merge_all_of(self.fields[field][1]) for field in self.changeable}
        free = {field: schema for field, schema in schemas.items() if schema.get("type") == "string" and not {"format", "enum"} & schema.keys()}
        fields = [field for field in free if field not in self.named and field not in stored]
        tried = False
        for turn in range(len(CHANGED) if fields else 0):
            kinds = {field: CHANGED[(turn + place) % len(CHANGED)] for place, field in enumerate(fields)}
            texts = {field: CORPUS[kind](self.session.values.word(MARK)) for field, kind in kinds.items()}
            sent = {field: text for field, text in texts.items() if model.fits(free[field], text)}
            if not sent or self.send(sent).is_refusal:
                continue
            tried, shown = True, self.shown()
            for field, text in sent.items():
                got = shown.get(self.resource.fields[field])
                if got != text:
                    how = difference(text, str(got), kinds[field])
                    sentence = f"{self.name}: {field} with {kinds[field]} is shown otherwise than it was sent: {how}"
                    clause = self.resource.clause("change")
                    yield self.session.broken(TEXT, self.name, sentence, clause=clause, pointer=how, expected=text, got=got)
                    return
        if tried:
            yield self.session.held(TEXT, self.name)

    def refused(self) -> Iterator[Verdict]:
        """A change of which one field is wrong: first the wrong field first, then last."""
        media_type, _ = self.session.model.body(self.name)
        body = [one for one in self.changeable if self.fields[one][0] == "body"]
        wrong: dict[str, Any] = {}
        for field in body:
            pairs = breaking(self.session.model, self.fields[field][1], needed=False, in_text=media_type in FORMS, value=self.made.sent.get(field))
            wrong |= {field: next((value for _, value in pairs if value is not LEFT_OUT), LEFT_OUT)}
        bad = [field for field, value in wrong.items() if value is not LEFT_OUT]
        if not bad or len(body) < 2:
            return
        tried = False
        for field in dict.fromkeys((bad[0], bad[-1])):
            before = self.shown()
            good = {one: self.other(one) for one in body if one != field}
            order = {field: wrong[field], **good} if field == bad[0] else {**good, field: wrong[field]}
            answer = self.send(order)
            if not answer.is_refusal:
                continue  # whether it has to be refused is the business of the checks of inputs
            tried = True
            after = self.shown()
            written = [one for one in before if one not in self.session.model.volatile() and not same(before[one], after.get(one))]
            if written:
                text = f"{self.name}: refused because of {field}, and still changed {', '.join(written)}"
                clause = self.resource.clause("change")
                yield self.session.broken(
                    REFUSED, self.name, text, clause=clause, pointer=written[0], expected=before[written[0]], got=after.get(written[0])
                )
                return
        if tried:
            yield self.session.held(REFUSED, self.name)

    def repeated(self) -> Iterator[Verdict]:
        """A change that is sent twice; the second shows what the first showed, and the others are left alone."""
        field = next((one for one in self.changeable if not self.fields[one][2]), next(iter(self.changeable), None))
        if field is None:
            return
        value = self.other(field)
        answers, views = [], []
        for _ in range(2):
            answers.append(self.send({field: value}))
            views.append((self.shown(), len(self.resource.list())))
        if answers[0].is_refusal:
            raise NotExercised(f"{self.name} was refused: {answers[0]}")
        first, second = ({one: inner for one, inner in view.items() if one not in self.loose} for view, _ in views)
        if answers[1].is_refusal:
            text, got = f"{self.name}: the same change, sent again, is refused", str(answers[1])
        elif not same(first, second) or views[0][1] != views[1][1]:
            text, got = f"{self.name}: the same change, sent again, changes something else", str(second)
        else:
            yield self.session.held(REPEATED, self.name)
            return
        yield self.session.broken(REPEATED, self.name, text, clause=self.resource.clause("change"), expected=first, got=got)
