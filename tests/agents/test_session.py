"""A session that finds the cause of a bug in a client by the tools alone; the fix that it names is made, and a second session finds nothing.

What the session asks and what it is answered stands in docs/agents.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.agents.asking import Agent
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.conftest import Mock

APP = """\
def record_sale(client, phone):
    fields = {
        "wallet_key": "wallet-demo",
        "phone": phone,
        "transaction_type": 0,
        "transaction_amount": 250,
        "usertool_id": 7001,
    }
    return client.post("/wallet/sale", data=fields)
"""
PAGE = ROOT / "docs" / "agents.md"


def run_app(source: str, mock: Mock) -> httpx.Response:
    """Run the app, as it is written, against the mock."""
    names: dict[str, Any] = {}
    exec(compile(source, "app.py", "exec"), names)  # noqa: S102 - the source stands above
    with mock.client("monedero") as client:
        answer: httpx.Response = names["record_sale"](client, "4775550101")
    return answer


class Session:
    """Asks tools, and writes down what was asked and what mattered of the answers."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self.lines: list[str] = []

    def ask(self, tool: str, *shown: str, **arguments: Any) -> dict[str, Any]:
        found = self._agent.ask(tool, **arguments)
        told = ", ".join(f"{name}={json.dumps(value)}" for name, value in arguments.items())
        answer = {name: found[name] for name in shown}
        self.lines += [f"→ {tool}({told})", f"← {json.dumps(answer, ensure_ascii=False)}", ""]
        return found

    def find_cause(self) -> dict[str, Any] | None:
        """What an agent does that knows nothing of the app: which call was refused, and what would have passed."""
        refused = self.ask("search_journal", "total", status="4xx")["exchanges"]
        if not refused:
            return None
        return self.ask("why_refused", "code", "cause", "section", "unread", "changes", number=refused[-1]["number"])


def fix(source: str, change: dict[str, Any]) -> str:
    """The source with the one line changed that a change names."""
    name = change["field"].removeprefix("body/")
    line = next(line for line in source.splitlines() if f'"{name}"' in line)
    if change["change"] == "rename":
        return source.replace(line, line.replace(f'"{name}"', f'"{change["to"].removeprefix("body/")}"'))
    return source.replace(line, f'        "{name}": {change["to"]!r},')


BUGS = {
    "a field under another name": ('"phone": phone', '"telefono": phone', "new_sale_03", "send body/phone instead of body/telefono"),
    "a value that the page does not have": (
        '"transaction_type": 0',
        '"transaction_type": 2',
        "new_sale_05",
        "send 0 as body/transaction_type, not '2'",
    ),
    "the id of somebody else": ('"usertool_id": 7001', '"usertool_id": 7201', "new_sale_13", "send '7001' as body/usertool_id, not '7201'"),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_session_finds_the_cause_and_a_second_one_that_it_is_gone(bug: str, agent: Agent, mock: Mock) -> None:
    right, wrong, code, advice = BUGS[bug]
    planted = APP.replace(right, wrong)
    assert run_app(planted, mock).status_code == 400

    cause = Session(agent).find_cause()
    assert cause is not None
    assert cause["code"] == code
    assert cause["clauses"]
    assert cause["advice"] == advice
    assert len(cause["changes"]) == 1

    fixed = fix(planted, cause["changes"][0])
    assert sum(one != other for one, other in zip(planted.splitlines(), fixed.splitlines(), strict=True)) == 1
    agent.ask("reset_world")
    assert run_app(fixed, mock).status_code == 200
    assert Session(agent).find_cause() is None
    written = agent.ask("show_changes")["changes"]
    assert {change["table"] for change in written} == {"monedero.contacts"}, "the sale gave points"


def test_the_session_of_the_page_is_the_one_that_runs(agent: Agent, mock: Mock) -> None:
    right, wrong, _, _ = BUGS["a field under another name"]
    first, second = Session(agent), Session(agent)
    run_app(APP.replace(right, wrong), mock)
    cause = first.find_cause()
    assert cause is not None
    agent.ask("reset_world")
    run_app(APP, mock)
    assert second.find_cause() is None
    second.ask("show_changes", "total")
    page = PAGE.read_text(encoding="utf-8")
    for session in (first, second):
        assert "\n".join(session.lines).strip() in page
    assert APP.replace(right, wrong).strip() in page
