"""The session of a check with the target: calls made from recipes, every exchange kept as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest

from mockserver.openapi.provenance import NOT_DESCRIBED

from ..harness import ApiClient
from ..harness.answers import Problem
from ..harness.envelope import Answer, at, records
from ..harness.errors import is_own_error
from ..harness.findings import Exchange, Finding, InferredFrom, Verdict, VerdictStatus, in_words
from ..harness.policy import PolicyError
from ..harness.sameness import CLOSE, ROUNDED, same
from .any_values import AnyValues
from .files import file
from .formulas import KnownValues, Names, evaluate, holds, sides
from .model import BehaviourModel, header_of
from .sending import encoded, exchange_of, text_of
from .values import Values

NOT_OBSERVABLE = "not observable here: "
OF_FORM = (400, 409, 422)
"""Statuses of a refusal after which a call of a foreign document is made once more, with the examples of its schemas."""
SHOWN = 8
"""Exchanges that a finding carries at most, the last ones."""
NOTHING_REFUSED, ALIKE = "nothing is refused", "all is refused alike"
"""Keywords of a finding that stands for all that an operation should have refused, or refused otherwise."""


class NotExercised(Exception):
    """A check cannot run because a step that it needs did not succeed; the reason says which."""


def guarded(law: str, operation: str, verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
    """Yield verdicts; if something needed is missing, or an answer cannot be used for it, end with a verdict that says so."""
    try:
        yield from verdicts
    except (NotExercised, LookupError) as reason:
        yield Verdict(law, operation, VerdictStatus.NOT_EXERCISED, str(reason))
    except pytest.skip.Exception as reason:
        text = str(reason.msg)
        status = VerdictStatus.NOT_OBSERVABLE if text.startswith(NOT_OBSERVABLE) else VerdictStatus.NOT_EXERCISED
        yield Verdict(law, operation, status, text.removeprefix(NOT_OBSERVABLE))
    except Exception as error:
        if isinstance(error, (PolicyError, httpx.HTTPError)) or is_own_error(error):
            raise
        yield Verdict(law, operation, VerdictStatus.NOT_EXERCISED, f"in an answer that it needs, {in_words(error)}")


class CheckSession:
    """Calls in a separate world. ``scope`` holds the values that the steps so far have stored, by name."""

    def __init__(self, api: ApiClient, model: BehaviourModel, values: Values) -> None:
        self.api = api
        self.model = model
        self.values = values
        self.exchanges: list[Exchange] = []
        self.problems: list[tuple[Problem, Exchange]] = []
        self.scope: dict[str, Any] = {}
        self.assumed = False
        """Whether what is checked was assumed, so that a target that differs breaks nothing."""
        self.origin: InferredFrom | None = None
        """Where what is checked comes from, if it was inferred."""

    # Calling

    def call(
        self,
        name: str,
        recipe: Mapping[str, Any] | None = None,
        *,
        full: bool = False,
        headers: Mapping[str, str] | None = None,
        role: str | None = "",
        raw: Mapping[str, Any] | None = None,
    ) -> Answer:
        """The answer to a call after the working recipe, changed by another. ``raw`` replaces options of the request; ``role`` comes first."""
        self.spend(name, recipe or {})
        prepared = self.prepare(name, recipe or {}, full=full)
        role, headers = role or self.role(name, recipe or {}), {**self._headers(recipe or {}), **(headers or {})}
        answer = self.dispatch(name, prepared, role=role, headers=headers, raw=raw)
        if answer.status in OF_FORM and raw is None and isinstance(self.values, AnyValues):
            with self.values.by_examples():
                prepared = self.prepare(name, {**(recipe or {}), "after": []}, full=full)
            answer = self.dispatch(name, prepared, role=role, headers=headers)
        return answer

    def spend(self, name: str, recipe: Mapping[str, Any]) -> None:
        """Raise NotExercised if a successful call would consume what cannot be restored at this target. The recipe's declaration takes precedence."""
        what = recipe.get("spends", self.model.works(name).get("spends"))
        if what:
            self.api.spends(what)

    def send(self, name: str, recipe: Mapping[str, Any], sent: Mapping[str, Any]) -> Answer:
        """The answer to a call prepared from a recipe."""
        return self.dispatch(name, sent, role=self.role(name, recipe), headers=self._headers(recipe))

    def role(self, name: str, recipe: Mapping[str, Any]) -> str:
        """The role that calls an operation: that of the recipe, else that of its working recipe; empty for the first."""
        return str(recipe.get("role", self.model.works(name).get("role", "")))

    def _headers(self, recipe: Mapping[str, Any]) -> dict[str, str]:
        return {name: str(self.value(value)) for name, value in recipe.get("headers", {}).items()}

    def prepare(self, name: str, recipe: Mapping[str, Any], *, full: bool = False) -> dict[str, Any]:
        """The fields of a call: those of the working recipe, then those of the recipe, then fresh values for required fields."""
        works = self.model.works(name)
        self.steps(recipe.get("after", works.get("after", ())))
        named: dict[str, Any] = {**works.get("send", {})}
        if full:
            named |= works.get("full", {})
        named |= {} if recipe is works else recipe.get("send", {})
        left_out = [*recipe.get("without", ())] if isinstance(recipe.get("without", []), list) else [recipe["without"]]
        never = [*left_out, *(works.get("never", ()) if full else ())]
        fields = self.model.fields(name)
        demanded = self.model.readings.needed(name)
        referring = {field: known for field, known in self.model.readings.references(name).items() if known in self.api.target.known}
        sent: dict[str, Any] = {}
        for field, (_, schema, needed) in fields.items():
            if field in left_out:
                continue
            sendable = self.model.sendable(name, field, schema)
            if field in named:
                sent[field] = self.value(named[field], sendable)
            elif field in referring and (needed or field in demanded or full):
                sent[field] = self._typed(self.api.known(referring[field]), schema)
            elif needed or field in demanded or (full and field not in never):
                sent[field] = self.values.of(sendable, full=full)
        return {**sent, **{field: self.value(value) for field, value in named.items() if field not in fields and field not in left_out}}

    def dispatch(
        self,
        name: str,
        sent: Mapping[str, Any],
        *,
        role: str | None = "",
        headers: Mapping[str, str] | None = None,
        raw: Mapping[str, Any] | None = None,
    ) -> Answer:
        """The answer to a call with exactly these fields."""
        operation = self.model.operations[name]
        fields = self.model.fields(name)
        path = operation.path
        options: dict[str, Any] = {}
        given = dict(headers or {})
        body: dict[str, Any] = {}
        for field, value in sent.items():
            place = fields.get(field, ("body", {}, False))[0]
            if place == "path":
                path = path.replace(f"{{{field}}}", text_of(value))
            elif place == "query":
                options.setdefault("params", {})[field] = [*map(text_of, value)] if isinstance(value, list) else text_of(value)
            elif place == "header":
                given[field] = text_of(value)
            else:
                body[field] = value
        media_type, schema = self.model.body(name)
        if self.model.is_foreign:  # a document may ask for the key in path and body
            body |= {field: sent[field] for field in schema.get("required", ()) if field in sent and field not in body}
        options |= encoded(media_type, self.model.wrapped(name, body))
        if "json" in options and media_type != "application/json":
            given = {"content-type": media_type, **given}
        if raw:
            options = {key: value for key, value in options.items() if key not in ("json", "data", "files", "content")} | {
                key: value for key, value in raw.items() if key != "headers"
            }
            given |= raw.get("headers", {})
        return self.request(name, operation.method, path, role=role, headers=given, sent=sent, **options)

    def request(
        self,
        name: str,
        method: str,
        path: str,
        *,
        role: str | None = "",
        headers: Mapping[str, str] | None = None,
        sent: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Answer:
        """Send a request and return its answer; every request of a check is sent here."""
        credentials = self.credentials(name, role) if role is not None else {}
        before, differing = len(self.api.problems), len(self.api.differences)
        response = self.api.call(method, path, role=None, headers={**credentials, **(headers or {})}, **options)
        self.exchanges.append(exchange_of(name, response))
        self.problems += [(problem, self.exchanges[-1]) for problem in (*self.api.problems[before:], *self.api.differences[differing:])]
        answer = self.model.reader.answer(name, response, sent)
        if not answer.is_refusal and "spends" in self.model.works(name):
            self.api.has_spent()
        return answer

    def credentials(self, name: str, role: str = "", way: int = 0) -> dict[str, str]:
        """The headers of a role for one way of authentication of an operation; empty if it needs none."""
        ways = self.model.operations[name].security
        if not ways:
            return {}
        if self.model.is_foreign and not way:
            way = self._usable_way(ways, role)
        wanted = {header_of(scheme) for scheme in ways[way].values()}
        others = {header_of(scheme) for scheme in self.model.document.security_schemes.values()} - wanted
        return {header: value for header, value in self.api.credentials(role).items() if header.lower() not in others}

    def _usable_way(self, ways: Sequence[Mapping[str, Any]], role: str) -> int:
        """The first way for which a role has every header; the first if there is none."""
        held = {header.lower() for header in self.api.credentials(role)}
        usable = (number for number, way in enumerate(ways) if all(header_of(scheme) in held for scheme in way.values()))
        return next(usable, 0)

    # Recipes

    def value(self, said: Any, schema: Any = None) -> Any:  # noqa: PLR0911 - one line for each way to say a value
        """The values of a recipe, with names looked up and fresh values made."""
        if isinstance(said, str) and said.startswith("$"):
            return self._typed(self.named(said[1:]), schema)
        if isinstance(said, dict):
            if "fresh" in said:
                wanted = self.model.document.resolve(schema or {})
                narrower = said["fresh"] if isinstance(said["fresh"], dict) else {}
                return self.values.of({**wanted, **narrower})
            if "times" in said:
                return said["text"] * said["times"]
            if "formula" in said:
                return self.formula(said["formula"])
            if "file" in said:
                return file(said)
            inner = self.model.document.merge_all_of(schema or {}).get("properties", {})
            return {key: self.value(value, inner.get(key)) for key, value in said.items()}
        if isinstance(said, list):
            inner = self.model.document.merge_all_of(schema or {}).get("items")
            return [self.value(item, inner) for item in said]
        return said

    def named(self, name: str) -> Any:
        """A value by its name: kept by a step, of the login of a role, or known at the target."""
        first, _, rest = name.partition(".")
        if first in self.scope:
            found = self.scope[first]
            return at(found, "/" + rest.replace(".", "/")) if rest else found
        if first == "login":
            return self.api.login()[rest]
        if first == "credential":
            return next((value for header, value in self.api.credentials().items() if header.lower() == rest.lower()), None)
        return self.api.known(name)

    def _typed(self, value: Any, schema: Any) -> Any:
        kind = self.model.document.merge_all_of(schema or {}).get("type")
        if isinstance(value, str) and kind in ("integer", "number"):
            try:
                return int(value) if kind == "integer" else float(value)
            except ValueError:
                return value
        return str(value) if kind == "string" and isinstance(value, int | float) else value

    def formula(self, text: str) -> Any:
        return evaluate(text, self.names())

    def names(self, **more: Any) -> Names:
        """The names of formulas: stored values, and ``known``."""
        return Names({"known": KnownValues(self.api.known), **self.scope, **more})

    def steps(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Run the steps before a call. Raises NotExercised if one is refused."""
        for step in steps:
            if "advance" in step:
                self.api.advance(step["advance"])
                continue
            if "outbox" in step:
                found: Any = self.api.outbox()
            else:
                answer = self.call(step["call"], {key: value for key, value in step.items() if key != "keep"}, full=bool(step.get("full")))
                if answer.is_refusal and not step.get("refused"):
                    raise NotExercised(f"{step['call']}, which has to come before, was refused: {answer}")
                found = self._picked(step, at(answer.body, step.get("at", "")))
                if "as" in step:
                    self.scope[step["as"]] = answer.sent
                for formula in step.get("given", ()):
                    if not holds(formula, self.names(**answer.names)):
                        raise NotExercised(f"{step['call']}: {formula} is not so at this target")
            for name, pointer in step.get("keep", {}).items():
                kept = at(found, pointer)
                if kept is None:
                    raise NotExercised(f"{step.get('call', 'the outbox')} gives nothing at {pointer}")
                self.scope[name] = kept

    def observed(self, observations: Mapping[str, Any]) -> dict[str, Any]:
        """Read several values, by name. A refused read gives None."""
        found: dict[str, Any] = {}
        for name, read in observations.items():
            if read.get("outbox"):
                found[name] = self.api.outbox()
                continue
            answer = self.call(read["call"], read)
            found[name] = None if answer.is_refusal else at(answer.body, read.get("at", ""))
            if "children" in read:
                found[name] = records(answer.body, read.get("at", ""), read["children"])
            found[name] = self._picked(read, found[name])
        return found

    def _picked(self, read: Mapping[str, Any], found: Any) -> Any:
        """The record of a list that ``pick`` describes; what was found itself if it is no list, or nothing is to be picked."""
        if "pick" not in read or not isinstance(found, list):
            return found
        wanted = {key: self.value(value) for key, value in read["pick"].items()}
        return next((item for item in found if all(same(item.get(key), value) for key, value in wanted.items())), None)

    # Verdicts

    def held(self, law: str, operation: str) -> Verdict:
        return Verdict(law, operation, VerdictStatus.HELD)

    def broken(
        self,
        law: str,
        operation: str,
        sentence: str,
        *,
        clause: str | None = None,
        pointer: str = "",
        expected: object = None,
        got: object = None,
        assumed: bool = False,
    ) -> Verdict:
        """The verdict of a broken check, with the exchanges so far. What is ``assumed`` differs from the document, and breaks no clause."""
        called = self.model.operations[operation]
        if self.origin is not None:
            return self._suspect(law, operation, sentence, pointer, expected, got)
        assumed = not self.model.strict and (assumed or self.assumed or called.provenance in NOT_DESCRIBED)
        shown = tuple(self.exchanges[-SHOWN:])
        finding = Finding(
            law, operation, sentence, None if assumed else clause, called.section or None, pointer, expected, got, shown, assumed=assumed
        )
        return Verdict(law, operation, VerdictStatus.DIFFERS if assumed else VerdictStatus.BROKEN, sentence, finding)

    def _suspect(self, law: str, operation: str, sentence: str, pointer: str, expected: object, got: object) -> Verdict:
        """The verdict of a broken check on what was inferred: a question to the reader of the report."""
        shown = tuple(self.exchanges[-SHOWN:])
        finding = Finding(law, operation, sentence, None, None, pointer, expected, got, shown, origin=self.origin)
        return Verdict(law, operation, VerdictStatus.SUSPECT, sentence, finding)

    def ask(self, declaration: Mapping[str, Any]) -> None:
        """Take what follows as questions, if inference made the declaration that it follows from."""
        mark = declaration.get("inferred")
        self.origin = InferredFrom(**mark) if isinstance(mark, Mapping) else None

    def in_one(self, law: str, operation: str, answers: Sequence[Answer], found: Sequence[Verdict], what: str, tried: str) -> Sequence[Verdict]:
        """One verdict for many, if an operation accepts every bad input, or refuses all of them with the same wrong answer: one cause.

        ``answers`` are the answers to bad inputs described by ``what``; ``tried`` names each input; ``found`` are their problems.
        """
        if len(found) < 2:
            return found
        if not any(answer.is_refusal for answer in answers):
            keyword, sentence, got = NOTHING_REFUSED, f"{operation} never refuses {what}: {tried}", "a success, the first "
        elif len({str(answer) for answer in answers}) == 1:
            keyword, sentence, got = ALIKE, f"{operation} answers {what} always alike, with {answers[0]}: {tried}", ""
        else:
            return found
        if len({verdict.outcome for verdict in found}) > 1:
            return found  # what breaks the page, and what differs from what was assumed only
        first, *others = [verdict.finding for verdict in found if verdict.finding is not None]
        clauses = tuple(dict.fromkeys(one.clause for one in others if one.clause and one.clause != first.clause))
        finding = replace(first, sentence=sentence, pointer=keyword, got=f"{len(answers)} times {got}{first.got}", clauses=clauses)
        return [Verdict(law, operation, found[0].outcome, sentence, finding)]

    def judged(self, law: str, operation: str, formulas: Sequence[str], names: Mapping[str, Any], clause: str | None) -> Iterator[Verdict]:
        """The verdicts on formulas that have to hold."""
        for formula in formulas:
            if self.model.readings.is_open(operation, formula):
                continue
            names = Names(names)
            names.close = ROUNDED if self.model.may_be_whole(formula) else CLOSE
            try:
                if holds(formula, names):
                    continue
                expected, got = sides(formula, names)
                sentence = f"{operation}: {formula} does not hold"
            except LookupError as error:
                expected, got, sentence = formula, None, f"{operation}: {error}"
            if self._holds_otherwise(operation, formula, names):
                continue
            yield self.broken(law, operation, sentence, clause=clause, pointer=formula, expected=expected, got=got)

    def _holds_otherwise(self, operation: str, formula: str, names: Mapping[str, Any]) -> bool:
        """Whether another formula holds that an accepted reading puts in the place of this one."""
        for others in self.model.readings.find("holds", operation, formula):
            for other in others:
                with suppress(LookupError):
                    if holds(other, names):
                        return True
        return False
