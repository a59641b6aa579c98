"""The calls of Troyansys' own curl samples with replaced host, token, key and address, run by curl."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mockserver.openapi.documents import SPECS, read_document
from tests.vendors.test_samples import CURL, curl

if TYPE_CHECKING:
    from tests.conftest import Mock

pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed; apt-get install curl")

DOCUMENT = read_document("troyansys", SPECS / "troyansys.yaml")
DESCRIBED = {operation.id: operation for operation in DOCUMENT.operations if operation.spec["x-provenance"] == "described"}
CREDENTIALS = {
    "bearer": ("-H", "Authorization: Bearer troyansys-demo-token"),
    "company": ("-H", "X-Company-Id: 1"),
    "api_key": ("-H", "X-API-Key: troyansys-demo-apikey"),
}


def test_the_page_has_seven_samples() -> None:
    assert len(DESCRIBED) == 7


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_sample_answers_as_printed(mock: Mock, name: str) -> None:
    """Each sample sends Accept, the headers of its context and, with a body, the content type."""
    operation = DESCRIBED[name]
    arguments = ["-X", operation.method, f"{mock.url}/~{mock.world}{DOCUMENT.base_path}{operation.path}", "-H", "Accept: application/json"]
    for scheme in next(iter(operation.spec["security"]), {}):
        arguments += CREDENTIALS[scheme]
    if "requestBody" in operation.spec:
        example = next(iter(operation.spec["requestBody"]["content"]["application/json"]["examples"].values()))
        arguments += ["-H", "Content-Type: application/json", "-d", json.dumps(DOCUMENT.resolve(example)["value"], indent=4)]
    media = DOCUMENT.resolve(operation.spec["responses"]["200"])["content"]["application/json"]
    (printed,) = [DOCUMENT.resolve(example)["value"] for example in media["examples"].values()]

    status, answer = curl(*arguments)

    assert status == 200
    if name == "login_user":
        assert answer.keys() == printed.keys()
        assert (answer["token_type"], answer["user"]) == ("Bearer", printed["user"])
    else:
        assert answer == printed
