"""The phase of Schemathesis: documented examples, systematic coverage, generated data, and sequences, by the level.

Schemathesis keeps its own checks; its requests pass the policy, and its failures become findings in the words of this suite. The events of its
engine are not part of its public reference, so only this module uses them.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import requests
import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi import checks as openapi

from mockserver.openapi.operations import OperationSpec

from ..checks import DOCUMENTED
from ..checks.transport import METHOD
from ..harness.findings import Exchange, Finding, Verdict, VerdictStatus
from ..harness.policy import READING, PolicyError
from ..harness.transports import describe_error, police_requests
from .cause import Repeat
from .documented import ACCEPTANCE, DocumentedAnswers
from .events import FindingMade, NoteMade, Phase, VerdictReached
from .exercised import had_something
from .replay import replay
from .session import VerifySession
from .wording import describe_failure

EXAMPLES: Mapping[str, int] = {"quick": 1, "standard": 40, "deep": 300}
CHECKS = {
    "not_a_server_error": "no request makes the server fail",
    "status_code_conformance": DOCUMENTED,
    "content_type_conformance": DOCUMENTED,
    "response_headers_conformance": DOCUMENTED,
    "response_schema_conformance": DOCUMENTED,
    "negative_data_rejection": "what breaks the schema is refused",
    "positive_data_acceptance": "what keeps the schema is accepted",
    "missing_required_header": "a missing required header is refused",
    "unsupported_method": METHOD,
    "allow_header_conformance": "a 405 names the methods that are allowed",
    "use_after_free": "what was deleted is gone",
    "ensure_resource_availability": "what was created can be read",
    "ignored_auth": "credentials are demanded",
    "object_level_authorization": "another tenant cannot read it",
}
"""The name in this suite of each check of Schemathesis."""
REFUSING = ("negative_data_rejection", "missing_required_header", "ignored_auth")
"""Checks that expect a refusal, and recognise one by its status only."""
ALSO_CHECKED = frozenset(CHECKS[name] for name in (*REFUSING, "unsupported_method"))
"""Behaviour checks of this suite that look for the same, by the same name."""
NO_LINKS = "Missing Open API links"
"""The title of the error of Schemathesis that says that it has no sequences to try."""
PARSER_IS_SAFE = sys.version_info >= (3, 12, 2) or (3, 11, 8) <= sys.version_info < (3, 12)
"""Whether threads may parse code at once, as Hypothesis does. An older CPython counts the depth of all syntax trees in one place, and may end the
parsing of one thread in a SystemError (python/cpython#106905), by which Schemathesis loses the rest of an operation."""
GRAVEST = tuple(CHECKS)
"""If one answer has several failures, the first in this order is its cause."""


def configuration(session: VerifySession, headers: Mapping[str, str]) -> dict[str, Any]:
    level, reading = session.plan.options.level, session.policy.read_only
    examples = EXAMPLES[level]
    return {
        "base-url": session.target.base_url,
        "seed": session.plan.options.seed,
        "workers": session.workers if PARSER_IS_SAFE else 1,
        "continue-on-failure": True,
        "request-timeout": session.policy.limits.timeout,
        "tls-verify": session.plan.file.verify,
        "headers": dict(headers),
        "cache": {"enabled": False},
        "analysis": {"constants": {"enabled": False}},
        "warnings": False,
        "generation": {"max-examples": examples, "database": "none", "no-shrink": level != "deep"},
        "phases": {
            "examples": {"enabled": True},
            "coverage": {"enabled": level != "quick", **({"unexpected-methods": []} if reading else {})},
            "fuzzing": {"enabled": level != "quick"},
            "stateful": {"enabled": level == "deep" and not reading, "generation": {"max-examples": max(10, examples // 10)}},
        },
        "operations": list(_operations(session)),
    }


def _operations(session: VerifySession) -> Iterable[dict[str, Any]]:
    for one in session.contract.operations.values():
        rule: dict[str, Any] = {"include-operation-id": one.id}
        # A call that ends its session, or that only another role may make, is made by the role of its working recipe.
        works = one.recipes.get("works", {})
        role = works.get("role")
        unknown = role is not None and role not in session.target.credentials
        left_alone = session.target.control is None and _touches_others(one, works)
        if one.id in session.policy.excluded or (session.policy.read_only and one.method not in READING) or unknown or left_alone:
            yield {**rule, "enabled": False}
            continue
        if role is not None:
            rule["headers"] = dict(session.target.credentials[role])
        checks: dict[str, Any] = {}
        by_state = session.contract.refused_by_state[one.id]
        if by_state:
            checks["positive_data_acceptance"] = {"expected-statuses": sorted({"2xx", "3xx", "401", "403", "404", "409", "429", *by_state})}
        if "501" in one.statuses:
            checks["not_a_server_error"] = {"expected-statuses": ["2xx", "3xx", "4xx", "501"]}
        if session.contract.is_foreign:
            checks |= {name: {"enabled": False} for name in _left_out(session)}
        if "multipart/form-data" in one.content:
            # Schemathesis 4.32 does not see that an invalid field of a form is a valid text again once it is sent, if the form carries a file.
            checks["negative_data_rejection"] = {"enabled": False}
        if checks:
            rule["checks"] = checks
        if len(rule) > 1:
            yield rule


def _left_out(session: VerifySession) -> tuple[str, ...]:
    """Checks that no foreign document can be held to; the mock of one takes any credential as that of another caller."""
    left = (ACCEPTANCE, "unsupported_method", "allow_header_conformance", "use_after_free", "ensure_resource_availability")
    return (*left, "ignored_auth") if session.target.control is not None else left


def _touches_others(one: OperationSpec, works: Mapping[str, Any]) -> bool:
    """Whether generated values may change what no test has made: a write that names a record, or that uses up what no call brings back.

    Contract tests and behaviour checks make such calls on records of their own.
    """
    writes = one.method not in READING and not one.spec.get("x-safe")
    return writes and (one.method != "POST" or "{" in one.path or "spends" in works)


def _document(session: VerifySession) -> dict[str, Any]:
    """The document for Schemathesis: without the examples of writes if all tests share one state.

    Those examples name records that a mock is known to have. At a real target they may name a record that must not be changed.
    """
    raw = session.contract.document.raw
    if session.target.control is not None:
        return raw
    paths = {path: dict(item) for path, item in raw["paths"].items()}
    for one in session.contract.operations.values():
        if one.method in READING or one.spec.get("x-safe"):
            continue
        kept = {**one.spec, "parameters": [_without_examples(parameter) for parameter in one.parameters]}
        if one.content:
            content = {media_type: _without_examples(media) for media_type, media in one.content.items()}
            kept["requestBody"] = {**_without_examples(one.request_body), "content": content}
        paths[one.path][one.method.lower()] = kept
    return {**raw, "paths": paths}


def _without_examples(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in ("example", "examples")}


def run_fuzz(session: VerifySession) -> None:
    """Run Schemathesis over the document, and report its verdicts and failures."""
    if session.workers > 1 and not PARSER_IS_SAFE:
        session.emit(
            NoteMade("Schemathesis uses one worker, because threads that parse code disturb each other here; Python 3.11.8 or 3.12.2 allows more")
        )
    config = schemathesis.Config.from_dict(configuration(session, {**session.headers(), **session.world()}))
    with warnings.catch_warnings(), police_requests(session.policy, session.record):
        warnings.simplefilter("ignore")
        stream = from_schema(schemathesis.openapi.from_dict(_document(session), config=config)).execute()
        for event in stream:
            if session.policy.stopped is not None:
                stream.stop()
            _translate(session, event)


def _translate(session: VerifySession, event: events.EngineEvent) -> None:
    if isinstance(event, events.PhaseStarted) and event.phase.is_enabled:
        session.step(f"schemathesis: {event.phase.name.value}")
    elif isinstance(event, events.ScenarioFinished):
        session.step(f"schemathesis: {event.phase.value}, {event.recorder.label}, {session.policy.sent} requests so far")
        _report_scenario(session, event.recorder)
    elif isinstance(event, events.NonFatalError):
        # Schemathesis says of every failure of the network that the connection failed.
        why = describe_error(event.value) if isinstance(event.value, requests.RequestException) else event.info.message
        if event.info.title == NO_LINKS:  # the operations that would follow a link are left out, or write at a target that keeps it
            session.emit(NoteMade("no sequences of calls were generated, because no link between the operations of this run is documented"))
            return
        _report_error(session, event.value, f"Schemathesis, {event.label}: {event.info.title}: {why}")
    elif isinstance(event, events.FatalError):
        _report_error(session, event.exception, f"Schemathesis gave up: {event.exception}")


def _report_error(session: VerifySession, error: BaseException, text: str) -> None:
    """Report what Schemathesis could not do, unless the policy refused it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, PolicyError):
            return
        seen = seen.__cause__ or seen.__context__
    if session.policy.stopped is None:
        session.problem(" ".join(text.split())[:400])


def _report_scenario(session: VerifySession, recorder: ScenarioRecorder) -> None:
    if session.policy.dry_run:
        return
    for case_id, nodes in recorder.checks.items():
        node = recorder.cases.get(case_id)
        operation = session.contract.by_label(node.value.operation.label if node is not None else recorder.label)
        found = session.contract.operations.get(operation)
        failures = {check.name: check.failure_info.failure for check in nodes if check.failure_info is not None}
        exchange = _exchange(session, recorder, case_id) if failures else None
        if exchange is not None:
            failures = {name: failure for name, failure in failures.items() if not is_excused(session.answers, name, exchange)}
        for check in nodes:
            if check.failure_info is None and check.name in CHECKS and had_something(check.name, recorder, case_id, found):
                session.emit(VerdictReached(Verdict(CHECKS[check.name], operation, VerdictStatus.HELD)))
        if failures:
            name = min(failures, key=lambda one: GRAVEST.index(one) if one in GRAVEST else len(GRAVEST))
            _report_finding(session, recorder, case_id, operation, name, failures[name])


def is_excused(answers: DocumentedAnswers, check: str, exchange: Exchange) -> bool:
    """Whether a check does not know what the document says: a refusal may have a status below 400, and a form with brackets may be refused."""
    if check in REFUSING and answers.is_refusal(exchange):
        return True
    if answers.model.is_foreign:
        return _is_excused_by_silence(answers, check, exchange)
    if check == ACCEPTANCE:
        return has_brackets(exchange) or answers.is_refused_by_state(exchange)
    if check == "unsupported_method":
        chosen = answers.model.envelope.get("undeclared-method")
        return answers.is_refusal(exchange) and (not answers.model.strict or exchange.status == chosen)
    if answers.model.strict:
        return False
    # Schemathesis knows the schemas, and not the readings that the document accepts.
    return CHECKS.get(check) == DOCUMENTED and exchange.operation is not None and answers.problem_of(exchange) is None


def _is_excused_by_silence(answers: DocumentedAnswers, check: str, exchange: Exchange) -> bool:
    """Whether a check asks for what a foreign document leaves open: refusals without a status, rules beyond schemas, bodies that are no fields."""
    if CHECKS.get(check) == DOCUMENTED:
        return exchange.operation is not None and answers.problem_of(exchange) is None
    if check == ACCEPTANCE:
        return True
    kind = next((value.lower() for name, value in exchange.request_headers.items() if name.lower() == "content-type"), "json")
    return check == "negative_data_rejection" and "json" not in kind


def has_brackets(exchange: Exchange) -> bool:
    """Whether a form names fields with brackets: many servers make objects of them, and refuse ``a`` beside ``a[b]``, which no schema can say."""
    kind = next((value for name, value in exchange.request_headers.items() if name.lower() == "content-type"), "")
    if "multipart/form-data" in kind:
        return any(b"[" in name for name in re.findall(rb'name="([^"]*)"', exchange.request_body))
    return "urlencoded" in kind and any("[" in name for name, _ in parse_qsl(exchange.request_body.decode("latin-1"), keep_blank_values=True))


def _report_finding(session: VerifySession, recorder: ScenarioRecorder, case_id: str, operation: str, name: str, failure: Failure) -> None:
    found = session.contract.operations.get(operation)
    last = failure.case_id if failure.case_id in recorder.interactions else case_id
    chain = [case.id for case in recorder.iter_chain_cases(case_id=str(last), related_case_ids=failure.related_case_ids())]
    exchanges = tuple(one for one in (_exchange(session, recorder, part) for part in chain) if one is not None)
    if not exchanges:
        return
    status = exchanges[-1].status
    check = CHECKS["ignored_auth"] if _is_credential(session, failure) else CHECKS.get(name, name)
    keyword, pointer, expected, got, text = describe_failure(failure, exchanges[-1], session.answers.model)
    problem = session.answers.problem_of(exchanges[-1]) if check == DOCUMENTED else None
    if problem is not None:  # in the words of contract tests and behaviour checks, so that one cause has one name
        keyword, pointer, expected, got = f"{status} {problem.keyword}", problem.pointer, problem.expected, problem.got
        text = problem.sentence.removeprefix(f"{operation} ")
    if name == "not_a_server_error" and found is not None and str(status) not in found.statuses:
        check, keyword = DOCUMENTED, f"{status} status"
    sentence = f"{operation} {text}"
    page = found.page if found else None
    is_assumed = problem.assumed if problem is not None else session.answers.is_assumed(name, exchanges[-1])
    finding = Finding(check, operation, sentence, None, page, pointer, expected, got, exchanges, assumed=is_assumed)
    session.emit(FindingMade(finding, Phase.GENERATED, keyword, repeat=_make_repeat(session, status, failure)))


def _is_credential(session: VerifySession, failure: Failure) -> bool:
    """Whether a request was accepted without a credential; Schemathesis calls that a required header."""
    if not isinstance(failure, openapi.MissingHeaderNotRejected):
        return False
    return failure.header_name.lower() in {name.lower() for name in session.contract.document.credential_headers}


def _make_repeat(session: VerifySession, status: int, failure: Failure) -> Repeat:
    """A function that tells whether the same requests still give the same kind of answer."""

    def same(exchanges: tuple[Exchange, ...]) -> bool:
        last = exchanges[-1]
        if last.status != status:
            return False
        return not isinstance(failure, (openapi.JsonSchemaError, openapi.UndefinedContentType)) or _fails_again(session, failure, last)

    return lambda cause: replay(session, cause.finding.exchanges, same)


def _fails_again(session: VerifySession, failure: Failure, last: Exchange) -> bool:
    schema = schemathesis.openapi.from_dict(session.contract.document.raw, config=schemathesis.Config.from_dict({"warnings": False}))
    operation = session.contract.operations[str(last.operation)]
    sent = {name.encode(): value.encode() for name, value in last.request_headers.items()}
    request = httpx.Request(last.method, last.url, headers=sent, content=last.request_body)
    kept = {
        name.encode(): value.encode()
        for name, value in last.response_headers.items()
        if name.lower() not in ("content-encoding", "transfer-encoding", "content-length")
    }
    answer = httpx.Response(last.status, headers=kept, content=last.response_body, request=request)
    answer.elapsed = dt.timedelta(seconds=last.elapsed)
    try:
        schema[operation.path][operation.method].validate_response(answer)
    except Exception as error:  # noqa: BLE001 - one failure or a group of them
        found = getattr(error, "exceptions", (error,))
        return any(type(one) is type(failure) for one in found)
    return False


def _exchange(session: VerifySession, recorder: ScenarioRecorder, case_id: str) -> Exchange | None:
    taken = recorder.interactions.get(case_id)
    if taken is None or taken.response is None:
        return None
    sent, got = taken.request, taken.response
    return Exchange(
        sent.method,
        sent.uri,
        {name: ", ".join(values) for name, values in sent.headers.items()},
        sent.body or b"",
        got.status_code,
        {name: ", ".join(values) for name, values in got.headers.items()},
        got.content or b"",
        got.elapsed,
        session.contract.find(session.target.base_url, sent.method, sent.uri),
    )
