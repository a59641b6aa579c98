"""What a mock refuses beyond a limit of its own says nothing about a vendor: no tool counts it as a finding."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
import requests

from contract_tests.suite.harness.policy import Limits, RequestPolicy, RequestRefused
from contract_tests.suite.harness.transports import PolicyTransport, police_requests
from contract_tests.traffic.audit import Audit
from contract_tests.traffic.exchange import HttpMessage
from contract_tests.traffic.reports import as_text
from contract_tests.traffic.steps import recorded
from mockserver.openapi.documents import load_document
from mockserver.openapi.limits import find_limit_name
from tests.traffic.exchanges import entry, har, sale
from tests.verify.conftest import verify
from tests.verify.servers import Handler, serving

PROBLEM = json.dumps({"type": "about:blank", "title": "Service Unavailable", "status": 503, "limit": "worlds"}).encode()
KIND = "application/problem+json"
MONEDERO = load_document("monedero")
REFUSED = HttpMessage((("content-type", KIND), ("x-mock-limit", "worlds")), PROBLEM)


def refuse(handler: Handler) -> None:
    handler.answer(503, PROBLEM, KIND, X_Mock_Limit="worlds")


@pytest.mark.parametrize("path", ["/monedero/wallet/sale", "/monedero/nowhere"])
def test_an_audit_counts_it_and_judges_it_not(path: str) -> None:
    exchange = replace(sale(path=path), status=503, response=REFUSED)
    audit = Audit(MONEDERO).read(io.BytesIO(json.dumps(har(entry(exchange), entry(sale(2)))).encode()))
    assert dict(audit.kinds) == {"limit": 1, "judged": 1}
    assert (audit.violations, audit.undocumented()) == (0, {})
    assert "refused beyond a limit of the mock, not judged" in as_text(audit)


def test_the_same_answer_without_the_name_is_a_finding() -> None:
    exchange = replace(sale(), status=503, response=HttpMessage((("content-type", KIND),), PROBLEM))
    assert Audit(MONEDERO).run([exchange]).violations > 0


def test_a_replay_leaves_it_out() -> None:
    assert not list(recorded([replace(sale(), status=503, response=REFUSED)], MONEDERO))


@pytest.mark.parametrize(
    ("status", "media_type", "name"),
    [
        (503, KIND, "worlds"),
        (413, f"{KIND}; charset=utf-8", "worlds"),
        (200, KIND, ""),
        (500, KIND, ""),
        (503, "application/json", ""),
        (503, "", ""),
    ],
)
def test_only_a_problem_that_refuses_names_a_limit(status: int, media_type: str, name: str) -> None:
    assert find_limit_name(status, media_type, "worlds") == name
    assert not find_limit_name(status, media_type, "")


def test_neither_client_of_the_suite_hands_it_to_a_test() -> None:
    seen: list[Any] = []
    with serving(refuse) as origin:
        policy = RequestPolicy(frozenset({origin}), lambda _method, _url: "x", Limits())
        with httpx.HTTPTransport() as inner:
            client = httpx.Client(transport=PolicyTransport(policy, inner, seen.append))
            with pytest.raises(RequestRefused, match="its limit worlds"):
                client.get(f"{origin}/x")
        with police_requests(policy, seen.append), requests.Session() as session, pytest.raises(RequestRefused, match="its limit worlds"):
            session.get(f"{origin}/x")
    assert seen == []
    assert policy.refused == {"the mock refused it beyond its limit worlds": 2}
    assert policy.closed == {}


def test_a_run_at_a_mock_that_is_full_has_no_finding(tmp_path: Any) -> None:
    with serving(refuse) as origin:
        done = verify(tmp_path, "serpi", "--url", f"{origin}/serpi/api/v1", "--level", "quick", "--time-budget", 20)
    assert done.code != 1, done.out[-3000:]
    assert not done.report["findings"] if done.code == 0 else "worlds" in done.out + done.err
