"""The curl calls of BackOffice's page, made from the document's examples and run by curl."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.pictures import jpeg
from tests.vendors.backoffice import DOCUMENT, OPERATIONS, conforms, required_of
from tests.vendors.test_samples import CURL, curl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Mock

pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed; apt-get install curl")

DESCRIBED = [name for name, operation in OPERATIONS.items() if operation.spec["x-provenance"] == "described"]


def arguments(operation_id: str, host: str, headers: dict[str, str], picture: Path) -> Iterator[str]:
    """A call as the page's samples write it: method, address, headers, then the fields."""
    operation = OPERATIONS[operation_id]
    path, query = operation.path, {}
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
        else:
            query[parameter["name"]] = parameter["example"]
    yield from ("--location", "--request", operation.method, host + path + (f"?{urlencode(query)}" if query else ""))
    for name, value in headers.items():
        yield from ("--header", f"{name}: {value}")
    for media_type, media in operation.spec.get("requestBody", {}).get("content", {}).items():
        (example,) = media["examples"].values()
        fields = DOCUMENT.resolve(example)["value"]
        if media_type == "multipart/form-data":
            for name, value in fields.items():
                yield from ("--form", f'{name}="{value}"')
            yield from ("--form", f'profile_image=@"{picture}"')
        else:
            yield from ("--header", f"Content-Type: {media_type}")
            for name, value in fields.items():
                yield from ("--data-urlencode", f"{name}={value}")


def test_the_page_has_twenty_one_samples() -> None:
    assert len(DESCRIBED) == 21


@pytest.mark.parametrize("slash", ["", "/"], ids=["host", "host with a slash"])
@pytest.mark.parametrize("operation", DESCRIBED)
def test_backoffice_by_curl(mock: Mock, tmp_path: Path, operation: str, slash: str) -> None:
    folder = tmp_path / "Imágenes" / "Fondos de escritorio"
    folder.mkdir(parents=True)
    picture = folder / "una imagen.jpg"
    picture.write_bytes(jpeg(640, 480))
    headers = dict(mock.api("backoffice")["credentials"][0]["headers"])
    if operation == "login":
        del headers["jwt-token"]
    status, answer = curl(*arguments(operation, f"{mock.url}/~{mock.world}/backoffice{slash}", headers, picture))
    assert status == 200, answer
    assert answer.keys() == required_of(operation)
    assert conforms(operation, 200, answer)
