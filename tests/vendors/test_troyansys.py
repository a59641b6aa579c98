"""Troyansys behaves as its page says, over HTTP: sessions, companies, plans and payments."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mockserver.openapi.documents import SPECS, read_document
from tests.server.test_bad_input import BODIES
from tests.vendors.tables import rows

if TYPE_CHECKING:
    from tests.conftest import Mock

DOCUMENT = read_document("troyansys", SPECS / "troyansys.yaml")
OPERATIONS = {operation.id: operation for operation in DOCUMENT.operations}
EXAMPLES = DOCUMENT.raw["components"]["examples"]
ROWS = [(operation, *cells) for operation, cells in rows("troyansys", "answer")]

LOGIN: dict[str, Any] = EXAMPLES["demo_login"]["value"]
APPROVED: dict[str, Any] = EXAMPLES["approved_payment"]["value"]
FAILED: dict[str, Any] = EXAMPLES["failed_payment"]["value"]
WEBHOOK = "/payphone/subscription/webhook"
FOREIGN = "La empresa no esta disponible para este usuario."
CALL = re.compile(r"(?P<headers>(?:[\w-]+=\S* )*)(?P<method>[A-Z]+) (?P<path>\S+)(?: (?P<body>.+))?")


def body_of(operation: str, written: str | None) -> bytes | None:
    """The body of a call as the page writes it."""
    if written is None or not written.startswith("…"):
        return None if written is None else written.encode()
    (media,) = OPERATIONS[operation].spec["requestBody"]["content"].values()
    body = dict(DOCUMENT.resolve(next(iter(media["examples"].values())))["value"])
    change = written.removeprefix("…").strip()
    if change.startswith("-"):
        del body[change[1:]]
    elif change:
        body.update(json.loads(change))
    return json.dumps(body).encode()


def headers_of(mock: Mock, credential: str, changes: str, *, has_body: bool) -> dict[str, str]:
    """The headers of a published credential, changed as the page writes it."""
    published = {found["name"]: found["headers"] for found in mock.api("troyansys")["credentials"]}
    headers = {**published.get(credential.strip("`"), {}), **({"Content-Type": "application/json"} if has_body else {})}
    for change in changes.split():
        name, _, value = change.partition("=")
        headers[name] = value
    return {name: value for name, value in headers.items() if value}


@pytest.mark.parametrize(("operation", "answer", "credential", "call", "status", "text"), ROWS, ids=lambda cell: str(cell).replace(" ", "_")[:30])
def test_each_answer_is_reached_as_the_page_says(mock: Mock, operation: str, answer: str, credential: str, call: str, status: str, text: str) -> None:
    written = CALL.fullmatch(call.strip("`"))
    assert written is not None, call
    assert written["path"].partition("?")[0] == OPERATIONS[operation].path
    body = body_of(operation, written["body"])
    headers = headers_of(mock, credential, written["headers"], has_body=body is not None)
    url = f"{mock.url}/~{mock.world}{DOCUMENT.base_path}{written['path']}"
    response = httpx.request(written["method"], url, content=body, headers=headers)
    assert response.status_code == int(status), (answer, response.text)
    if text:
        assert response.json()["message"] == text.strip("`")
    assert ("errors" in response.json()) == (response.status_code == 422)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_page_reaches_every_documented_error(operation: str) -> None:
    reached = {(int(status), text.strip("`")) for name, _, _, _, status, text in ROWS if name == operation}
    assert reached >= {(error["status"], error["message"]) for error in OPERATIONS[operation].spec.get("x-errors", {}).values()}
    assert any(status < 300 for status, _ in reached)


# Sessions


def sign_in(client: httpx.Client, **changes: str) -> dict[str, str]:
    """The headers of a new session in company 1."""
    answer = client.post("/auth/login", json={**LOGIN, **changes})
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['token']}", "x-company-id": "1"}


def test_a_session_is_opened_works_for_its_companies_only_and_is_closed(mock: Mock) -> None:
    with mock.client("troyansys", None) as client:
        session, other_session = sign_in(client), sign_in(client, device_name="web")
        assert session != other_session
        assert client.get("/auth/me", headers=session).json() == EXAMPLES["demo_user"]["value"]
        foreign = client.get("/auth/me", headers={**session, "x-company-id": "4"})
        assert (foreign.status_code, foreign.json()) == (403, {"message": FOREIGN})
        closed = client.post("/auth/logout", headers=session)
        assert (closed.status_code, closed.json()) == (200, {"message": "Sesion API cerrada."})
        for method, path in (("GET", "/auth/me"), ("GET", "/subscription/plans"), ("POST", "/auth/logout"), ("GET", "/reports/inventory")):
            assert client.request(method, path, headers=session).status_code == 401
        assert client.get("/auth/me", headers=other_session).status_code == 200
    with mock.client("troyansys") as published:
        assert published.get("/auth/me").status_code == 200


def test_a_token_ends_on_the_clock_of_the_world(mock: Mock) -> None:
    with mock.client("troyansys", None) as client, mock.control as control, mock.client("troyansys") as published:
        control.patch("/clock", json={"freeze": "2026-02-27T23:15:00.750Z"})
        opened = client.post("/auth/login", json=LOGIN).json()
        assert opened["expires_at"] == "2026-02-28T18:15:00-05:00"
        session = {"authorization": f"Bearer {opened['token']}", "x-company-id": "1"}
        control.patch("/clock", json={"freeze": "2026-02-28T23:14:59.999Z"})
        assert client.get("/auth/me", headers=session).status_code == 200
        control.patch("/clock", json={"freeze": opened["expires_at"]})
        assert client.get("/auth/me", headers=session).status_code == 401
        assert client.post("/auth/logout", headers=session).status_code == 401
        assert published.get("/auth/me").status_code == 200


def test_every_login_has_a_token_of_its_own_and_keeps_its_device(mock: Mock) -> None:
    with mock.client("troyansys", None) as client:
        tokens = {sign_in(client, device_name=f"device-{number}")["authorization"] for number in range(5)}
    assert len(tokens) == 5
    sessions = mock.state("troyansys")["sessions"]
    assert [session["device_name"] for session in sessions[-5:]] == [f"device-{number}" for number in range(5)]
    assert not any("token" in session for session in sessions)


@pytest.mark.parametrize("email", ["DEMO@EMPRESA.EC", "Demo@empresa.ec"])
def test_the_case_of_an_email_does_not_matter(mock: Mock, email: str) -> None:
    with mock.client("troyansys", None) as client:
        assert client.post("/auth/login", json={**LOGIN, "email": email}).json()["user"]["email"] == "demo@empresa.ec"


@pytest.mark.parametrize("wrong", [{"password": "demo12345"}, {"password": "Demo12345 "}, {"email": "otra@example.com"}, {"email": "x@example.com"}])
def test_wrong_credentials_open_nothing_and_do_not_reveal_which_was_wrong(mock: Mock, wrong: dict[str, str]) -> None:
    before = mock.state("troyansys")
    with mock.client("troyansys", None) as client:
        refused = client.post("/auth/login", json={**LOGIN, **wrong})
    assert (refused.status_code, refused.json()) == (401, {"message": "Las credenciales son incorrectas."})
    assert mock.state("troyansys") == before


def test_a_refusal_lists_everything_that_is_wrong_by_field(mock: Mock) -> None:
    with mock.client("troyansys", None) as client:
        assert client.post("/auth/login", json={}).json() == EXAMPLES["missing_fields"]["value"]
        three = client.post("/auth/login", json={"email": "demo", "device_name": 1}).json()
    assert three["message"].endswith(" (y 2 errores mas)")
    assert three["errors"].keys() == {"email", "password", "device_name"}


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00Z", "2026-11-21T00:00:00Z", "8999-12-31T23:59:59Z"])
def test_published_credentials_work_on_every_date_but_for_the_expired_one(mock: Mock, at: str) -> None:
    with mock.control as control:
        control.patch("/clock", json={"freeze": at})
        published = next(api for api in control.get("/apis").json()["apis"] if api["slug"] == "troyansys")["credentials"]
    with mock.client("troyansys", None) as client:
        for credential in published:
            status = client.get("/auth/me", headers=credential["headers"]).status_code
            assert status == (401 if credential["name"] == "expired" else 200)
            if credential["login"]:
                opened = client.post("/auth/login", json=credential["login"])
                session = {**credential["headers"], "Authorization": f"Bearer {opened.json()['token']}"}
                assert client.get("/auth/me", headers=session).status_code == 200


@pytest.mark.parametrize("name", [name for name in BODIES if name != "empty"])
@pytest.mark.parametrize("path", ["/auth/login", WEBHOOK, "/documents/invoices"])
def test_a_bad_body_is_refused_in_the_usual_shape_and_changes_nothing(mock: Mock, path: str, name: str) -> None:
    before = mock.state("troyansys")
    with mock.client("troyansys") as client:
        answer = client.post(path, content=BODIES[name], headers={"content-type": "application/json"})
    assert answer.status_code in (413, 422)
    assert answer.json().keys() == ({"message", "errors"} if answer.status_code == 422 else {"message"})
    assert mock.state("troyansys") == before


# Companies


@pytest.mark.parametrize("company", [1, 2, 3, 5])
def test_a_user_works_for_each_of_several_companies(mock: Mock, company: int) -> None:
    with mock.client("troyansys") as client:
        shown = client.get("/auth/me", headers={"x-company-id": str(company)}).json()
    assert (shown["id"], shown["active_company_id"], shown["company"]["id"]) == (5, company, company)


@pytest.mark.parametrize("company", ["", "4", "0", "-1", "1.0", "1, 1", "0x1", "٣", "1 2", "99999999999999999999", "9" * 5_000])
@pytest.mark.parametrize(("method", "path"), [("GET", "/auth/me"), ("POST", "/auth/logout"), ("GET", "/subscription/plans")])
def test_any_other_company_is_refused(mock: Mock, method: str, path: str, company: str) -> None:
    with mock.client("troyansys") as client:
        refused = client.request(method, path, headers=[(b"x-company-id", company.encode())])
        assert (refused.status_code, refused.json()) == (403, {"message": FOREIGN})
        assert client.get("/auth/me").status_code == 200


def test_a_foreign_company_is_refused_although_a_good_key_is_sent_too(mock: Mock) -> None:
    with mock.client("troyansys") as client:
        assert client.get("/reports/inventory", headers={"x-company-id": "4"}).status_code == 403


def test_a_wrong_token_is_judged_before_the_company(mock: Mock) -> None:
    with mock.client("troyansys") as client:
        for company in ("4", "uno", ""):
            assert client.get("/auth/me", headers={"authorization": "Bearer otro", "x-company-id": company}).status_code == 401


def test_login_and_company_show_the_same_modules_in_one_order(mock: Mock) -> None:
    with mock.client("troyansys") as client:
        at_login = client.post("/auth/login", json=LOGIN).json()["user"]["active_modules"]
        of_company = client.get("/company/me").json()
    assert at_login == of_company["active_modules"] == EXAMPLES["demo_session"]["value"]["user"]["active_modules"]
    assert of_company == EXAMPLES["demo_company"]["value"]


def test_a_key_shows_its_own_company_only(mock: Mock) -> None:
    with mock.client("troyansys", "other") as client:
        assert client.get("/company/me").json()["company"]["id"] == 4
        assert client.get("/reports/inventory", headers={"authorization": ""}).json()["meta"]["company_id"] == 4


# Plans and payments


def test_both_lists_show_the_active_plans_and_the_current_one(mock: Mock) -> None:
    with mock.client("troyansys") as client:
        assert client.get("/subscription/plans").json() == client.get("/company/subscription/plans").json() == EXAMPLES["active_plans"]["value"]
    with mock.client("troyansys", "no_sales") as client:
        answer = client.get("/subscription/plans").json()
    assert answer["meta"] == {"current_plan_id": 3, "current_plan_code": "plan-legado"}
    assert answer["data"] == EXAMPLES["active_plans"]["value"]["data"]


def notify(mock: Mock, **notice: Any) -> None:
    """Send a notice, which is always acknowledged."""
    with mock.client("troyansys", None) as client:
        answer = client.post(WEBHOOK, json=notice)
    assert (answer.status_code, answer.json()) == (200, {"message": "Webhook procesado"})


def subscription(mock: Mock, company: int = 1) -> dict[str, Any]:
    """The subscription of a company."""
    return next(row for row in mock.state("troyansys")["subscriptions"] if row["company_id"] == company)


def test_a_payment_approved_twice_changes_the_subscription_once(mock: Mock) -> None:
    before = subscription(mock)
    notify(mock, **APPROVED)
    once = mock.state("troyansys")
    after = subscription(mock)
    assert (before["plan_id"], after["plan_id"], after["status"]) == (1, 2, "active")
    assert datetime.fromisoformat(after["paid_until"]) - datetime.fromisoformat(before["paid_until"]) == timedelta(days=30)
    notify(mock, **APPROVED)
    notify(mock, **{**APPROVED, "amount": "99.90"})
    assert mock.state("troyansys") == once
    notify(mock, transactionStatus="Approved", reference=APPROVED["reference"])
    notify(mock, **{**APPROVED, "transactionStatus": "Canceled"})
    assert subscription(mock) == after
    with mock.client("troyansys") as client:
        assert client.get("/subscription/plans").json()["meta"] == {"current_plan_id": 2, "current_plan_code": "plan-premium"}


def test_a_failed_payment_stops_the_company_until_one_is_approved(mock: Mock) -> None:
    with mock.client("troyansys") as client:
        assert client.get("/reports/inventory").status_code == 200
        notify(mock, **FAILED)
        assert (subscription(mock)["status"], subscription(mock)["plan_id"]) == ("past_due", 1)
        assert client.get("/reports/inventory").json() == {"message": "La suscripcion de la empresa tiene un pago fallido."}
        assert client.get("/subscription/plans").status_code == client.get("/auth/me").status_code == 200
        notify(mock, **{**FAILED, "transactionStatus": "approved"})
        assert subscription(mock)["status"] == "active"
        assert client.get("/reports/inventory").status_code == 200


def test_a_paid_plan_brings_its_modules(mock: Mock) -> None:
    with mock.client("troyansys", "no_reports") as client:
        assert client.get("/reports/inventory").status_code == 403
        notify(mock, transactionStatus="Approved", reference="SUB-PLAN-PREMIUM-20260317-003", amount=99.9)
        assert [module["code"] for module in client.get("/company/me").json()["active_modules"]][-1] == "reports"
        assert client.get("/reports/inventory").status_code == 200


@pytest.mark.parametrize(
    "notice",
    [
        {},
        {"transactionStatus": "Approved"},
        {"transactionStatus": "Approved", "reference": "SUB-NADA", "amount": 99.9},
        {"transactionStatus": "Canceled", "reference": ""},
        {"reference": APPROVED["reference"], "amount": 99.9},
        {**APPROVED, "amount": 0.01},
        {**APPROVED, "amount": -99.9},
        {**APPROVED, "amount": 1e308},
        {**APPROVED, "amount": "99.900001"},
    ],
)
def test_a_notice_that_settles_no_charge_is_only_kept(mock: Mock, notice: dict[str, Any]) -> None:
    before = mock.state("troyansys")
    notify(mock, **notice)
    after = mock.state("troyansys")
    assert {**after, "notices": []} == before
    (kept,) = after["notices"]
    assert (kept["reference"], kept["transaction_status"]) == (notice.get("reference"), notice.get("transactionStatus"))


@pytest.mark.parametrize("notice", [{"amount": "mucho"}, {"amount": None}, {"amount": ""}, {"reference": 7}, {"transactionStatus": ["Approved"]}, []])
def test_a_wrongly_typed_notice_is_refused(mock: Mock, notice: object) -> None:
    before = mock.state("troyansys")
    with mock.client("troyansys", None) as client:
        assert client.post(WEBHOOK, json=notice).status_code == 422
    assert mock.state("troyansys") == before
