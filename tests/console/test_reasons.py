"""The row of the overview alone says why a call was refused: walked over every documented refusal that a seeded record reaches."""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.checks.run import Run
from contract_tests.suite.harness import ApiClient, Target
from mockserver.openapi.documents import load_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock, Server

SHOWN = 0.95
"""The share of the refusals whose row shows code, reason, clause or entry, and section; and of the stated clauses, those that are shown."""
WALKED = {"backoffice": 28, "monedero": 50, "troyansys": 12, "trincico": 380}
"""How many refusals a walk reaches at least. SERPI documents none: it answers 200 with a code in the body, tested below."""
STATED = {"backoffice": 19, "monedero": 50, "troyansys": 0, "trincico": 90}
"""Of these, how many follow a sentence of the vendor's page at least; the page of Troyansys only lists the codes of its refusals."""


@dataclass(frozen=True)
class Walked:
    """A refusal that was provoked: what the journal has of it, as data and as the overview shows it, and the clause that the document states."""

    operation: str
    code: str
    exchange: dict[str, Any]
    row: str
    stated: str | None

    @property
    def is_shown(self) -> bool:
        """Whether the row shows the code of the refusal, its reason, what it follows, and where the page says so."""
        found = self.exchange
        follows = found["clause"] or found["entry"]
        if not (found["code"] and found["reason"] and follows and found["section"]):
            return False
        return all(part in self.row for part in (found["code"], found["reason"][:60], follows, found["section"].removeprefix("Vendor page, ")))


def walk(slug: str, server: Server) -> Iterator[Walked]:
    """Provoke each documented refusal by its recipes, each in a world of its own."""
    document = load_document(slug)
    with httpx.Client(timeout=30) as client, httpx.Client(base_url=server.url, timeout=30) as asking:
        seen: list[str] = []
        client.event_hooks = {"request": [lambda request: seen.append(request.headers.get("x-mock-world", ""))]}
        run = Run(ApiClient(Target.discover(slug, server.url + document.base_path), client), BehaviourModel(document, strict=True), "quick", 1)
        for name, operation in run.model.operations.items():
            for code, found in operation.recipes.items():
                if code not in operation.errors:
                    continue
                recipe = found[0] if isinstance(found, list) else found
                session = run.session(f"reason {name} {code}")
                answer = session.send(name, recipe, session.prepare(name, recipe))
                assert answer.is_refusal, f"{name} {code}"
                exchange = asking.get("/_mock/journal?limit=1", headers={"x-mock-world": seen[-1]}).json()["exchanges"][-1]
                rows = asking.get(f"/~{seen[-1]}/console/journal/rows").text
                asking.delete(f"/_mock/worlds/{seen[-1]}")
                stated = recipe.get("clause", operation.errors[code].get("clause"))
                yield Walked(name, code, exchange, unescape(rows.split("</tr>")[1]), stated)


@pytest.mark.parametrize("slug", WALKED)
def test_the_row_of_every_documented_refusal_says_why(slug: str, server: Server) -> None:
    walked = list(walk(slug, server))
    shown = [one.is_shown for one in walked]
    assert len(walked) >= WALKED[slug]
    assert sum(shown) >= SHOWN * len(shown), [(one.operation, one.code, one.exchange) for one in walked if not one.is_shown]
    stated = [one for one in walked if one.stated is not None]
    agreeing = [one for one in stated if one.exchange["clause"] == one.stated]
    assert sum(one.exchange["clause"] is not None for one in walked) >= STATED[slug]
    assert len(agreeing) >= SHOWN * len(stated), [
        (one.operation, one.code, one.stated, one.exchange["clause"]) for one in stated if one not in agreeing
    ]


def test_a_refusal_of_an_api_without_codes_shows_the_clause_of_its_inputs(mock: Mock, console: httpx.Client) -> None:
    with mock.client("serpi") as client:
        client.post("/Sucursales", json={})
        client.get("/Sucursales", params={"limite": "x"})
    with mock.client("serpi", None) as client:
        client.get("/Sucursales")
    rows = [unescape(row) for row in console.get("/console/journal/rows").text.split("</tr>")[1:4]]
    for row, status, reason, section in zip(
        rows,
        ("401", "400", "400"),
        ("secretkey: missing", 'query/limite "x" is not of type "integer"', "Sixteen fields have to be sent"),
        ("API Consulta (GET)", "API Consulta (GET)", "API Creación (POST)"),
        strict=True,
    ):
        assert all(part in row for part in (status, reason, f'section "{section}"'))
    assert "serpi.create_sucursal.r1" in rows[-1]
