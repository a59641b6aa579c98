"""Fault rules: documented answers, latency, broken connections; by rule, by header, by service."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator

from mockserver.testing import Mock, Refused
from tests.server.samples import SLUGS, document_of, samples

if TYPE_CHECKING:
    from mockserver.openapi.operations import OperationSpec
    from tests.server.samples import Sample

OPERATIONS = [(slug, spec.id) for slug in SLUGS for spec in document_of(slug).operations]
BRANCH = next(sample for sample in samples("serpi") if sample.operation == "create_sucursal")


def spec_of(slug: str, operation: str) -> OperationSpec:
    return next(spec for spec in document_of(slug).operations if spec.id == operation)


def check(slug: str, operation: str, response: httpx.Response) -> None:
    """Validate the body of an answer against the document, with another library than the server's."""
    document = document_of(slug)
    declared = document.resolve(spec_of(slug, operation).spec["responses"][str(response.status_code)])
    if not declared.get("content"):
        assert response.content == b""
        return
    media = declared["content"][response.headers["content-type"].partition(";")[0]]
    if response.headers["content-type"].startswith("application/json"):
        for key in ("schema", "x-emits"):
            if key in media:
                OAS30Validator({**media[key], "components": document.raw.get("components", {})}).validate(response.json())


def call(world: Mock, slug: str, operation: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """A call to an operation; its content does not matter, because the fault is applied first."""
    spec = spec_of(slug, operation)
    path = spec.path
    for parameter in spec.parameters:
        path = path.replace("{" + parameter["name"] + "}", "1")
    return world.api(slug).client().request(spec.method, path, headers=headers)


def texts(value: Any) -> list[str]:
    """Every text in an answer; refusals of some vendors have a text and no code."""
    if isinstance(value, dict | list):
        return [text for inner in (value.values() if isinstance(value, dict) else value) for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def branches(world: Mock) -> int:
    return world.serpi.state.tables["branches"]


def refusal(world: Mock, api: str, *arguments: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as error:
        world.faults.add(api, *arguments, **options)
    return error.value


# Documented answers


@pytest.mark.parametrize(("slug", "operation"), OPERATIONS)
def test_every_documented_refusal_can_be_injected_and_validates(world: Mock, slug: str, operation: str) -> None:
    spec = spec_of(slug, operation)
    for status in [int(status) for status in spec.spec["responses"] if int(status) >= 400]:
        with world.faults.add(slug, operation, status=status) as rule:
            response = call(world, slug, operation)
            assert response.status_code == status
            assert response.headers["x-mock-injected"] == f"rule {rule.id}"
            check(slug, operation, response)
    for code, error in document_of(slug).resolve(spec.spec.get("x-errors", {})).items():
        with world.faults.add(slug, operation, code=code):
            response = call(world, slug, operation)
            assert response.status_code == error["status"]
            assert code in response.text or error["message"] in texts(response.json())
            check(slug, operation, response)
    assert world.diff() == []


@pytest.mark.parametrize(("slug", "operation"), OPERATIONS)
def test_every_documented_status_can_be_preferred_and_validates(world: Mock, slug: str, operation: str) -> None:
    for status in spec_of(slug, operation).spec["responses"]:
        for more in ("", ", dynamic=true"):
            response = call(world, slug, operation, {"prefer": f"code={status}{more}"})
            assert response.status_code == int(status), (status, more)
            assert response.headers["preference-applied"] == f"code={status}{more}"
            check(slug, operation, response)
    assert world.diff() == []


@pytest.mark.parametrize(("slug", "operation"), OPERATIONS)
def test_every_example_of_an_answer_can_be_preferred(world: Mock, slug: str, operation: str) -> None:
    document = document_of(slug)
    for status, declared in spec_of(slug, operation).spec["responses"].items():
        for media in document.resolve(declared).get("content", {}).values():
            for name, example in media.get("examples", {}).items():
                response = call(world, slug, operation, {"prefer": f'code={status}; example="{name}"'})
                if response.status_code == 400 and "a reading of the page" in response.text:
                    continue
                assert response.json() == document.resolve(example)["value"]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_rule_for_a_whole_vendor_is_for_the_operations_that_document_the_answer(world: Mock, slug: str) -> None:
    documented: dict[int, set[str]] = {}
    for spec in document_of(slug).operations:
        for status in spec.spec["responses"]:
            documented.setdefault(int(status), set()).add(spec.id)
    for status, operations in documented.items():
        if status >= 400:
            assert set(world.faults.add(slug, status=status).operations) == operations


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ({"api": "nobody", "status": 500}, 404, "there are"),
        ({"api": "serpi", "operation": "sell", "status": 500}, 404, "there are list_sucursales"),
        ({"api": "serpi", "status": 418}, 409, "documents 200, 201, 400"),
        ({"api": "monedero", "operation": "create_sale", "status": 503}, 409, "documents 200, 400, 401, 413, 415, not 503"),
        ({"api": "monedero", "operation": "create_sale", "code": "nothing"}, 409, "documents the codes auth_01, new_sale_02"),
        ({"api": "monedero", "operation": "create_sale", "code": "wallet_redeem_02"}, 409, "ask for new_sale_02"),
        ({"api": "monedero", "operation": "create_sale", "code": "new_sale_02", "status": 401}, 409, "new_sale_02 comes with status 400"),
        ({"api": "serpi", "code": "nothing"}, 409, "documents no codes"),
        ({"api": "serpi", "method": "DELETE", "delay": 1}, 409, "has the method DELETE"),
        ({"api": "serpi", "caller": "stranger", "delay": 1}, 404, "there are demo, empty, other"),
        ({"api": "serpi"}, 400, ""),
        ({"api": "serpi", "delay": 100}, 400, ""),
        ({"api": "serpi", "delay": 1, "first": 1, "every": 2}, 400, ""),
        ({"api": "serpi", "status": 500, "probability": 1.5}, 400, ""),
    ],
)
def test_a_rule_that_the_document_cannot_honour_is_refused_in_words(world: Mock, arguments: dict[str, Any], status: int, words: str) -> None:
    error = refusal(world, arguments.pop("api"), **arguments)
    assert error.status == status
    assert words in error.text
    assert world.faults.rules == []


# How often, and for whom


def statuses(world: Mock, count: int = 8, credential: str = "demo", **options: Any) -> list[int]:
    client = world.serpi.client(credential)
    return [client.get("/Sucursales", **options).status_code for _ in range(count)]


def test_the_first_two_calls_fail_then_all_succeed(world: Mock) -> None:
    rule = world.faults.add("serpi", "list_sucursales", status=429, first=2)
    assert statuses(world, 5) == [429, 429, 200, 200, 200]
    assert rule.struck == 2
    assert [(found.matched, found.struck) for found in world.faults.rules] == [(5, 2)]


def test_every_third_call_fails(world: Mock) -> None:
    world.faults.add("serpi", status=503, every=3)
    assert statuses(world, 7) == [200, 200, 503, 200, 200, 503, 200]


def test_a_probability_is_drawn_from_the_seed_and_is_kept_by_snapshots(world: Mock) -> None:
    world.faults.add("serpi", status=500, probability=0.5)
    saved = world.snapshot()
    drawn = statuses(world, 40)
    assert 5 < drawn.count(500) < 35
    saved.restore()
    assert statuses(world, 40) == drawn
    assert statuses(saved.fork(), 40) == drawn


def test_rules_are_for_a_method_a_path_headers_or_a_caller(world: Mock) -> None:
    with world.faults.add("serpi", method="POST", status=500):
        assert statuses(world, 1) == [200]
        assert BRANCH.send(world.serpi.client()).status_code == 500
    with world.faults.add("monedero", path="/wallet/contact/*", status=401):
        client = world.monedero.client()
        assert client.post("/wallet/get").status_code == 200
        assert client.post("/wallet/contact/get").status_code == 401
    with world.faults.add("serpi", headers={"X-Client": "old"}, status=500):
        assert statuses(world, 1) == [200]
        assert statuses(world, 1, headers={"x-client": "old"}) == [500]
    with world.faults.add("serpi", caller="empty", status=500):
        assert statuses(world, 1) == [200]
        assert statuses(world, 1, credential="empty") == [500]
        spelled = {"authorization": "bearer serpi-empty-token"}
        assert statuses(world, 1, credential="empty", headers=spelled) == [500]
        assert httpx.get(f"{world.serpi.base_url}/Sucursales").status_code == 401


def test_rules_of_one_world_are_unknown_in_another(world: Mock) -> None:
    other = world.fork()
    world.faults.add("serpi", status=500)
    assert other.faults.rules == []
    assert statuses(other, 2) == [200, 200]


def test_several_rules_apply_together(world: Mock) -> None:
    world.faults.add("serpi", delay=0.1)
    world.faults.add("serpi", delay=0.1, when="after")
    world.faults.add("serpi", status=503, first=1)
    world.faults.add("serpi", status=500)
    started = time.monotonic()
    assert statuses(world, 2) == [503, 500]
    assert time.monotonic() - started >= 0.4
    marks = world.journal.exchanges()[0].injected
    assert [mark.partition(":")[0] for mark in marks] == ["rule 1", "rule 2", "rule 3"]


def test_a_hundred_rules_are_the_limit(world: Mock) -> None:
    for _ in range(100):
        world.faults.add("serpi", status=500)
    assert refusal(world, "serpi", status=500).status == 409
    world.faults.clear()
    assert world.faults.rules == []


def test_a_rule_is_removed_by_its_number(world: Mock) -> None:
    first, second = (world.faults.add("serpi", status=status) for status in (500, 503))
    first.remove()
    assert [rule.id for rule in world.faults.rules] == [second.id]
    with pytest.raises(Refused, match="there are 2"):
        first.remove()


# Before and after


def test_before_nothing_is_done_and_after_everything_is(world: Mock) -> None:
    count = branches(world)
    with world.faults.add("serpi", "create_sucursal", status=503):
        assert BRANCH.send(world.serpi.client()).status_code == 503
    assert branches(world) == count
    with world.faults.add("serpi", "create_sucursal", status=503, when="after"):
        assert BRANCH.send(world.serpi.client()).status_code == 503
    assert branches(world) == count + 1


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("damage", ["reset", "truncated", "malformed"])
def test_damage_keeps_what_was_done_only_after_the_commit(world: Mock, damage: Any, when: Any, kept: int) -> None:
    count = branches(world)
    world.faults.add("serpi", "create_sucursal", damage=damage, when=when, first=1)
    client = world.serpi.client()
    try:
        BRANCH.send(client).json()
    except (httpx.TransportError, ValueError):
        pass
    else:
        raise AssertionError("the answer arrived whole")
    assert branches(world) == count + kept
    assert BRANCH.send(client).status_code == 201


def test_a_call_that_is_refused_anyway_is_refused_once_the_rule_lets_it_pass(world: Mock) -> None:
    world.faults.add("serpi", "create_sucursal", status=503, when="after", first=1)
    client = world.serpi.client()
    assert [BRANCH.without("descripcion").send(client).status_code for _ in range(2)] == [503, 400]


# On the wire, by two clients


def curl(world: Mock, sample: Sample = BRANCH) -> subprocess.CompletedProcess[str]:
    headers = [argument for name, value in world.serpi.headers.items() for argument in ("-H", f"{name}: {value}")]
    body = ["-H", "content-type: application/json", "-d", httpx.Request("POST", "http://x", json=sample.body).content.decode()]
    command = ["curl", "-sS", "--max-time", "20", "-X", sample.method, world.serpi.base_url + sample.path, *headers, *body]
    return subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [("reset", 56, "reset"), ("truncated", 18, "bytes remaining"), ("malformed", 0, ""), ("drip", 0, "")],
)
def test_curl_sees_each_kind_of_damage(world: Mock, damage: Any, code: int, words: str) -> None:
    world.faults.add("serpi", damage=damage, seconds=0.3)
    done = curl(world)
    assert (done.returncode, words in done.stderr) == (code, True)
    if damage == "drip":
        assert '"code":201' in done.stdout
    else:
        assert not done.stdout.endswith("}")


