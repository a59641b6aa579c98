"""The stages of a request in an operation, tested with a toy vendor."""

from __future__ import annotations

import asyncio
import base64
import copy
from dataclasses import replace
from typing import Any

import pytest

from mockserver.core.base.clock import Clock, parse_duration
from mockserver.core.base.faults import HandlersUnbound, Invalid, Malformed
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.compiled import PROVEN, compile_operations
from mockserver.core.operation.security import _build_extractor
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.world import World
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken
from tests.core.toy import DOCUMENT, NOON, Toy

FORM = "application/x-www-form-urlencoded"
BOTH = {"X-Key": "ana", "Authorization": "Bearer token"}


def post(toy: Toy, body: bytes, content_type: str = "application/json", **headers: str) -> Reply:
    sent = {**BOTH, **headers}
    if content_type:
        sent["Content-Type"] = content_type
    return toy.call("create_note", body=body, headers=sent)


def multipart(*parts: bytes, end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + end


@pytest.fixture
def toy() -> Toy:
    return Toy()


# Credentials


@pytest.mark.parametrize("headers", [{"X-Key": "ana"}, {"Cookie": "key=ana"}])
def test_any_of_the_requirements_lets_the_caller_in(toy: Toy, headers: dict[str, str]) -> None:
    assert toy.call("list_notes", headers=headers).body["got"][0] == "ana"


def test_a_key_may_stand_in_the_query(toy: Toy) -> None:
    assert toy.call("list_notes", query=b"key=ana").body["got"][0] == "ana"


def test_no_credential_is_refused(toy: Toy) -> None:
    assert toy.call("list_notes").status == 401


def test_a_wrong_credential_is_named_before_a_missing_one(toy: Toy) -> None:
    reply = toy.call("list_notes", query=b"key=bad")
    assert reply.status == 401
    assert reply.body["error"] == "key: wrong"


def test_a_requirement_of_two_schemes_needs_both(toy: Toy) -> None:
    reply = toy.call("create_note", body=b'{"text": "a"}', headers={"X-Key": "ana", "Content-Type": "application/json"})
    assert reply.status == 401
    assert "bearer" in reply.body["error"]


def test_a_bearer_token_needs_its_space_unless_the_document_says_otherwise(toy: Toy) -> None:
    assert post(toy, b'{"text": "a"}', Authorization="Bearertoken").status == 401


def test_a_verifier_may_forbid(toy: Toy) -> None:
    assert toy.call("list_notes", headers={"X-Key": "barred"}).status == 403


@pytest.mark.parametrize(
    ("credential", "status"),
    [(base64.b64encode(b"ana:secret").decode(), 200), ("###", 401), (base64.b64encode(b"no colon").decode(), 401), (None, 401)],
)
def test_basic_credentials_are_decoded(toy: Toy, credential: str | None, status: int) -> None:
    headers = {} if credential is None else {"Authorization": f"Basic {credential}"}
    assert toy.call("get_note", path_values={"note_id": "1"}, headers=headers).status == status


@pytest.mark.parametrize("cookie", ["key=\x01", "=;=;", "other=1"])
def test_broken_cookies_are_no_credential(toy: Toy, cookie: str) -> None:
    assert toy.call("list_notes", headers={"Cookie": cookie}).status in (400, 401)


def test_an_operation_without_requirement_is_open(toy: Toy) -> None:
    assert toy.call("get_newest_note").status == 200


# Parameters


def test_parameters_are_typed_and_found_under_their_aliases(toy: Toy) -> None:
    query = b"limit=3&%C3%89TIQUETTE=a&unknown=1"
    reply = toy.call("list_notes", query=query, headers={"X-Key": "ana", "X-Trace": "t1", "Cookie": "session=s"})
    assert reply.body["got"] == ["ana", 3, ["a"], "s", "t1", []]


def test_a_repeated_list_parameter_is_a_list(toy: Toy) -> None:
    assert toy.call("list_notes", query=b"tag=a&tag=b", headers={"X-Key": "ana"}).body["got"][2] == ["a", "b"]


@pytest.mark.parametrize("query", [b"limit=0", b"limit=", b"limit=x", b"limit=1&limit=2", b"limit=%00", b"limit=1.5", b"limit=\xff", b"limit=%ff"])
def test_a_bad_parameter_is_refused(toy: Toy, query: bytes) -> None:
    assert toy.call("list_notes", query=query, headers={"X-Key": "ana"}).status == 400


def test_every_violation_is_kept(toy: Toy) -> None:
    reply = toy.call("list_notes", query=b"limit=0", headers={"X-Key": "ana", "X-Trace": "too long"})
    assert len(reply.body["violations"]) == 2


def test_too_long_a_query_is_refused(toy: Toy) -> None:
    assert toy.call("list_notes", query=b"a=" + b"x" * 70_000, headers={"X-Key": "ana"}).status == 400


def test_too_many_fields_are_refused(toy: Toy) -> None:
    assert toy.call("list_notes", query=b"a=1&" * 2000, headers={"X-Key": "ana"}).status == 400


def test_a_path_parameter_of_the_wrong_type_is_refused(toy: Toy) -> None:
    headers = {"Authorization": "Basic " + base64.b64encode(b"a:b").decode()}
    assert toy.call("get_note", path_values={"note_id": "one"}, headers=headers).status == 400


# Bodies


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "n1"),
        (b'{"text": ""}', "n1"),
        (b'{"text": "123456789012345678901"}', "n2"),
        (b'{"text": "a", "stars": "five"}', "n3"),
        (b'{"text": "a", "tags": ["ok", "NO"]}', "n4"),
        (b'{"text": "a", "when": "tomorrow"}', "n5"),
        (b'{"stars": 0, "text": ""}', "n1"),
        (b'{"text": "too late"}', "n6"),
        (b"{", "n7"),
        (b"", "n7"),
        (b'{"text": "a", "text": "b"}', "n7"),
        (b"[" * 10_000, "n7"),
        (b'"\xff"', "n7"),
    ],
)
def test_the_first_violation_in_the_order_of_the_document_decides_the_code(toy: Toy, body: bytes, code: str) -> None:
    reply = post(toy, body)
    assert (reply.status, reply.body["code"]) == (422, code)
    assert toy.notes() == []


