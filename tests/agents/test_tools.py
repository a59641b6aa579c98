"""Each tool: its answer, its refusal, and its bound."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from mockserver.agents import bounds
from mockserver.openapi import limits
from mockserver.openapi.limits import Limit
from tests.agents.asking import Agent, ToolRefused

Answer = dict[str, Any]
SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": 0, "transaction_amount": 100, "usertool_id": 7001}
LONG = "x" * 60_000
FAR = 1_000_000


def refused_sale(agent: Agent, **more: Any) -> int:
    """Make a sale that is refused, and return its number."""
    answer = agent.ask("call_operation", api="monedero", operation="create_sale", body={**SALE, "phone": "47755", **more})
    assert answer["status"] == 400
    return int(answer["exchange"])


def sold(agent: Agent, **more: Any) -> int:
    answer = agent.ask("call_operation", api="monedero", operation="create_sale", body={**SALE, **more})
    assert answer["status"] == 200, answer
    return int(answer["exchange"])


def register_contact(agent: Agent) -> None:
    body = {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "Clienta", "usertool_id": 7001}
    assert agent.ask("call_operation", api="monedero", operation="add_contact", body=body)["status"] == 200


def keep_sale(agent: Agent) -> None:
    sold(agent)


def keep_snapshot(agent: Agent) -> None:
    agent.ask("save_snapshot", name="kept")


@dataclass(frozen=True)
class Case:
    """A call of a tool, and what has to be so. ``given`` runs before; its result, if it is no None, is sent as ``number``."""

    arguments: Answer
    holds: Callable[[Answer], bool]
    given: Callable[[Agent], int | None] = lambda _agent: None


def complete(tool: str, agent: Agent) -> Answer:
    """The arguments of a tool's case; names that may be given once are made from that of the world."""
    if tool == "verify_url":
        return {"api": "serpi", "wait": 0, "seconds": 5}
    return ANSWERS[tool].arguments | ({"name": f"{agent.world}.fork"} if tool == "fork_world" else {})


ANSWERS: dict[str, Case] = {
    "list_apis": Case({}, lambda found: "wallet-demo" in found["apis"][1]["landmarks"].values() and "/~test-" in found["apis"][1]["base_url"]),
    "list_operations": Case({"api": "monedero", "text": "sale"}, lambda found: found["operations"][0]["id"] == "create_sale"),
    "describe_operation": Case(
        {"api": "monedero", "operation": "create_sale"},
        lambda found: (
            "wallet_key" in found["body"]["application/x-www-form-urlencoded"]["required"]
            and found["clauses"]["monedero.create_sale.e3"] == "Without phone the answer is new_sale_03."
        ),
    ),
    "call_operation": Case(
        {"api": "serpi", "operation": "list_sucursales", "parameters": {"limite": 2}},
        lambda found: found["status"] == 200 and len(found["body"]["result"]) == 2 and found["exchange"] == 1,
    ),
    "why_refused": Case(
        {},
        lambda found: (
            found["code"] == "new_sale_04" and found["clauses"] and "Crear venta" in found["section"] and found["nearest"]["body"]["phone"] != "47755"
        ),
        refused_sale,
    ),
    "search_journal": Case({"status": "4xx"}, lambda found: [one["code"] for one in found["exchanges"]] == ["new_sale_04"], refused_sale),
    "show_exchange": Case({}, lambda found: found["request"]["body"]["phone"] == "4775550101" and found["changes"], sold),
    "read_outbox": Case({"api": "monedero"}, lambda found: found["total"] == 1 and found["messages"][0]["links"], register_contact),
    "list_records": Case(
        {"api": "monedero", "table": "contacts", "where": {"phone": "4775550101"}, "limit": 1},
        lambda found: found["records"][0]["phone"] == "4775550101" and found["next_offset"] == 1,
    ),
    "show_changes": Case({}, lambda found: found["changes"][0]["table"] == "monedero.contacts", keep_sale),
    "show_clock": Case({}, lambda found: found["mode"] == "real" and found["timers"]),
    "move_clock": Case({"change": "freeze", "value": "2027-01-01T00:00:00Z"}, lambda found: found["mode"] == "frozen"),
    "list_worlds": Case({"prefix": "default"}, lambda found: "snapshots" in found and found["next_offset"] is None),
    "save_snapshot": Case({"name": "kept"}, lambda found: found["snapshot"] == "kept"),
    "restore_snapshot": Case({"name": "kept"}, lambda found: found["restored"] == "kept", keep_snapshot),
    "fork_world": Case({}, lambda found: f"/~{found['world']}/" in found["apis"]["serpi"]),
    "rewind_world": Case({}, lambda found: found["rewound"] == 1, sold),
    "reset_world": Case({}, lambda found: found["seed"] == 1),
    "list_faults": Case({}, lambda found: "lost-answer" in found["presets"] and found["rules"] == []),
    "add_fault": Case({"preset": "lost-answer", "api": "monedero"}, lambda found: found["id"] == 1),
    "remove_faults": Case({}, lambda found: found["removed"] == "all"),
    "show_verification": Case({}, lambda found: "state" in found),
    "explain_document": Case({"document": "serpi"}, lambda found: found["families"]["branch"]["collection"] == "/Sucursales"),
}

