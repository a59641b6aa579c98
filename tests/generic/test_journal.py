"""What the journal says of the answers of a served document."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.generic.inside import Inside

pytestmark = pytest.mark.anyio


async def _get(shop: Inside, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shop.app), base_url="http://localhost") as client:
        return await client.get(path)


async def test_the_journal_says_what_each_answer_rests_on_and_why() -> None:
    shop = Inside()
    await shop.call("GET", "/customers")
    await shop.call("POST", "/reports/sales", {"year": 2026})
    await shop.call("GET", "/customers/none")
    listed = (await _get(shop, "/_mock/journal")).json()["exchanges"]
    assert [one["basis"] for one in listed] == ["state", "generated", None]
    only = (await _get(shop, "/_mock/journal?basis=generated")).json()["exchanges"]
    assert [one["path"] for one in only] == ["/v1/reports/sales"]
    report = (await _get(shop, f"/_mock/journal/{only[0]['number']}")).json()["basis"]
    assert (report["basis"], report["has_effect"], report["adjusted"], report["undocumented"]) == ("generated", False, [], False)
    assert report["why"]
    page = (await _get(shop, f"/console/journal/{only[0]['number']}?basis=generated")).text
    said = re.search(r'<p class="meta" id="basis-of">(.*?)</p>', page)
    assert said is not None
    assert said[1].startswith('<span class="badge mail">generated</span> The answer is made up of the schema of the document: ')
    assert said[1].endswith("The call changed nothing.")
    assert '<option value="generated" selected>generated</option>' in page
    assert "/v1/customers" not in page.partition("<tbody")[2].partition("</tbody>")[0]


async def test_an_undocumented_refusal_says_so() -> None:
    shop = Inside()
    await shop.call("PUT", "/customers/6f1bd83b-5e2f-4a53-9d41-3c0c0d6c9b11/settings", {"theme": "green"})
    (one,) = (await _get(shop, "/_mock/journal")).json()["exchanges"]
    assert (await _get(shop, f"/_mock/journal/{one['number']}")).json()["basis"]["undocumented"]
    page = (await _get(shop, f"/console/journal/{one['number']}")).text
    assert f"The document has no answer with the status {one['status']} for this operation." in page