@pytest.mark.parametrize(
    ("damage", "error"),
    [("reset", httpx.ReadError), ("truncated", httpx.RemoteProtocolError), ("malformed", ValueError)],
)
def test_httpx_sees_each_kind_of_damage(world: Mock, damage: Any, error: type[Exception]) -> None:
    world.faults.add("serpi", damage=damage)
    with pytest.raises(error):
        BRANCH.send(world.serpi.client()).json()
    exchange = world.journal.exchanges()[-1]
    assert exchange.status == (0 if damage == "reset" else 201)
    assert damage in exchange.injected[0]


def test_an_answer_without_a_body_cannot_be_malformed(world: Mock) -> None:
    world.faults.add("trincico", "create_payout", damage="malformed")
    with httpx.Client(base_url=world.trincico.base_url, headers={"Authorization": "Bearer trincico-elite-token"}) as client:
        answer = client.post("/payouts", json={"currency": "usd", "amount": 100, "instant": True})
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_dripping_body_arrives_whole_but_late(world: Mock) -> None:
    world.faults.add("serpi", damage="drip", seconds=0.5)
    started = time.monotonic()
    assert BRANCH.send(world.serpi.client()).json()["code"] == 201
    assert time.monotonic() - started >= 0.5


@pytest.mark.parametrize("slug", SLUGS)
def test_every_vendor_can_be_made_to_reset_the_connection(world: Mock, slug: str) -> None:
    sample = samples(slug)[0]
    world.faults.add(slug, sample.operation, damage="reset")
    with pytest.raises(httpx.TransportError):
        sample.send(world.api(slug).client())