REFUSALS: dict[str, tuple[Answer, str]] = {
    "list_apis": ({"world": "a b"}, "world"),
    "list_operations": ({"api": "nobodys"}, "there are backoffice, monedero, serpi"),
    "describe_operation": ({"api": "monedero", "operation": "creat_sale"}, "it has create_sale"),
    "call_operation": ({"api": "monedero", "operation": "create_sale", "credential": "boss"}, "publishes no credential 'boss'; there are demo"),
    "why_refused": ({"number": 77}, "no exchange 77"),
    "search_journal": ({"status": "many"}, "status"),
    "show_exchange": ({"number": 77}, "no exchange 77"),
    "read_outbox": ({"to": "\x01"}, "to"),
    "resend_webhook": ({"message": 77}, "no message 77"),
    "list_records": ({"api": "monedero", "table": "sales"}, "there are accounts, wallets"),
    "show_changes": ({"before": "missing"}, "no snapshot 'missing'"),
    "show_clock": ({"limit": 0}, "greater than or equal to 1"),
    "move_clock": ({"change": "advance", "value": "tomorrow"}, "write a duration such as P31D or PT1H"),
    "list_worlds": ({"limit": 1000}, "less than or equal to 200"),
    "save_snapshot": ({"name": "../worlds"}, "cannot be a name; write letters"),
    "restore_snapshot": ({"name": "missing"}, "no snapshot 'missing'"),
    "fork_world": ({"name": "default"}, "default"),
    "rewind_world": ({"number": 77}, "no exchange 77"),
    "reset_world": ({"world": "a b"}, "world"),
    "list_faults": ({"offset": -1}, "greater than or equal to 0"),
    "add_fault": ({}, "name a preset, or give the fields of a rule"),
    "remove_faults": ({"rule": 9}, "9"),
    "verify_url": ({"api": "serpi", "url": "http://192.0.2.1/"}, "--allow-targets 192.0.2.1:80"),
    "show_verification": ({"wait": 500}, "less than or equal to 50"),
    "explain_document": ({"document": "no-such-file.yaml"}, "there is no document 'no-such-file.yaml'"),
}

PAGED: dict[str, Answer] = {
    "list_operations": {"api": "trincico"},
    "read_outbox": {},
    "list_records": {"api": "trincico", "table": "users"},
    "show_changes": {},
    "show_clock": {},
    "list_worlds": {},
    "list_faults": {},
    "explain_document": {"document": "monedero"},
}
"""Tools with pages, asked for one far behind the last."""


def test_every_tool_has_an_answer_a_refusal_and_a_bound(agent: Agent) -> None:
    tools = {tool.name: tool for tool in agent.list_tools()}
    elsewhere = {"verify_url", "resend_webhook"}  # the answer of the latter stands in test_webhooks.py, which has a receiver
    assert set(tools) == {*ANSWERS, *elsewhere} == set(REFUSALS)
    for name, tool in tools.items():
        assert tool.description
        properties = tool.input_schema["properties"]
        assert name not in PAGED or {"offset", "limit"} <= set(properties)
        assert all(one.get("description") for key, one in properties.items() if key != "limit"), name
        assert len(tool.model_dump_json()) < 4000, f"{name} takes too much of what an agent can read"


@pytest.mark.parametrize("tool", ANSWERS)
def test_a_tool_answers(tool: str, agent: Agent) -> None:
    case = ANSWERS[tool]
    number = case.given(agent)
    found = agent.ask(tool, **complete(tool, agent), **({} if number is None else {"number": number}))
    assert case.holds(found), found


@pytest.mark.parametrize("tool", REFUSALS)
def test_a_tool_refuses_and_says_what_to_do(tool: str, agent: Agent) -> None:
    arguments, text = REFUSALS[tool]
    with pytest.raises(ToolRefused) as refusal:
        agent.ask(tool, **arguments)
    assert text in str(refusal.value)


@pytest.mark.parametrize("tool", PAGED)
def test_a_page_begins_where_it_is_asked_to(tool: str, agent: Agent) -> None:
    found = agent.ask(tool, **PAGED[tool], offset=FAR, limit=1)
    assert found["total"] >= 0
    assert [] in found.values()
    assert found["next_offset"] is None