def test_a_violation_without_code_is_refused_plainly(toy: Toy) -> None:
    reply = post(toy, b'{"text": "a", "price": 0}')
    assert reply.status == 400
    assert reply.body["violations"] == ["body/price: 0 is less than or equal to the minimum of 0 (exclusiveMinimum)"]


@pytest.mark.parametrize("body", [b'{"text": "a", "price": null}', b'{"text": "a", "anything": null}', b'{"text": "a", "anything": 3}'])
def test_nullable_means_null_is_taken(toy: Toy, body: bytes) -> None:
    assert post(toy, body).status == 200


def test_a_late_violation_waits_for_the_handler(toy: Toy) -> None:
    assert post(toy, b'{"text": "taken", "when": "tomorrow"}').status == 409


def test_a_form_is_typed_by_the_document(toy: Toy) -> None:
    sent = b"text=a&stars=4&price=1.50&urgent=true&tags=x&tags=y&place[city]=Quito&place[floor]=3&anything=12"
    got = {"text": "a", "stars": 4, "price": 1.5, "urgent": True, "tags": ["x", "y"], "place": {"city": "Quito", "floor": 3}, "anything": 12}
    assert post(toy, sent, FORM).body["got"] == got


def test_an_empty_field_cannot_hold_a_number_and_was_left_out(toy: Toy) -> None:
    assert post(toy, b"text=a&stars=", FORM).body["got"] == {"text": "a"}


@pytest.mark.parametrize("body", [b"text=a&text=b", b"text=%ff", b"text[x]=1&text=2", b"a[b][c][d][e][f][g][h][i][j]=1&text=a"])
def test_a_form_that_contradicts_itself_is_refused(toy: Toy, body: bytes) -> None:
    assert post(toy, body, FORM).status in (400, 422)


