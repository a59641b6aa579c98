"""Many records of one resource: each text is kept as it was sent, each record is listed, and equal content makes two records.

The page calls such a field a text and the answer says that it was stored, so it is read back with the same characters. Three things are not
required, because no page excludes them: a server that reads forms may cut the outer spaces of what was typed, if it cuts both ends of every text of
every resource (a text in JSON is data, where spaces belong to it); decomposed letters may be shown composed (the two are canonically equal); a line
may end with CR LF instead of LF.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..harness.envelope import Answer, records
from ..harness.findings import Verdict
from ..harness.sameness import same
from .model import FORMS
from .records import Made, Resource, calls
from .run import Run
from .session import NotExercised, guarded

TEXT = "text is kept as it was sent"
LISTED = "every record is listed, old and new alike"
TWICE = "equal content sent twice makes two records"
LENGTH = "a length is counted in characters"
FAILED = 500
ASTRAL = "\U0001f600"
MOST = 1_000
"""Characters of the longest text that is sent to see how a length is counted."""
MARK = 6
"""Letters of the word by which a text is recognised."""
SPLITS = 6
"""Fields that are tried alone after a creation with special texts in all of them was refused."""

Text = Callable[[str], str]
CORPUS: Mapping[str, Text] = {
    "letters with accents": lambda word: f"{word} Ñandú Ágil Übung",
    "quotes": lambda word: f'{word} O\'Neil "x" `y`',
    "markup": lambda word: f"{word} & <b> &amp; > c",
    "signs of a query": lambda word: f"{word}+1 50%25 a=b;c#?",
    "characters beyond the 16-bit range": lambda word: f"{word} {ASTRAL} \U0001d4b3",
    "compatibility characters": lambda word: f"{word} \ufb01 \u00b2 \u2460",
    "decomposed letters": lambda word: f"{word} Bogota\u0301 n\u0303",
    "letters of both cases": lambda word: f"de la {word} McX iOS",
    "leading zeros": lambda word: "00" + "".join(str(ord(letter) % 10) for letter in word),
    "several spaces": lambda word: f"{word}  two   three",
    "outer spaces": lambda word: f"  {word} x ",
    "60 characters": lambda word: (word * 10)[:60],
    "300 characters": lambda word: (word * 50)[:300],
    "two lines": lambda word: f"{word}\nsecond",
}
"""Texts by what is special about them, each made from a word."""
SPACES, DECOMPOSED, LINES, MARKUP, ZEROS = "outer spaces", "decomposed letters", "two lines", "markup", "leading zeros"
LINED = 255
"""A text with a lower limit than this is taken for one line."""
QUICK = ("letters with accents", SPACES)


def check(run: Run) -> Iterator[Verdict]:
    spaces: list[tuple[bool, Callable[[], Verdict]]] = []
    for name, spec in run.model.resources.items():
        if not run.wants(*calls(spec)):
            continue
        if "list" in spec or "read" in spec:
            yield from guarded(TEXT, name, _Records(run, name, spaces).judge())
        if not run.is_quick:
            yield from guarded(LENGTH, name, _counted(run, name))
    cut = [broken for is_cut, broken in spaces if is_cut]
    if cut and len(cut) < len(spaces):
        yield cut[0]()


@dataclass
class _Created:
    """A created record: the request, the kind of each special text, the word in it, and what each read shows of it."""

    made: Made
    kinds: Mapping[str, str]
    words: Mapping[str, str]
    views: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def score(self, resource: Resource, shown: Mapping[str, Any]) -> int:
        """How much a listed record looks like this one; a changed text is recognised by its word."""
        marks = (word.casefold() in str(shown.get(resource.fields[name], "")).casefold() for name, word in self.words.items())
        equal = (same(self.made.sent[name], shown[place]) for name, place in resource.fields.items() if name in self.made.sent and place in shown)
        return 10 * sum(marks) + sum(equal)


class _Records:
    """The records that one run creates of a resource, one for each kind of text, and the last content twice."""

    def __init__(self, run: Run, name: str, spaces: list[tuple[bool, Callable[[], Verdict]]]) -> None:
        """``spaces`` collects, for each text of a form, whether its outer spaces were cut, and the finding that this is if others were kept."""
        self.run = run
        self.spaces = spaces
        self.resource = Resource(run.session(f"kept {name}"), name)
        self.session = self.resource.session
        self.creation = str(self.resource.part("create")["call"])
        self.texts = text_fields(self.resource)
        self.created: list[_Created] = []
        self.in_form = self.session.model.body(self.creation)[0] in FORMS
        self.found: list[Verdict] = []

    def judge(self) -> Iterator[Verdict]:
        before = self.resource.list()
        kinds = QUICK if self.run.is_quick else tuple(CORPUS)
        for number in range(len(kinds)):
            self._create({name: kinds[(number + place) % len(kinds)] for place, name in enumerate(self.texts)})
        if not self.created:
            raise NotExercised(f"{self.creation} took no record with such texts")
        again = self.created[-1].made.sent
        fresh = {name: again[name] for name in again if name not in self.resource.spec.get("unique", {})}
        twin = self.resource.part("create")
        answer = self.session.call(self.creation, {**twin, "send": {**twin.get("send", {}), **fresh}}, full=True)
        after = self.resource.list()
        new = _without(after, before, self.resource.identity)
        twins = sum(not self.resource.differences(fresh, record) for record in new)
        yield from self._listed(before, after, new, None if answer.is_refusal else twins)
        self._match(new)
        yield from self._kept()

    def _create(self, kinds: Mapping[str, str]) -> None:
        """Create a record with a special text in each field; if it is refused, with a special text in one field at a time."""
        answer = self._try(kinds)
        if answer.is_refusal:
            for name in list(kinds)[:SPLITS]:
                if len(kinds) > 1 and self._try({name: kinds[name]}).status >= FAILED:
                    return

    def _try(self, kinds: Mapping[str, str]) -> Answer:
        part = self.resource.part("create")
        words = {name: self.session.values.word(MARK) for name in kinds}
        texts = {name: CORPUS[kind](words[name]) for name, kind in kinds.items()}
        usable = {name: text for name, text in texts.items() if self._may_hold(name, kinds[name], text)}
        answer = self.session.call(self.creation, {**part, "send": {**part.get("send", {}), **usable}}, full=True)
        if answer.status >= FAILED and usable:
            self.found.append(self._broken(next(iter(usable)), kinds[next(iter(usable))], f"fails with {answer.status}", "a success", str(answer)))
        elif not answer.is_refusal:
            marked = {name: CORPUS[ZEROS](word) if kinds[name] == ZEROS else word for name, word in words.items() if name in usable}
            self.created.append(_Created(Made(dict(answer.sent), answer), {name: kinds[name] for name in usable}, marked))
            echo = self.resource.spec.get("echo")
            self.created[-1].views += [(self.creation, record) for record in records(answer.body, echo)] if echo is not None else []
        return answer

    def _may_hold(self, name: str, kind: str, text: str) -> bool:
        """Whether a text keeps the schema of a field, and the field has room for such a text."""
        schema = self.session.model.document.merge_all_of(self.texts[name])
        if kind == LINES and (schema.get("maxLength", MOST) < LINED or "minimum" in schema):
            return False
        if kind in (MARKUP, "quotes") and any("<" in str(form) for form in self.resource.stored(name, "")):
            return False  # kept as HTML, where such a text has to be escaped
        return self.session.model.fits(schema, text)

    def _listed(self, before: list[Any], after: list[Any], new: list[Any], twins: int | None) -> Iterator[Verdict]:
        """The verdict on the list. ``twins`` is the number of records with the content that was sent twice, None if the second was refused."""
        listing = self.resource.part("list")
        if not listing:
            return
        clause = self.resource.clause("list") or self.resource.clause("create")
        identity, wanted = self.resource.identity, len(self.created) + (twins is not None)
        gone = _without(before, after, identity)
        if gone:
            text = f"{self.creation}: after {wanted} creations the list {listing['call']} no longer shows {len(gone)} older records"
            yield self.session.broken(LISTED, listing["call"], text, clause=clause, expected=len(before), got=len(before) - len(gone))
        elif twins == 1 and len(new) == wanted - 1:
            text = f"{self.creation}: the same content, sent twice with success, is listed once"
            yield self.session.broken(TWICE, self.creation, text, clause=self.resource.clause("create"), expected=wanted, got=len(new))
        elif len(new) != wanted:
            text = f"{self.creation}: of {wanted} records that were created, the list {listing['call']} shows {len(new)}"
            yield self.session.broken(LISTED, listing["call"], text, clause=clause, expected=wanted, got=len(new))
        else:
            yield self.session.held(LISTED, listing["call"])
            if twins is not None:
                yield self.session.held(TWICE, self.creation)

    def _match(self, new: list[dict[str, Any]]) -> None:
        """Find each created record in the list, the best match first, and read it."""
        pairs = [(one.score(self.resource, shown), number, place) for number, one in enumerate(self.created) for place, shown in enumerate(new)]
        taken: tuple[set[int], set[int]] = (set(), set())
        for score, number, place in sorted(pairs, key=lambda pair: -pair[0]):
            if not score or number in taken[0] or place in taken[1]:
                continue
            taken[0].add(number)
            taken[1].add(place)
            self._read(self.created[number], new[place])
        if not self.resource.part("list"):
            for one in self.created:
                self._read(one, None)

    def _read(self, one: _Created, listed: dict[str, Any] | None) -> None:
        self.session.scope |= {"sent": one.made.sent, "answer": one.made.answer.body}
        if listed is not None:
            self.session.scope["record"] = listed
            one.views.append((str(self.resource.part("list")["call"]), listed))
        if self.resource.part("read"):
            self.session.steps(self.resource.spec.get("find", ()))
            _, shown = self.resource.read()
            one.views += [(str(self.resource.part("read")["call"]), shown)] if shown is not None else []

    def _kept(self) -> Iterator[Verdict]:
        seen = False
        for one in self.created:
            for call, view in one.views:
                for name, kind in one.kinds.items():
                    place = self.resource.fields[name]
                    if place in view and isinstance(view[place], (str, int, float)):
                        seen = True
                        self._compare(name, kind, str(one.made.sent[name]), view[place], call)
        one_each: dict[str, Verdict] = {}
        for verdict in self.found:
            one_each.setdefault(verdict.finding.pointer if verdict.finding else "", verdict)
        if one_each:
            yield from one_each.values()
        elif seen:
            yield self.session.held(TEXT, self.creation)
        elif self.texts:
            raise NotExercised(f"nothing shows a text that {self.creation} was sent")

    def _compare(self, name: str, kind: str, sent: str, got: Any, call: str) -> None:
        wanted = {sent, *map(str, self.resource.stored(name, sent))}
        if kind == SPACES and self.in_form:
            is_cut = got in {sent.strip(), *map(str, self.resource.stored(name, sent.strip()))}
            how = f"is cut by {call}, although others keep their spaces"
            self.spaces.append((is_cut, lambda: self._broken(name, kind, how, sent, got, "spaces are changed")))
            wanted |= {got} if is_cut else set()
        if kind == DECOMPOSED:
            wanted |= {unicodedata.normalize("NFC", one) for one in wanted}
        shown = got.replace("\r\n", "\n") if kind == LINES and isinstance(got, str) else got
        if shown not in wanted and not (not isinstance(got, str) and kind != ZEROS and same(sent, got)):
            how = difference(sent, str(got), kind)
            self.found.append(self._broken(name, kind, f"is shown by {call} otherwise than it was sent: {how}", sent, got, how))

    def _broken(self, name: str, kind: str, how: str, expected: object, got: object, pointer: str = "") -> Verdict:
        text = f"{self.creation}: {name} with {kind} {how}" if name else f"{self.creation}: a text with {kind} {how}"
        clause = self.resource.clause("create")
        return self.session.broken(TEXT, self.creation, text, clause=clause, pointer=pointer or kind, expected=expected, got=got)


def difference(sent: str, got: str, kind: str) -> str:
    """What was done to a text, in words that are the same for every text to which the same was done."""
    beyond = "".join(letter if letter.isascii() else " " for letter in sent).split()
    ways = {
        "the case of letters is changed": got.casefold() == sent.casefold(),
        "the normal form of letters is changed": unicodedata.normalize("NFKD", got) == unicodedata.normalize("NFKD", sent),
        "characters are escaped": html.unescape(got) == sent,
        "the end is cut off": sent.startswith(got),
        "spaces are changed": got.split() == sent.split(),
        "letters beyond ASCII are lost": not sent.isascii() and all(part in got for part in beyond),
    }
    return next((how for how, is_so in ways.items() if is_so), f"{kind} changed")


def text_fields(resource: Resource) -> dict[str, Any]:
    """The fields of a creation that hold any text, by name with their schemas: no format, no list of values, not only another type."""
    model, part = resource.session.model, resource.part("create")
    said = {**model.works(part["call"]).get("send", {}), **part.get("send", {})}
    found = {}
    for name, (place, schema, _) in model.fields(part["call"]).items():
        merged = model.document.merge_all_of(model.sendable(part["call"], name, schema))
        is_free = name not in said or (isinstance(said[name], dict) and said[name].get("fresh") is True)
        if place == "body" and name in resource.fields and is_free and merged.get("type") == "string" and not {"format", "enum"} & merged.keys():
            found[name] = merged
    return found


def _without(records_: list[dict[str, Any]], others: list[dict[str, Any]], identity: str) -> list[dict[str, Any]]:
    known = {str(record.get(identity)) for record in others}
    return [record for record in records_ if str(record.get(identity)) not in known]


def _counted(run: Run, name: str) -> Iterator[Verdict]:
    """A text of as many characters as a field may have is taken, also if each of them takes four bytes."""
    resource = Resource(run.session(f"length {name}"), name)
    session, part = resource.session, resource.part("create")
    model, creation = session.model, part["call"]
    tried = False
    for field_, schema in text_fields(resource).items():
        most = schema.get("maxLength", 0)
        if not MARK < most <= MOST or model.body(creation)[0] in FORMS or not model.describes(creation, field_, "maxLength"):
            continue
        plain, wide = (session.values.word(MARK) + letter * (most - MARK) for letter in ("a", ASTRAL))
        if not model.fits(schema, wide):
            continue
        tried = True
        answers = [session.call(creation, {**part, "send": {**part.get("send", {}), field_: text}}, full=True) for text in (plain, wide)]
        if answers[1].is_refusal and not answers[0].is_refusal:
            text = f"{creation}: {most} letters are taken for {field_}, and {most} characters that take four bytes each are not"
            clause = model.input_clause(creation, field_, "maxLength")
            yield session.broken(LENGTH, creation, text, clause=clause, pointer="maxLength", expected=f"{most} characters", got=str(answers[1]))
            return
    if tried:
        yield session.held(LENGTH, creation)