@pytest.mark.parametrize("tool", [*ANSWERS, "verify_url"])
def test_no_answer_is_longer_than_the_limit(tool: str, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tool bounds what it answers: with a low limit the same answer is shortened, and says so."""
    small = Limit("agent-answer", 900, "bytes", "The answer of a tool.", "It is shortened.")
    number = ANSWERS[tool].given(agent) if tool in ANSWERS else None
    monkeypatch.setattr(limits, "AGENT_ANSWER", small)
    try:
        found = agent.ask(tool, **complete(tool, agent), **({} if number is None else {"number": number}))
    finally:
        if tool == "verify_url":
            with contextlib.suppress(ToolError):  # it may have ended
                agent.connection.call("DELETE", "/conformance")
    assert bounds.measure(found) <= small.value, f"{tool} answers {len(json.dumps(found))} bytes"


def test_a_long_body_is_shortened_and_the_search_ends(agent: Agent) -> None:
    number = refused_sale(agent, note=LONG)
    found = agent.ask("why_refused", number=number)
    assert found["shortened"]
    assert bounds.measure(found) <= limits.AGENT_ANSWER.value
    assert found["tried"] <= limits.AGENT_TRIALS.value
    assert "60000 characters" in found["nearest"]["body"]["note"]


def test_a_search_leaves_nothing_behind(agent: Agent) -> None:
    number = refused_sale(agent)
    before = agent.ask("search_journal")["total"]
    agent.ask("why_refused", number=number)
    assert agent.ask("search_journal")["total"] == before
    assert agent.ask("show_changes")["total"] == 0
    assert agent.ask("list_worlds", prefix=f"{agent.world}.try")["total"] == 0


def test_a_world_goes_back_forks_and_is_compared_at_a_call(agent: Agent) -> None:
    sold(agent)
    second = sold(agent)
    agent.ask("fork_world", name=f"{agent.world}.fork", before=second)
    assert agent.ask("show_changes", call=second)["total"] == 1
    assert agent.ask("show_changes", other=f"{agent.world}.fork")["total"] == 1
    agent.ask("rewind_world", number=second)
    assert agent.ask("show_changes", other=f"{agent.world}.fork")["total"] == 0


def test_the_nearest_request_is_searched_in_the_state_of_the_call(agent: Agent) -> None:
    """A customer who was registered twice could not be registered now either; the first refusal is about the state before."""
    register = {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "Clienta", "usertool_id": 7201}
    number = agent.ask("call_operation", api="monedero", operation="add_contact", body=register)["exchange"]
    register_contact(agent)
    assert agent.ask("why_refused", number=number)["advice"] == "send '7001' as body/usertool_id, not '7201'"


def test_a_call_that_was_not_refused_has_no_reason(agent: Agent) -> None:
    with pytest.raises(ToolRefused, match="was answered 200, it was not refused; show_exchange"):
        agent.ask("why_refused", number=sold(agent))


def test_a_refusal_by_a_fault_rule_names_the_rule(agent: Agent) -> None:
    agent.ask("add_fault", api="monedero", operation="create_sale", fields={"answer": {"code": "new_sale_10"}})
    number = agent.ask("call_operation", api="monedero", operation="create_sale", body=SALE)["exchange"]
    found = agent.ask("why_refused", number=number)
    assert "rule 1" in found["cause"]
    assert "remove_faults" in found["cause"]


def test_a_wrong_path_gets_the_operations_near_it(agent: Agent) -> None:
    agent.connection.wire.post(f"{agent.connection.mock(agent.world).api('monedero').base_url}/wallet/sales", data=SALE)
    found = agent.ask("why_refused", number=1)
    assert found["nearest_operations"][0] == "POST /wallet/sale"


def test_a_call_without_a_credential_is_told_to_send_one(agent: Agent) -> None:
    number = agent.ask("call_operation", api="monedero", operation="create_sale", body=SALE, credential="none")["exchange"]
    assert agent.ask("why_refused", number=number)["advice"] == "send the headers of the published credential demo"


@pytest.mark.parametrize(
    ("api", "operation", "sent", "advice"),
    [
        (
            "monedero",
            "create_sale",
            {"body": {**SALE, "transaction_type": 1, "points_used": 9000}},
            "points_used",
        ),
        ("trincico", "create_user", {"body": {"mail": "a@example.com"}}, "body/"),
        ("serpi", "list_sucursales", {"parameters": {"limite": "many"}}, "query/limite"),
    ],
)
def test_the_nearest_request_passes_when_it_is_sent(api: str, operation: str, sent: Answer, advice: str, agent: Agent) -> None:
    refused = agent.ask("call_operation", api=api, operation=operation, **sent)
    assert refused["status"] >= 400
    found = agent.ask("why_refused", number=refused["exchange"])
    assert advice in found["advice"]
    nearest = found["nearest"]
    again = agent.ask(
        "call_operation", api=api, operation=operation, parameters=nearest["parameters"], body=nearest.get("body"), credential=nearest["credential"]
    )
    assert again["status"] < 400, again


def test_a_path_without_its_value_is_not_called(agent: Agent) -> None:
    with pytest.raises(ToolRefused, match="needs a value for"):
        agent.ask("call_operation", api="trincico", operation="retrieve_reserve")
    assert agent.ask("search_journal")["total"] == 0


def test_over_http_no_file_of_the_machine_is_read(agent: Agent) -> None:
    with pytest.raises(ToolRefused, match="over HTTP only documents of the server are explained"):
        Agent(agent.connection, agent.world, reads_files=False).ask("explain_document", document="pyproject.toml")