def test_a_multipart_form_carries_text_and_files(toy: Toy) -> None:
    body = multipart(
        b'Content-Disposition: form-data; name="text"\r\n\r\nhola',
        b'Content-Disposition: form-data; name="picture"; filename="../../p.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG',
    )
    assert post(toy, body, "multipart/form-data; boundary=x").body["got"] == {"text": "hola", "picture": ["../../p.png", "image/png", 4]}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (multipart(b'Content-Disposition: form-data; name="text"\r\n\r\nhola', end=b""), "multipart/form-data; boundary=x"),
        (multipart(b"Content-Disposition: form-data\r\n\r\nhola"), "multipart/form-data; boundary=x"),
        (multipart(b'Content-Disposition: form-data; name="text"\r\n\r\n\xff'), "multipart/form-data; boundary=x"),
        (multipart(*[b'Content-Disposition: form-data; name="a"\r\n\r\nb'] * 1001), "multipart/form-data; boundary=x"),
        (b"text=a", "multipart/form-data"),
        (b"no form at all", "multipart/form-data; boundary=x"),
    ],
)
def test_a_broken_multipart_form_is_refused(toy: Toy, body: bytes, content_type: str) -> None:
    assert post(toy, body, content_type).body["code"] == "n7"


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/xml", "nonsense"])
def test_another_media_type_is_refused(toy: Toy, content_type: str) -> None:
    assert post(toy, b'{"text": "a"}', content_type).status == 415


def test_an_encoded_body_is_refused(toy: Toy) -> None:
    assert post(toy, b"\x1f\x8b", **{"Content-Encoding": "gzip"}).status == 415


@pytest.mark.parametrize(("body", "content_type", "got"), [(b"", "", None), (b"", "application/json", None), (b"[1]", "application/json", [1])])
def test_an_optional_body_may_be_left_out(toy: Toy, body: bytes, content_type: str, got: Any) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    assert toy.call("create_odd", body=body, headers=headers).body["got"] == got


def test_a_required_body_without_type_counts_as_an_empty_one_of_the_first_type(toy: Toy) -> None:
    assert post(toy, b"", "").body["code"] == "n7"


@pytest.mark.parametrize(("body", "status"), [(b"[429]", 429), (b"[503]", 503), (b'["x"]', 400)])
def test_faults_keep_their_status(toy: Toy, body: bytes, status: int) -> None:
    assert toy.call("create_odd", body=body, headers={"Content-Type": "application/json"}).status == status


# Commit


def test_a_reply_commits_and_a_fault_throws_everything_away(toy: Toy) -> None:
    before = toy.world()
    assert post(toy, b'{"text": "too late"}').status == 422
    assert toy.world() is before
    assert post(toy, b'{"text": "kept"}').status == 200
    assert toy.notes() == ["kept"]
    assert [message.links for message in toy.world().outbox.ascending()] == [("https://example.com/1",)]


def test_a_reading_call_leaves_the_very_same_world(toy: Toy) -> None:
    post(toy, b'{"text": "kept"}')
    before = toy.world()
    toy.call("get_newest_note")
    assert toy.world() is before


def test_what_is_due_happens_before_the_next_request_even_if_that_is_refused(toy: Toy) -> None:
    post(toy, b'{"text": "first"}')
    world = toy.world()
    moved = world.clock.advance(parse_duration("PT2H"), NOON)
    version = asyncio.run(toy.store.load("default")).version
    asyncio.run(toy.store.commit("default", version, replace(world, clock=moved)))
    assert toy.call("list_notes").status == 401
    assert toy.notes() == ["expired 13:00"]
    assert toy.world().timers == ()


