"""Operations of a hand-written vendor that the engine plays on its typed tables: both see what the other wrote."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.openapi.errors import SetupError
from tests.generic.library import DESCRIBED, HANDLERS, Library, make_api, read_raw

pytestmark = pytest.mark.anyio
BASIS = "X-Mock-Basis"


async def _shelf(library: Library, name: str = "art", key: str = "ada") -> str:
    made = await library.call("POST", "/shelves", {"name": name}, key=key)
    assert made.status_code == 201
    assert BASIS not in made.headers
    return str(made.json()["id"])


async def _book(library: Library, shelf: str, title: str, year: int = 1990) -> dict[str, Any]:
    made = await library.call("POST", f"/shelves/{shelf}/books", {"title": title, "publishedIn": year})
    assert (made.status_code, made.headers[BASIS]) == (201, "state")
    found: dict[str, Any] = made.json()
    return found


async def test_the_engine_and_the_handlers_see_what_the_other_wrote() -> None:
    library = Library()
    shelf = await _shelf(library)
    made = await _book(library, shelf, "Dürer")
    assert made == {**made, "id": 1, "shelf_id": shelf, "title": "Dürer", "publishedIn": 1990, "status": "in", "lent_at": None}
    assert (await library.call("GET", "/books/1")).json() == made
    lent = await library.call("POST", "/books/1/lend", {"to": "renamer"})
    assert (lent.status_code, lent.headers[BASIS]) == (200, "state")
    assert (lent.json()["status"], lent.json()["title"]) == ("lent", "Lent")
    assert lent.json()["lent_at"] is not None
    assert (await library.call("GET", "/books/1", key="renamer")).json() == lent.json(), "the handler set it, the engine shows it"
    assert (await library.call("POST", "/books/1/lend", {"to": "bob"})).json() == {"error": "It is lent."}
    assert (await library.call("POST", "/books/return", key="bob")).status_code == 204
    assert (await library.call("GET", "/books/1")).json()["status"] == "lent", "it was not lent to bob"
    assert (await library.call("POST", "/books/return", {"ids": [1]}, key="renamer")).status_code == 204
    assert (await library.call("GET", "/books/1")).json()["status"] == "in"


async def test_a_change_keeps_the_rest_and_a_deletion_removes() -> None:
    library = Library()
    shelf = await _shelf(library)
    made = await _book(library, shelf, "Klee")
    changed = await library.call("PATCH", "/books/1", {"publishedIn": 2001})
    assert changed.json() == {**made, "publishedIn": 2001, "updated_at": changed.json()["updated_at"]}
    assert (await library.call("DELETE", "/books/1")).status_code == 204
    assert (await library.call("GET", "/books/1")).status_code == 404
    assert (await library.call("GET", f"/shelves/{shelf}/books")).json() == {"books": [], "next_cursor": None}


async def test_records_of_others_are_not_there() -> None:
    library = Library()
    shelf = await _shelf(library)
    await _book(library, shelf, "Klee")
    for method, path, body in (
        ("GET", "/books/1", None),
        ("PATCH", "/books/1", {"title": "x"}),
        ("DELETE", "/books/1", None),
        ("GET", f"/shelves/{shelf}/books", None),
        ("POST", f"/shelves/{shelf}/books", {"title": "x", "publishedIn": 1}),
        ("DELETE", f"/shelves/{shelf}", None),
    ):
        assert (await library.call(method, path, body, key="bob")).status_code == 404, (method, path)
    assert (await library.call("GET", "/books/1")).json()["title"] == "Klee"


async def test_a_list_is_ordered_filtered_and_cut() -> None:
    library = Library()
    await _shelf(library, "other")
    shelf = await _shelf(library)
    for title, year in (("a", 1900), ("b", 1950), ("c", 1950), ("d", 1920)):
        await _book(library, shelf, title, year)
    listed = (await library.call("GET", "/shelves/art/books")).json()
    assert [one["title"] for one in listed["books"]] == ["c", "b", "d", "a"], "newest first, the shelf by its name"
    first = (await library.call("GET", f"/shelves/{shelf}/books?limit=3")).json()
    rest = (await library.call("GET", f"/shelves/{shelf}/books?limit=3&cursor={first['next_cursor']}")).json()
    assert [*first["books"], *rest["books"]] == listed["books"]
    assert rest["next_cursor"] is None
    assert (await library.call("GET", f"/shelves/{shelf}/books?cursor=none")).status_code == 400
    assert [one["title"] for one in (await library.call("GET", f"/shelves/{shelf}/books?title=d")).json()["books"]] == ["d"]
    assert [one["title"] for one in (await library.call("GET", f"/shelves/{shelf}/books?q=B")).json()["books"]] == ["b"]
    assert (await library.call("GET", f"/shelves/{shelf}/count")).json() == {"count": 4}
    assert (await library.call("DELETE", f"/shelves/{shelf}/books", {"ids": [1, 3]})).status_code == 204
    assert (await library.call("GET", f"/shelves/{shelf}/count")).json() == {"count": 2}
    assert (await library.call("DELETE", f"/shelves/{shelf}/books")).status_code == 204
    assert (await library.call("GET", f"/shelves/{shelf}/count")).json() == {"count": 0}


async def test_what_is_taken_or_referred_to_is_refused() -> None:
    library = Library()
    shelf = await _shelf(library)
    await _book(library, shelf, "Klee")
    await _book(library, shelf, "Marc")
    twice = await library.call("POST", f"/shelves/{shelf}/books", {"title": "Klee", "publishedIn": 1})
    assert (twice.status_code, twice.json()) == (409, {"error": "There is such a book."})
    assert (await library.call("PATCH", "/books/2", {"title": "Klee"})).status_code == 409
    assert (await library.call("PATCH", "/books/2", {"title": "Marc"})).status_code == 200, "its own title is not taken"
    assert (await library.call("DELETE", f"/shelves/{shelf}")).json() == {"error": "There are books."}
    await library.call("POST", "/books/1/lend", {"to": "bob"})
    assert (await library.call("DELETE", "/books/1")).status_code == 409
    assert (await library.call("POST", "/books/return", key="bob")).status_code == 204
    await library.call("DELETE", f"/shelves/{shelf}/books")
    assert (await library.call("DELETE", f"/shelves/{shelf}")).status_code == 204, "its label goes along"
    assert (await library.call("POST", "/shelves", {"name": "new"})).json()["id"] == "s2"


def _broken(path: str, method: str, **changes: Any) -> dict[str, Any]:
    raw = read_raw()
    raw["paths"][path][method]["x-role"] = {**raw["paths"][path][method]["x-role"], **changes}
    return raw


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "bulk"}, "the kind bulk is not played on tables"),
        ({"kind": "reed"}, "get_book: Invalid enum value 'reed'"),
        ({"off": "books"}, "get_book: Object contains unknown field `off`"),
        ({"of": "boks"}, "there is no table boks; there is books"),
        ({"shown": "Boook"}, "there is no schema Boook; there is Book"),
        ({"where": {"shelf_id.ovner": "caller"}}, "shelves has no field ovner; there is owner"),
        ({"where": {"title.owner": "caller"}}, "title.owner leads through a field of books that refers to no table"),
        ({"set": {"titel": 1}}, "books has no field titel; there is title"),
        ({"otherwise": "gone"}, "the operation has no error gone; there is none"),
        ({"key": "id"}, "the path has no placeholder id"),
        ({"along": ["pages"]}, "there is no table pages"),
        ({"below": {"book": {"of": "shelfs"}}}, "there is no table shelfs; there is shelves"),
        ({"below": {"book": {"of": "shelves", "field": "shelf"}}}, "books has no field shelf; there is shelf_id"),
    ],
)
def test_a_declaration_that_cannot_be_right_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(SetupError) as refused:
        Library(raw=_broken("/books/{book}", "get", **changes))
    assert says in str(refused.value)


def test_what_cannot_be_stored_is_refused() -> None:
    raw = read_raw()
    raw["components"]["schemas"]["BookWrite"]["properties"]["colour"] = {"type": "string"}
    with pytest.raises(SetupError, match="create_book is sent colour, and books has no field for it"):
        Library(raw=raw)
    raw = _broken("/shelves/{shelf}/books", "post", set={})
    with pytest.raises(SetupError, match="create_book makes a record of books without status"):
        Library(raw=raw)
    with pytest.raises(SetupError, match="Book requires publishedIn, and books has no such field"):
        Library(make_api(described={}))


def test_a_handler_beside_a_declaration_has_to_take_infer() -> None:
    handlers = {**HANDLERS, "get_book": lambda: None}
    with pytest.raises(SetupError, match="get_book declares x-role, and its handler does not take infer"):
        Library(make_api(handlers=(handlers,)))


async def test_what_is_referred_to_has_to_exist() -> None:
    raw = _broken("/books/{book}", "patch", set={"shelf_id": "$body.shelf"}, ignores=["shelf"])
    raw["components"]["schemas"]["BookChange"]["properties"]["shelf"] = {"type": "string"}
    library = Library(raw=raw)
    await _shelf(library, "one")
    shelf = await _shelf(library, "two")
    await _book(library, shelf, "Klee")
    assert (await library.call("PATCH", "/books/1", {"shelf": "none"})).status_code == 404
    assert (await library.call("PATCH", "/books/1", {"shelf": "s1"})).json()["shelf_id"] == "s1"


async def test_a_projection_of_the_vendor_shows_a_record() -> None:
    library = Library(
        make_api(described=DESCRIBED, projections={"Book": lambda _world, book, caller: {**_shown(book), "title": f"{caller}'s {book.title}"}})
    )
    shelf = await _shelf(library)
    assert (await _book(library, shelf, "Klee"))["title"] == "ada's Klee"
    listed = await library.call("GET", f"/shelves/{shelf}/books?title=ada's Klee")
    assert [one["id"] for one in listed.json()["books"]] == [1]


def _shown(book: Any) -> dict[str, Any]:
    return {"id": book.id, "title": book.title, "publishedIn": book.year, "status": book.status, "shelf_id": book.shelf_id}


@pytest.mark.parametrize("text", ["caller", "now", "$body.title", "$nowhere.x", "$"])
async def test_a_text_that_was_sent_names_nothing_else(text: str) -> None:
    library = Library()
    shelf = await _shelf(library)
    made = await library.call("POST", f"/shelves/{shelf}/books", {"title": text, "publishedIn": 1})
    assert made.status_code == 201
    twice = await library.call("POST", f"/shelves/{shelf}/books", {"title": text, "publishedIn": 1})
    assert twice.status_code == 409
