"""Every kind of violation in an exchange is found at its place, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema_path import SchemaPath
from openapi_core import V30RequestValidator, V30ResponseValidator
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from contract_tests.traffic.compiled import JudgedRequest, JudgedResponse
from contract_tests.traffic.exchange import HttpMessage, RecordedExchange
from contract_tests.traffic.forms import gather, multipart, urlencoded
from contract_tests.traffic.judge import TrafficValidator
from mockserver.core.base.faults import Malformed
from mockserver.core.operation import forms
from mockserver.openapi.documents import list_slugs, load_document
from mockserver.openapi.masking import MASK
from mockserver.openapi.operations import Route
from tests.traffic.exchanges import FORM, JSON, KEY, SALE, SOLD, answer, sale

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract_tests.traffic.findings import Judgement


@pytest.fixture(scope="module")
def monedero() -> TrafficValidator:
    return TrafficValidator(load_document("monedero"))


@pytest.fixture(scope="module")
def serpi() -> TrafficValidator:
    return TrafficValidator(load_document("serpi"))


def places(judgement: Judgement) -> list[tuple[str, str, str, str]]:
    return [(finding.side, finding.place, finding.pointer, finding.keyword) for finding in judgement.findings]


BRANCH: dict[str, Any] = load_document("serpi").raw["components"]["examples"]["new_branch"]["value"]
ONE_BRANCH: dict[str, Any] = load_document("serpi").raw["components"]["examples"]["one_branch"]["value"]
BRANCH_CREATED: dict[str, Any] = load_document("serpi").raw["components"]["examples"]["branch_created"]["value"]
KEYS = (("secretkey", "serpi-demo-secretkey"), ("Authorization", "Bearer serpi-demo-token"))


def created(
    body: Any = BRANCH, *, headers: tuple[tuple[str, str], ...] = (*KEYS, JSON), status: int = 201, response: HttpMessage | None = None
) -> RecordedExchange:
    found = answer(BRANCH_CREATED) if response is None else response
    return RecordedExchange(1, "POST", "http://x/serpi/api/v1/Sucursales", HttpMessage(headers, json.dumps(body).encode()), status, found)


def listed(
    query: str = "limite=2", *, response: HttpMessage | None = None, headers: tuple[tuple[str, str], ...] = KEYS, status: int = 200
) -> RecordedExchange:
    found = answer(ONE_BRANCH) if response is None else response
    return RecordedExchange(1, "GET", f"http://x/serpi/api/v1/Sucursales?{query}", HttpMessage(headers), status, found)


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


def changed(body: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {**body, **values}


GOOD = [sale(), created(), listed()]


@pytest.mark.parametrize("exchange", GOOD, ids=lambda exchange: f"{exchange.method} {exchange.path}")
def test_nothing_is_found_in_a_good_exchange(exchange: RecordedExchange, monedero: TrafficValidator, serpi: TrafficValidator) -> None:
    judge = monedero if "monedero" in exchange.path else serpi

    judgement = judge.judge(exchange)

    assert (judgement.kind, places(judgement), judgement.unjudged) == ("judged", [], ())


def branches(**values: Any) -> HttpMessage:
    return answer({**ONE_BRANCH, "result": [{**ONE_BRANCH["result"][0], **values}]})


PLANTED = [
    ("request", sale(fields=without(SALE, "phone")), ("body", "/phone", "required"), "monedero.create_sale.e3"),
    ("request", sale(headers=(FORM,)), ("security", "", "required"), "monedero.create_sale.e1"),
    ("request", listed("limite=many"), ("query", "/limite", "type"), None),
    ("request", created(changed(BRANCH, descripcion="x" * 51)), ("body", "/descripcion", "maxLength"), None),
    ("request", created(headers=(*KEYS, ("content-type", "text/plain"))), ("media type", "", "media type"), None),
    ("request", created(changed(BRANCH, id_tercero="1804")), ("body", "/id_tercero", "type"), None),
    ("response", sale(response=answer(without(SOLD, "newBalance"))), ("body", "/newBalance", "required"), None),
    ("response", sale(response=answer(changed(SOLD, code="sold"))), ("body", "/code", "enum"), None),
    ("response", listed(response=branches(id="first")), ("body", "/result/0/id", "type"), None),
    ("response", sale(status=207), ("status", "", "undocumented"), None),
    ("response", sale(response=answer(SOLD, ("content-type", "text/html"))), ("media type", "", "media type"), None),
    ("response", sale(response=HttpMessage((JSON,), b'{"success": tru')), ("body", "", "malformed"), None),
]


@pytest.mark.parametrize(
    ("side", "exchange", "expected", "clause"), PLANTED, ids=[f"{side}-{expected[0]}-{expected[2]}" for side, _, expected, _ in PLANTED]
)
def test_a_planted_violation_is_found_and_nothing_else(
    side: str, exchange: RecordedExchange, expected: tuple[str, str, str], clause: str | None, monedero: TrafficValidator, serpi: TrafficValidator
) -> None:
    judge = monedero if "monedero" in exchange.path else serpi

    judgement = judge.judge(exchange)

    assert places(judgement) == [(side, *expected)]
    (finding,) = judgement.findings
    assert finding.entry == 1
    assert finding.clause == clause
    assert finding.schema.startswith("#/")
    assert finding.says


def test_a_broken_request_that_was_refused_is_no_violation(monedero: TrafficValidator) -> None:
    refusal = {"success": False, "message": "No autorizado", "status": 401, "code": "auth_01"}

    judgement = monedero.judge(sale(headers=(FORM,), status=401, response=answer(refusal)))

    assert judgement.refused
    assert judgement.findings == ()
    assert [finding.place for finding in judgement.request] == ["security"]


def test_an_unknown_path_is_a_violation_only_if_it_was_answered(monedero: TrafficValidator) -> None:
    refused, answered = (monedero.judge(sale(path="/monedero/wallet/steal", status=status)) for status in (404, 200))

    assert (refused.kind, refused.findings) == ("unknown", ())
    assert (answered.kind, places(answered)) == ("unknown", [("request", "operation", "", "undocumented")])


@pytest.mark.parametrize(
    "path", ["/monedero/wallet/sale/", "/~any-world/monedero/wallet/sale", "/monedero//wallet/sale", "/~w/monedero/wallet/sale/"]
)
def test_every_spelling_of_a_path_reaches_its_operation(path: str, monedero: TrafficValidator) -> None:
    judgement = monedero.judge(sale(path=path))

    assert judgement.operation is not None
    assert judgement.operation.id == "create_sale"


@pytest.mark.parametrize("path", ["/other/wallet/sale", "/monederos/wallet/sale", "/"])
def test_what_is_not_below_the_base_path_is_foreign(path: str, monedero: TrafficValidator) -> None:
    assert monedero.judge(sale(path=path)).kind == "foreign"


def test_another_base_path_can_be_named() -> None:
    judge = TrafficValidator(load_document("monedero", ("https://loyalty.example.com/v3",)))

    assert judge.judge(sale(path="/v3/wallet/sale")).kind == "judged"


@pytest.mark.parametrize("name", ["limite", "LIMITE", "L%C3%ADmite"])
def test_a_parameter_is_judged_under_each_of_its_names(name: str, serpi: TrafficValidator) -> None:
    judgement = serpi.judge(listed(f"{name}=0"))

    assert places(judgement) == [("request", "query", "/limite", "minimum")]
    assert ("query", "limite") in judgement.sent


def test_a_bearer_token_without_a_space_is_a_credential_if_the_document_says_so(serpi: TrafficValidator) -> None:
    judgement = serpi.judge(listed(headers=(KEYS[0], ("authorization", "Bearerserpi-demo-token"))))

    assert judgement.findings == ()


def test_a_masked_value_is_not_judged(monedero: TrafficValidator) -> None:
    judgement = monedero.judge(sale(fields=changed(SALE, phone=MASK), response=answer(changed(SOLD, newBalance=MASK))))

    assert judgement.findings == ()


def test_every_violation_of_a_body_is_found(serpi: TrafficValidator) -> None:
    judgement = serpi.judge(created(changed(without(BRANCH, "id_pais"), id_tercero="x", descripcion=5)))

    assert {(finding.pointer, finding.keyword) for finding in judgement.findings} == {
        ("/id_pais", "required"),
        ("/id_tercero", "type"),
        ("/descripcion", "type"),
    }


def test_a_value_in_a_finding_hides_secrets(monedero: TrafficValidator) -> None:
    fields = {"type": "9", "employee_name": "Ana", "password": "x" * 500}

    judgement = monedero.judge(sale(fields=fields, path="/monedero/employee/add"))

    assert judgement.findings
    assert "xxx" not in str(judgement.findings)


@pytest.mark.parametrize("slug", list_slugs())
def test_the_compiled_validators_agree_with_openapi_core_as_it_comes(slug: str) -> None:
    document = load_document(slug)
    judge, spec = TrafficValidator(document, strict=True), SchemaPath.from_dict(document.raw)  # openapi-core knows no readings
    stock = V30ResponseValidator(spec)
    compared = 0
    for operation in document.operations:
        for status in operation.statuses:
            for media_type, media in (operation.response(status) or {}).get("content", {}).items():
                if media_type != "application/json":
                    continue
                examples = [document.resolve(example)["value"] for example in media.get("examples", {}).values()]
                for value in (*examples, {}, [], "x", {"code": 7, "message": None}):
                    exchange = RecordedExchange(
                        1,
                        operation.method,
                        "http://x",
                        HttpMessage(),
                        int(status),
                        HttpMessage((("content-type", media_type),), json.dumps(value).encode()),
                    )
                    ours = bool(judge.response(Route(operation, {}), exchange)[0])
                    asked = JudgedRequest(operation.method, operation.path, RequestParameters(), "", None)
                    asked.host_url = "http://mock.example"
                    asked.path = asked.path_pattern = document.base_path + operation.path
                    answered = JudgedResponse(int(status), exchange.response.headers, media_type, exchange.response.body)
                    assert ours == bool(list(stock.iter_errors(asked, answered))), (operation.id, status, value)
                    compared += 1
    assert compared > 20


def test_a_request_is_judged_as_openapi_core_as_it_comes_judges_it() -> None:
    spec = SchemaPath.from_dict(load_document("monedero").raw)
    stock, judge = V30RequestValidator(spec), TrafficValidator(load_document("monedero"))
    for fields in (SALE, without(SALE, "phone"), changed(SALE, phone="1"), changed(SALE, transaction_type="7"), {}):
        exchange = sale(fields=fields)
        parameters = RequestParameters(ImmutableMultiDict(), Headers([KEY]))
        asked = JudgedRequest("post", "/monedero/wallet/sale", parameters, FORM[1], exchange.request.body or None)
        asked.host_url = "http://mock.example"

        assert bool(judge.judge(exchange).request) == bool(list(stock.iter_errors(asked))), urlencoded((exchange.request.body or b"").decode())


def test_a_form_of_nothing_but_its_end_has_no_fields() -> None:
    assert multipart(b"--x1--\r\n", "multipart/form-data; boundary=x1") == []
    with pytest.raises(ValueError, match="has not the boundary"):
        multipart(b"--x2--\r\n", "multipart/form-data; boundary=x1")


# The traffic tools and the mock read forms alike, although neither imports the other


def read(
    gathered: Callable[[list[tuple[str, str]]], dict[str, Any]], refusal: type[Exception], pairs: list[tuple[str, str]]
) -> dict[str, Any] | None:
    """The fields of a form; None if it is refused."""
    try:
        return gathered(pairs)
    except refusal:
        return None


NAMES = st.one_of(st.sampled_from(["", "a", "[a]", "a[]", "a[b]", "a[b][]", "a[][b]", "a[b][c]"]), st.text("ab[]", max_size=6))


@given(st.lists(st.tuples(NAMES, st.sampled_from("xy")), max_size=6))
@example([("a[b]", "1"), ("a[b]", "2"), ("a[b]", "3")])
@example([("", "1"), ("[a]", "2")])
@example([("a[b]", "1"), ("a", "2")])
def test_judge_and_mock_read_a_form_alike(pairs: list[tuple[str, str]]) -> None:
    assert read(gather, ValueError, pairs) == read(forms.gather, Malformed, pairs)


def test_an_answer_in_another_accepted_reading_is_no_finding(serpi: TrafficValidator) -> None:
    body = json.loads(json.dumps(ONE_BRANCH))
    body["result"][0]["ext"] = "12"
    assert serpi.judge(listed(response=answer(body))).findings == ()
    refusal = {"success": False, "code": 400, "message": "No."}
    assert serpi.judge(created(status=400, response=answer(refusal))).findings == ()


def test_the_mock_is_held_to_the_reading_that_it_has_chosen() -> None:
    strict = TrafficValidator(load_document("serpi"), strict=True)
    refusal = {"success": False, "code": 400, "message": "No."}
    assert places(strict.judge(created(status=400, response=answer(refusal)))) == [("response", "body", "/errors", "required")]