def test_a_commit_that_came_second_is_handled_again() -> None:
    class Busy(MemoryStore):
        refusals = 2

        async def commit(self, *arguments: Any, **options: Any) -> bool:
            if self.refusals:
                self.refusals -= 1
                return False
            return await super().commit(*arguments, **options)

    toy = Toy(store=Busy(World(clock=Clock(frozen_at=NOON))))
    assert post(toy, b'{"text": "once"}').status == 200
    assert toy.notes() == ["once"]


def test_a_world_that_is_always_busy_is_unavailable() -> None:
    class Stuck(MemoryStore):
        async def commit(self, *_arguments: Any, **_options: Any) -> bool:
            return False

    toy = Toy(store=Stuck(World(clock=Clock(frozen_at=NOON))))
    assert post(toy, b'{"text": "never"}').status == 503


# The mock's own mistakes


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, {"done": "yes"}), "/done"),
        (Reply(200, {}), "/done"),
        (Reply(418, {"done": True}), "status 418 is not documented"),
        (Reply(200), "has no body"),
        (Reply(200, b"<p>", media_type="text/html"), "undocumented media type text/html"),
    ],
)
def test_a_reply_that_breaks_the_document_is_a_plain_500(reply: Reply, words: str) -> None:
    toy = Toy(get_newest_note=lambda: reply)
    answered = toy.call("get_newest_note")
    assert answered.status == 500
    assert answered.media_type == "application/problem+json"
    assert answered.body["operation"] == "toy.get_newest_note"
    assert words in answered.body["detail"]


