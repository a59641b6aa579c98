"""Any document is judged by what it states and asked by what is inferred of it: each planted bug is found, and its class is right."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.checks import judge
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.findings_store import FindingsStore
from mockserver.openapi.foreign.read import read_foreign
from tests.verify.conftest import verify
from tests.verify.notes import BUGS, DOCUMENT, KEY, Notes
from tests.verify.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contract_tests.suite.harness.findings import Verdict

CONTRACT = Contract(read_foreign(DOCUMENT).document)


def _judge(bug: str, contract: Contract = CONTRACT) -> list[Verdict]:
    """The verdicts of the behaviour checks on the server of notes with a bug."""
    with serving(Notes(bug).handle) as origin:
        target = Target(contract.slug, f"{origin}/api", {"owner": {"X-Key": KEY}}, document=contract.document)
        with closing(ApiClient(target)) as api:
            return list(judge(api, contract.document, level="standard", seed=1))


def _with_overlay(folder: Path, line: str) -> Contract:
    overlay = folder / "corrections.yaml"
    overlay.write_text(f"overlay: 1.0.0\ninfo: {{title: Corrections, version: '1'}}\nactions:\n{line}\n", encoding="utf-8")
    return Contract(read_foreign(DOCUMENT, overlays=[overlay]).document)


def test_nothing_is_found_at_a_server_that_does_as_its_document_says() -> None:
    verdicts = _judge("")
    assert [one.reason for one in verdicts if one.finding is not None] == []
    held = {one.subject for one in verdicts if one.outcome == "held"}
    assert {check for _, check in BUGS.values()} - {"the answer is documented"} <= held


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_in_its_class(bug: str) -> None:
    found = {(str(one.outcome), one.subject) for one in _judge(bug) if one.finding is not None}
    assert BUGS[bug] in found
    if BUGS[bug][0] != "broken":
        assert {outcome for outcome, _ in found} == {"suspect: inferred"}


def test_an_inferred_finding_names_the_reason_and_the_lines_of_an_overlay() -> None:
    origin = next(one.finding.origin for one in _judge("keeps no change") if one.finding is not None)
    assert origin is not None
    assert (origin.confidence, origin.because) == ("certain", "PATCH at the path of one note")
    assert origin.certain == """- {target: "$.paths['/notes/{noteId}'].patch", update: {x-role: {of: note, kind: update, key: noteId, at: ""}}}"""
    assert origin.off == """- {target: "$.paths['/notes/{noteId}'].patch", update: {x-role: false}}"""


@pytest.mark.parametrize("bug", ["keeps no change", "pages overlap", "ignores the filter", "deletes nothing", "knows every id", "hides new notes"])
def test_the_overlay_lines_of_a_finding_decide_it(tmp_path: Path, bug: str) -> None:
    found = next(one.finding for one in _judge(bug) if one.finding is not None and one.subject == BUGS[bug][1])
    assert found.origin is not None
    declared = [one for one in _judge(bug, _with_overlay(tmp_path, found.origin.certain)) if one.finding is not None]
    assert ("broken", BUGS[bug][1]) in {(str(one.outcome), one.subject) for one in declared}
    turned_off = _judge(bug, _with_overlay(tmp_path, found.origin.off))
    assert BUGS[bug][1] not in {one.subject for one in turned_off if one.finding is not None}


@contextmanager
def _served(folder: Path, bug: str) -> Iterator[str]:
    with serving(Notes(bug).handle) as origin:
        credentials = f'[credentials.owner]\nX-Key = "{KEY}"\n'
        (folder / "contract.toml").write_text(f'api = "notes"\nbase_url = "{origin}/api"\n{credentials}', encoding="utf-8")
        yield origin


@pytest.mark.slow
def test_a_suspicion_is_reported_and_does_not_count_unless_that_is_asked_for(tmp_path: Path) -> None:
    with _served(tmp_path, "drops what a change does not send"):
        done = verify(tmp_path, DOCUMENT)
    assert done.code == 0, done.out
    assert "suspect: inferred: changeNote: a change of" in done.out
    assert "this overlay line makes it certain: - {target: " in done.out
    report = done.report
    assert (report["summary"]["findings"], report["summary"]["suspect"]) == (0, len(report["findings"]))
    assert {one["class"] for one in report["findings"]} == {"suspect: inferred"}
    assert "<failure" not in (done.folder / "junit.xml").read_text(encoding="utf-8")
    results = json.loads((done.folder / "report.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert {(one["level"], one["properties"]["class"]) for one in results} == {("note", "suspect: inferred")}
    assert "Suspect: differs from what was inferred" in (done.folder / "report.md").read_text(encoding="utf-8")
    assert "No person has declared it" in (done.folder / "report.html").read_text(encoding="utf-8")


def test_what_was_inferred_counts_if_that_is_asked_for() -> None:
    verdict = next(one for one in _judge("keeps no change") if one.finding is not None)
    for strict, outcome in ((False, "suspect: inferred"), (True, "broken")):
        store = FindingsStore(CONTRACT, inferred_strictly=strict)
        store.judge(verdict)
        assert str(store.verdicts[verdict.subject, verdict.operation].outcome) == outcome


def test_a_target_file_asks_for_the_schemes_of_the_document_and_the_doctor_reads_it(tmp_path: Path) -> None:
    with serving(Notes().handle) as origin:
        done = verify(tmp_path, DOCUMENT, "--init", "--url", f"{origin}/api", OWNER_X_KEY=KEY)
        assert done.code == 0, done.err
        assert "role owner: usable; listNotes answered 200" in done.out
        written = (tmp_path / "contract.toml").read_text(encoding="utf-8")
        assert 'X-Key = "${OWNER_X_KEY}"' in written
        assert "X-Key takes an API key (scheme key)." in written
        assert KEY not in written
        looked = verify(tmp_path, DOCUMENT, "--doctor", OWNER_X_KEY=KEY)
    assert "5 of 5 operations can be called with what is given" in looked.out, looked.err


def test_a_quick_run_judges_what_the_document_states(tmp_path: Path) -> None:
    with _served(tmp_path, "keeps nothing of a creation"):
        report = verify(tmp_path, DOCUMENT, "--level", "quick").report
    assert report["verdict"] in ("conforms", "conforms as far as seen")
    assert report["api"]["file"].endswith("notes.yaml")
