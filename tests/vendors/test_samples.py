"""The calls of the vendors' own samples with replaced host and credentials, made by the tools that the samples use: curl and requests."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mockserver.openapi.documents import SPECS, read_document

if TYPE_CHECKING:
    from tests.conftest import Mock

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed; apt-get install curl")

MONEDERO: dict[str, tuple[dict[str, str], str]] = {
    "/toolusers/get": ({}, "tool_users_01"),
    "/wallet/get": ({}, "wallets_get_01"),
    "/wallet/contact/add": (
        {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "Clienta", "usertool_id": "7001"},
        "contact_add_01",
    ),
    "/wallet/contact/get": ({"wallet_key": "wallet-demo"}, "balance_get_01"),
    "/wallet/sale": (
        {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"},
        "new_sale_01",
    ),
    "/wallet/balance/update": (
        {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"},
        "balance_update_01",
    ),
    "/employee/add": (
        {"type": "cajero", "number": "4775550299", "employee_name": "Nueva", "business_name": "Centro", "password": "clave"},
        "toolusers_01",
    ),
    "/employee/disable": (
        {"type": "cajero", "number": "4775550204", "employee_name": "Nueva", "business_name": "Centro", "password": "clave"},
        "toolusers_01",
    ),
}
SUCCESS = {
    operation.path: set(document.resolve(document.resolve(operation.spec["responses"]["200"])["content"]["application/json"]["x-emits"])["required"])
    for document in [read_document("monedero", SPECS / "monedero.yaml")]
    for operation in document.operations
    if operation.spec["x-provenance"] == "described"
}


def curl(*arguments: str) -> tuple[int, Any]:
    """Status and body of the answer to a curl call; the body is None if it is empty."""
    options = ["--silent", "--show-error", "--write-out", "\n%{http_code}"]
    done = subprocess.run(["curl", *options, *arguments], capture_output=True, text=True, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body) if body else None


@pytest.mark.parametrize("path", MONEDERO)
def test_monedero_by_curl(mock: Mock, path: str) -> None:
    fields, code = MONEDERO[path]
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    status, answer = curl("-X", "POST", f"{mock.url}/~{mock.world}/monedero{path}", "-H", "apikey: monedero-demo-apikey", "-d", body)
    assert (status, answer["success"], answer["code"]) == (200, True, code)
    assert answer.keys() == SUCCESS[path]


@pytest.mark.parametrize("path", MONEDERO)
def test_monedero_by_requests(mock: Mock, path: str) -> None:
    fields, code = MONEDERO[path]
    url = f"{mock.url}/~{mock.world}/monedero{path}"
    answer = requests.post(url, data=fields, headers={"apikey": "monedero-demo-apikey"}, timeout=20).json()
    assert (answer["success"], answer["code"]) == (True, code)
    assert answer.keys() == SUCCESS[path]


SERPI = ("-H", "secretkey: serpi-demo-secretkey", "-H", "Authorization: Bearerserpi-demo-token")
EXAMPLES = read_document("serpi", SPECS / "serpi.yaml").raw["components"]["examples"]


def test_serpi_reads_by_curl_with_the_empty_text_that_the_samples_send(mock: Mock) -> None:
    url = f"{mock.url}/~{mock.world}/serpi/api/v1/Sucursales"
    status, answer = curl("-X", "GET", url, *SERPI, "-H", "Content-Type: text/plain", "--data-raw", "")
    assert (status, answer["success"], answer["code"], answer["errors"]) == (200, True, 200, None)
    assert answer["result"][0] == EXAMPLES["one_branch"]["value"]["result"][0]


@pytest.mark.parametrize(
    ("method", "request_example", "status", "answer_example"),
    [("POST", "new_branch", 201, "branch_created"), ("PUT", "changed_branch", 200, "branch_changed")],
)
def test_serpi_writes_by_curl(mock: Mock, method: str, request_example: str, status: int, answer_example: str) -> None:
    body = json.dumps(EXAMPLES[request_example]["value"])
    url = f"{mock.url}/~{mock.world}/serpi/api/v1/Sucursales"
    assert curl("-X", method, url, *SERPI, "-H", "Content-Type: application/json", "--data-raw", body) == (
        status,
        EXAMPLES[answer_example]["value"],
    )