def test_an_answer_is_judged_again_as_soon_as_one_byte_is_another(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[Any] = []
    toy = Toy(get_newest_note=lambda: Reply(200, answers.pop()))
    answers += [{"done": True, "got": 2}, {"done": 1}, {"done": True}, {"done": "true"}, {"done": True}, {"done": True}]
    assert [toy.call("get_newest_note").status for _ in range(6)] == [200, 200, 500, 200, 500, 200]
    assert caplog.text.count("get_newest_note") == 2


def test_proven_bytes_of_one_status_prove_nothing_for_another() -> None:
    statuses = [400, 200, 400, 200]
    toy = Toy(get_newest_note=lambda: Reply(statuses.pop(), {"done": True}))
    assert [toy.call("get_newest_note").status for _ in range(4)] == [200, 500, 200, 500]


def test_what_is_proven_is_remembered_up_to_a_bound() -> None:
    toy = Toy(get_newest_note=lambda request: Reply(200, {"done": True, "got": request.path * 10}))
    operation = toy.operations["get_newest_note"]
    proven = operation.responses.proven

    def ask(number: int, letters: int, query: bytes = b"") -> None:
        for _ in range(2):
            asyncio.run(toy.pipeline.reply(operation, Request("GET", f"/{number:0{letters}}", query)))

    for number in range(20):
        ask(number, 3_000)
    assert PROVEN / 2 < proven.size <= PROVEN
    for number in range(20):
        ask(number, 1, b"x" * 30_000)  # the key of a body counts, too
    assert len(proven) == PROVEN // 30_400
    ask(1, 30_000)
    assert (len(proven), proven.size) == (0, 0)


def test_a_value_that_is_not_json_is_a_plain_500_even_if_its_text_was_validated() -> None:
    answers: list[Any] = [NOON, "2026-01-01T12:00:00+00:00"]
    toy = Toy(get_newest_note=lambda: Reply(200, {"done": True, "got": answers.pop()}))
    assert [toy.call("get_newest_note").status for _ in range(2)] == [200, 500]


def test_a_reply_without_a_header_that_the_document_requires_is_a_plain_500() -> None:
    toy = Toy(get_plain=lambda: Reply(200, b"x", media_type="text/plain"))
    assert "X-Lines" in toy.call("get_plain").body["detail"]


def test_a_documented_text_passes(toy: Toy) -> None:
    assert toy.call("get_plain").encode() == b"one line"


def test_a_reply_without_body_passes_if_none_is_documented() -> None:
    assert Toy(get_plain=lambda: Reply(204)).call("get_plain").status == 204


def test_a_crash_is_a_plain_500_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def create_odd(world: Any, body: Any) -> Reply:
        world.draw("anything")
        return Reply(200, {"done": body[0] / 0})

    toy = Toy(create_odd=create_odd)
    before = toy.world()
    answered = toy.call("create_odd", body=b"[1]", headers={"Content-Type": "application/json"})
    assert answered.status == 500
    assert "ZeroDivisionError" in answered.body["detail"]
    assert toy.world() is before


def test_a_fault_rendered_against_the_document_is_a_plain_500() -> None:
    document = copy.deepcopy(DOCUMENT)
    del document["paths"]["/odd"]["post"]["responses"]["429"]
    answered = Toy(document).call("create_odd", body=b"[429]", headers={"Content-Type": "application/json"})
    assert answered.status == 500
    assert "429" in answered.body["detail"]


def test_the_mock_keeps_its_stricter_schema_too() -> None:
    document = copy.deepcopy(DOCUMENT)
    media = document["paths"]["/notes/newest"]["get"]["responses"]["200"]["content"]["application/json"]
    media["x-emits"] = {"type": "object", "required": ["got"], "properties": {"got": {"type": "string"}}}
    assert Toy(document).call("get_newest_note").status == 500


# Start-up


def test_missing_orphan_and_misshapen_handlers_are_all_named() -> None:
    def get_plain(wrong: str) -> Reply:
        return Reply(200, wrong)

    async def create_odd(body: object) -> Reply:
        return Reply(200, body)

    def forgotten() -> Reply:
        return Reply(200)

    def create_note(world: object) -> Reply:
        return Reply(200, world)

    toy = Toy(get_plain=get_plain, create_odd=create_odd, forgotten=forgotten, get_newest_note=None, create_note=create_note)  # type: ignore[arg-type]
    assert sorted(problem.removeprefix("toy_handlers.") for problem in toy.problems) == [
        "create_note does not take body",
        "create_note does not take late",
        "create_note does not take x_trace",
        "create_odd is async, but handlers are plain functions",
        "forgotten is named as no operation of toy",
        "get_plain takes wrong, which GET /plain does not have",
        "toy.get_newest_note has no handler",
    ]
    with pytest.raises(HandlersUnbound, match="get_newest_note"):
        compile_operations(toy.api, toy.document, {})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "magic"}, "not supported"),
        (None, "is not declared"),
    ],
)
def test_a_security_scheme_that_cannot_be_judged_stops_the_server(change: Any, words: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    if change is None:
        del document["components"]["securitySchemes"]["basic"]
    else:
        document["components"]["securitySchemes"]["basic"] = change
    with pytest.raises(DocumentBroken, match=words):
        Toy(document)


@pytest.mark.parametrize(
    ("scheme", "header", "credential"),
    [
        ({"type": "openIdConnect", "openIdConnectUrl": "https://example.com"}, "Bearer a", "a"),
        ({"type": "oauth2", "flows": {}}, "bearer a", "a"),
        ({"type": "http", "scheme": "digest"}, 'Digest username="a"', 'username="a"'),
        ({"type": "http", "scheme": "digest"}, "Bearer a", None),
        ({"type": "mutualTLS"}, "", ""),
    ],
)
def test_a_credential_is_taken_from_where_its_scheme_has_it(scheme: Any, header: str, credential: str | None) -> None:
    extract = _build_extractor(Document("toy", "toy", DOCUMENT), scheme)
    assert extract(Request("GET", "/", raw_headers=[(b"authorization", header.encode())])) == credential


def test_a_schema_that_cannot_be_compiled_stops_the_server() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["components"]["schemas"]["Done"]["properties"]["done"] = {"type": "string", "pattern": "("}
    with pytest.raises(DocumentBroken, match="cannot be used"):
        Toy(document)


def test_the_journal_keeps_what_was_asked_and_answered(toy: Toy) -> None:
    post(toy, b'{"text": "kept"}')
    toy.call("list_notes")
    first, second = toy.journal.entries("default")
    assert (first.operation, first.status, first.changed, first.fault) == ("toy.create_note", 200, True, None)
    assert second.fault is not None
    assert (second.status, second.changed, second.fault.kind) == (401, False, "unauthenticated")


def test_a_request_without_operation_is_refused_in_the_vendors_format_and_recorded(toy: Toy) -> None:
    reply, payload, _ = asyncio.run(toy.pipeline.refuse_unrouted(toy.api, Malformed("no"), Request("GET", "/toy/nowhere")))
    assert (reply.status, payload) == (400, b'{"error":"no"}')
    assert [exchange.operation for exchange in toy.journal.entries("default")] == [None]


# Errors, addresses and alias paths in a document


def _posting(**more: Any) -> Toy:
    document = copy.deepcopy(DOCUMENT)
    document["paths"]["/notes/"]["post"].update(more)
    return Toy(document)


def test_a_row_of_the_error_table_may_have_the_code_of_another_and_name_a_field() -> None:
    rows = {"n7": {"status": 409, "code": "taken", "message": "taken twice", "field": "text"}}
    toy = _posting(**{"x-errors": rows, "x-fault-codes": {"malformed": "n7"}})
    reply = post(toy, b"{")
    assert (reply.status, reply.body["code"], reply.body["error"]) == (409, "taken", "taken twice")
    assert toy.operations["create_note"].fault_context.errors["n7"].extra["field"] == "text"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b'{"price": -1, "text": "a"}', "n2", "price"),
        (b'{"price": "x", "text": "a"}', "n3", "price"),
        (b'{"text": 1}', "n3", "text"),
        (b'{"price": -1}', "n1", "text"),
        (b'{"price": -1, "stars": 0, "text": "a"}', "n3", "stars"),
    ],
)
def test_a_violation_without_code_of_its_own_has_that_of_its_keyword_or_that_of_invalid(body: bytes, code: str, field: str) -> None:
    """The first violation that has a code in one of these ways determines the code."""
    errors = {f"n{n}": {"status": 422, "message": f"error {n}"} for n in range(1, 8)}
    toy = _posting(**{"x-errors": errors, "x-fault-codes": {"exclusiveMinimum": "n2", "type": "n3", "invalid": "n7"}})
    assert post(toy, body).body["code"] == code
    operation = toy.operations["create_note"]
    _, violations = operation.body.read(Request("POST", "/", raw_headers=[(b"content-type", b"application/json")], body=body))
    deciding = operation.fault_context.deciding(Invalid(violations))
    assert deciding is not None
    assert deciding.field == field


