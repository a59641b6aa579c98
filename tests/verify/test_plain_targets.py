"""A target without worlds: all tests share one state, which earlier runs have changed, and a conforming implementation gets no finding."""

from __future__ import annotations

import re
import socket
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from contract_tests.suite.verify.contract import Contract
from mockserver.openapi.documents import list_slugs
from tests.verify.conftest import verify
from tests.verify.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server
    from tests.verify.conftest import Done

MANY_OPERATIONS = {"trincico"}
"""Documents of 100 operations and more: a run at the standard level takes many minutes."""
UNSEEN = {
    "backoffice": {"backoffice.create_token.r3": "no control plane"},
    "monedero": {"monedero.add_contact.r2": "no control plane"},
    "serpi": {},
    "trincico": {
        "trincico.cancel_subscription.r4": "it would use up the subscription",
        "trincico.create_payout.r3": "it would use up the funds of the payout account",
        "trincico.upgrade_subscription.r11": "the page belongs to somebody else",
    },
    "troyansys": {},
}
"""Clauses that cannot be judged without hooks, and the beginning of the reason."""


def no_alarm(done: Done, slug: str) -> None:
    """Whether a run found nothing, judged most clauses, and gave a reason for each other one."""
    assert done.code == 0, done.out
    report = done.report
    assert report["findings"] == report["unconfirmed"] == report["clauses"]["broken"] == []
    unseen = {one["clause"]: one["reason"] for one in report["clauses"]["not_observable"]}
    for clause, reason in UNSEEN[slug].items():
        assert reason in unseen[clause]
    assert len(report["clauses"]["held"]) > 0.7 * len(Contract(slug).clauses)


@pytest.mark.parametrize("slug", list_slugs())
def test_a_conforming_target_raises_no_alarm_however_often_it_is_judged(tmp_path: Path, server: Server, slug: str) -> None:
    with plain(server.url, slug, tmp_path) as url:
        for seed, workers in ((1, 1), (2, 2)):
            no_alarm(verify(tmp_path, slug, "--url", url, "--level", "quick", "--seed", seed, "--workers", workers, "--time-budget", 300), slug)


@pytest.mark.parametrize("body", [b"0\r\n\r\n", b"5\r\nname=\r\n1;x=y\r\na\r\n0\r\nx-sum: 1\r\n\r\n"], ids=["nothing", "two pieces and a trailer"])
def test_a_body_in_pieces_is_not_taken_for_the_next_request(tmp_path: Path, server: Server, body: bytes) -> None:
    """Schemathesis sends an empty form in this way."""
    kind = b"content-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked"
    with plain(server.url, "monedero", tmp_path) as url, socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=10) as sock:
        sock.sendall(b"POST /monedero/wallet/get HTTP/1.1\r\nhost: localhost\r\n" + kind + b"\r\n\r\n" + body)
        sock.sendall(b"GET /monedero/nowhere HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        got = b"".join(iter(partial(sock.recv, 65_536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", got) == [b"401", b"404"], got


def test_workers_use_separate_records_if_there_is_one_state_only(tmp_path: Path, server: Server) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        done = verify(tmp_path, "serpi", "--url", url, "--level", "quick", "--workers", 2)
    assert "they are made one after the other, whatever --workers says" in done.out + done.err


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
@pytest.mark.parametrize("slug", [pytest.param(slug, marks=[pytest.mark.long] if slug in MANY_OPERATIONS else []) for slug in list_slugs()])
def test_checks_and_generated_requests_find_nothing_in_a_state_that_was_used_before(tmp_path: Path, server: Server, slug: str, seed: int) -> None:
    with plain(server.url, slug, tmp_path) as url:
        no_alarm(verify(tmp_path, slug, "--url", url, "--level", "quick", "--seed", seed, "--time-budget", 300), slug)
        no_alarm(verify(tmp_path, slug, "--url", url, "--level", "standard", "--seed", seed, "--workers", 2, "--time-budget", 600), slug)


@pytest.mark.slow
def test_with_a_reset_more_is_judged_and_still_without_alarm(tmp_path: Path, server: Server) -> None:
    with plain(server.url, "trincico", tmp_path, hooks=("reset", "outbox")) as url:
        done = verify(tmp_path, "trincico", "--url", url, "--level", "quick", "--time-budget", 300)
    assert done.code == 0, done.out
    assert {"trincico.cancel_subscription.r6", "trincico.create_payout.r6", "trincico.send_notification.r5"} <= set(done.report["clauses"]["held"])