def test_a_broken_connection_does_not_break_the_server(world: Mock) -> None:
    world.faults.add("serpi", damage="reset", every=2)
    client = world.serpi.client()
    seen = []
    for _ in range(40):
        try:
            seen.append(client.get("/Sucursales").status_code)
        except httpx.TransportError:
            seen.append(0)
    assert seen == [200, 0] * 20


@pytest.mark.parametrize(
    ("delay", "least", "most"),
    [
        (0.2, 0.2, 2.0),
        ({"distribution": "fixed", "seconds": 0.2}, 0.2, 2.0),
        ({"distribution": "uniform", "seconds": 0.1, "most": 0.3}, 0.1, 2.0),
        ({"distribution": "lognormal", "seconds": 0.1, "sigma": 0.5, "most": 0.4}, 0.0, 2.0),
        ({"distribution": "lognormal", "seconds": 0, "sigma": 0.5}, 0.0, 2.0),
    ],
)
def test_calls_are_delayed_as_requested(world: Mock, delay: Any, least: float, most: float) -> None:
    world.faults.add("serpi", delay=delay)
    started = time.monotonic()
    assert statuses(world, 1) == [200]
    assert least <= time.monotonic() - started < most
    assert "delayed" in world.journal.exchanges()[0].injected[0]


# The header