def test_a_password_alone_is_a_basic_credential_if_the_document_says_so() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["components"]["securitySchemes"]["basic"]["x-accept-password-only"] = True
    alone = base64.b64encode(b"secret").decode()

    def get_note(caller: str, note_id: int) -> Reply:
        return Reply(200, {"done": True, "got": [caller, note_id]})

    for toy, status in ((Toy(document, get_note=get_note), 200), (Toy(get_note=get_note), 401)):
        reply = toy.call("get_note", headers={"Authorization": f"Basic {alone}"}, path_values={"note_id": "1"})
        assert reply.status == status
        if status == 200:
            assert reply.body["got"] == [":secret", 1]


def test_a_handler_may_take_the_address_of_its_api_and_what_only_an_alias_has() -> None:
    def get_note(home: str, alias: dict[str, str], note_id: int) -> Reply:
        return Reply(200, {"done": True, "got": [home, alias, note_id]})

    toy, basic = Toy(get_note=get_note), base64.b64encode(b"a:b").decode()
    reply = toy.call(
        "get_note",
        headers={"Authorization": f"Basic {basic}"},
        path_values={"note_id": "1", "shelf": "7"},
        origin="http://here",
        world="mine",
    )
    assert reply.body["got"] == ["http://here/~mine/toy/v1", {"shelf": "7"}, 1]