def test_a_preference_applies_to_one_call_and_changes_nothing(world: Mock) -> None:
    client = world.serpi.client()
    answer = BRANCH.send(client, {"prefer": "code=503"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (503, "code=503")
    assert world.diff() == []
    assert BRANCH.send(client).status_code == 201
    assert world.journal.exchanges()[0].injected == ("prefer: code=503",)


def test_a_delay_alone_holds_the_real_answer_up(world: Mock) -> None:
    started = time.monotonic()
    answer = BRANCH.send(world.serpi.client(), {"prefer": "delay=0.3"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "delay=0.3")
    assert time.monotonic() - started >= 0.3


def test_an_answer_may_come_from_the_examples_or_be_made_up(world: Mock) -> None:
    client = world.serpi.client()
    static = client.get("/Sucursales", headers={"prefer": "dynamic=false"})
    assert static.json() == document_of("serpi").raw["components"]["examples"]["one_branch"]["value"]
    made_up = [client.get("/Sucursales", params={"pagina": page}, headers={"prefer": "dynamic=true"}).json() for page in (1, 1, 2)]
    assert made_up[0] == made_up[1] != made_up[2]


@pytest.mark.parametrize(
    ("preference", "words"),
    [
        ("code=418", "documents 200, 201, 400"),
        ("code=nothing", "documents no codes"),
        ("example=nothing", "there are: one_branch (200)"),
        ("code=400, example=one_branch", "no example one_branch for status 400"),
        ("dynamic=maybe", "write true or false"),
        ("delay=soon", "write seconds"),
        ("delay=61", "at most 60"),
        ("code=201, dynamic=false, delay=-1", "write seconds"),
    ],
)
def test_an_unsatisfiable_preference_is_refused_in_words(world: Mock, preference: str, words: str) -> None:
    answer = world.serpi.client().get("/Sucursales", headers={"prefer": preference})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert words in answer.json()["detail"]
    assert "preference-applied" not in answer.headers


@pytest.mark.parametrize("preference", ["return=minimal", "wait=5", "", "=;,", "respond-async, handling=lenient"])
def test_preferences_that_are_not_the_mocks_are_left_to_the_vendor(world: Mock, preference: str) -> None:
    answer = world.serpi.client().get("/Sucursales", headers={"prefer": preference})
    assert answer.status_code == 200
    assert "preference-applied" not in answer.headers


def test_the_control_plane_cannot_be_made_to_fail(world: Mock) -> None:
    assert httpx.get(f"{world.url}/_mock/clock", headers={"prefer": "code=401"}).status_code == 200
    assert refusal(world, "mock", status=401).status == 404


# Services


def down(world: Mock) -> list[str]:
    return [name for name, is_down in world.services.all.items() if is_down]


def test_a_service_that_is_down_makes_the_documented_refusal_happen(world: Mock) -> None:
    assert down(world) == []
    world.services.down("serpi.erp")
    answer = world.serpi.client().get("/Sucursales")
    assert (answer.status_code, answer.json()["code"]) == (503, 503)
    assert down(world) == ["serpi.erp"]
    assert world.journal.exchanges()[0].injected == ()
    world.services.up("serpi.erp")
    assert statuses(world, 1) == [200]


def test_an_unknown_service_is_named_with_those_that_there_are(world: Mock) -> None:
    with pytest.raises(Refused, match=r"there are .*serpi\.erp"):
        world.services.down("serpi.printer")
