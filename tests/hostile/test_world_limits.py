"""A world has at most so many records and bytes, whichever call or file would make it larger; what is refused changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.app import ServerSettings, create_app
from mockserver.openapi import limits
from mockserver.openapi.errors import SetupError
from tests.hostile.application import Answer, Application
from tests.server.samples import samples_of

JSON = "application/json"
_numbers = count(1)


@pytest.fixture(scope="module")
def shared() -> Application:
    return Application()


@pytest.fixture
def app(shared: Application) -> Application:
    """A world of its own."""
    return Application(shared.app, f"limited-{next(_numbers)}")


def invoice(app: Application) -> Answer:
    """A vendor's call that adds a record."""
    sample = samples_of("trincico", "create_invoice")[0]
    return app.call(
        "POST",
        "/trincico" + sample.path,
        orjson.dumps({**sample.body, "reference": f"L{next(_numbers)}"}),
        content_type=JSON,
        authorization="Bearer trincico-demo-token",
    )


def records(app: Application) -> int:
    used = {limit["name"]: limit.get("used") for limit in app.call("GET", "/_mock/health").json()["limits"]}
    return int(used["world-records"])


def digest(app: Application) -> str:
    return str(app.call("GET", f"/_mock/worlds/{app.world}/digest").json()["digest"])


def export(app: Application) -> Any:
    return app.call("GET", f"/_mock/worlds/{app.world}/export").json()


def import_(app: Application, data: Any) -> Answer:
    return app.call("PUT", f"/_mock/worlds/{app.world}", orjson.dumps(data), content_type=JSON)


def check_refused(answer: Answer, name: str) -> None:
    assert (answer.status, answer.headers["content-type"], answer.headers["x-mock-limit"]) == (413, "application/problem+json", name)
    assert answer.json()["limit"] == name
    assert ";" in answer.json()["detail"]


def write_by_hand(app: Application) -> Answer:
    return app.call(
        "POST", "/_mock/state/monedero/blacklist", orjson.dumps({"account_id": 1, "phone": str(4775550200 + next(_numbers))}), content_type=JSON
    )


def import_one_more(app: Application) -> Answer:
    world = export(app)
    branches = world["tables"]["serpi.branches"]["records"]
    branches.append({**branches[-1], "id": 990_002})
    return import_(app, world)


def limit_to(patch: pytest.MonkeyPatch, name: str, value: int) -> None:
    patch.setattr(limits, name, replace(getattr(limits, name), value=value))


ADDING = {"a vendor's call": invoice, "a record by hand": write_by_hand, "an import": import_one_more}


@pytest.mark.parametrize("add", ADDING.values(), ids=ADDING)
def test_a_call_that_would_make_a_world_too_large_changes_nothing(
    app: Application, monkeypatch: pytest.MonkeyPatch, add: Callable[[Application], Answer]
) -> None:
    assert invoice(app).status == 201
    most = records(app)
    limit_to(monkeypatch, "WORLD_RECORDS", most)
    before = digest(app)
    check_refused(add(app), "world-records")
    assert digest(app) == before
    assert import_(app, export(app)).status == 200
    assert digest(app) == before
    limit_to(monkeypatch, "WORLD_RECORDS", most + 1)
    assert add(app).status in (200, 201)
    assert records(app) == most + 1


def test_a_world_beyond_the_limit_can_be_made_smaller(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    written = write_by_hand(app).json()
    limit_to(monkeypatch, "WORLD_RECORDS", records(app) - 10)
    assert app.call("PATCH", f"/_mock/state/monedero/blacklist/{written['id']}", b'{"phone": "4775550000"}', content_type=JSON).status == 200
    assert app.call("DELETE", f"/_mock/state/monedero/blacklist/{written['id']}").status == 204


def test_a_fork_of_a_world_and_a_reset_are_no_larger_than_what_they_start_from(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoice(app).status == 201
    limit_to(monkeypatch, "WORLD_RECORDS", records(app))
    fork = app.call("POST", "/_mock/worlds", orjson.dumps({"name": f"{app.world}-fork", "from": {"world": app.world}}), content_type=JSON)
    assert (fork.status, fork.json()["records"]) == (201, records(app))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(room=st.integers(0, 4), calls=st.lists(st.sampled_from([*ADDING.values(), digest]), max_size=5))
def test_no_order_of_calls_makes_a_world_too_large(shared: Application, room: int, calls: list[Callable[[Application], object]]) -> None:
    app = Application(shared.app, f"ordered-{next(_numbers)}")
    invoice(app)
    most = records(app) + room
    with pytest.MonkeyPatch.context() as patch:
        limit_to(patch, "WORLD_RECORDS", most)
        for call in calls:
            call(app)
            assert records(app) <= most


def test_an_export_beyond_the_bytes_of_a_world_is_refused(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    length = len(app.call("GET", f"/_mock/worlds/{app.world}/export").body)
    limit_to(monkeypatch, "WORLD_BYTES", length)
    assert app.call("GET", f"/_mock/worlds/{app.world}/export").status == 200
    limit_to(monkeypatch, "WORLD_BYTES", length - 1)
    check_refused(app.call("GET", f"/_mock/worlds/{app.world}/export"), "world-bytes")


def test_a_body_of_the_control_plane_beyond_its_limit_is_refused_with_its_name(app: Application) -> None:
    invoice(app)
    before = digest(app)
    path = f"/_mock/worlds/{app.world}"
    check_refused(app.call("PUT", path, b" " * (limits.WORLD_BYTES.value + 1), content_type=JSON), "world-bytes")
    check_refused(app.call("POST", "/_mock/faults", b" " * (limits.BODY.value + 1), content_type=JSON), "body")
    assert digest(app) == before
    vendors = app.call("POST", "/trincico/invoices", b" " * (limits.BODY.value + 1), content_type=JSON, authorization="Bearer trincico-demo-token")
    assert vendors.status == 413
    assert "x-mock-limit" not in vendors.headers
    assert vendors.headers["content-type"] == JSON


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"outbox": "messages"}, "/outbox"),
        ({"faults": {"rules": [{"delay": {"distribution": "fixed", "seconds": 1e9, "most": 1e9, "sigma": 0}}]}}, "/faults/rules/0"),
        ({"faults": {"rules": [{"damage": {"kind": "drip", "seconds": 1e9}}]}}, "/faults/rules/0"),
        ({"faults": {"rules": [{"delay": {"distribution": "uniform", "seconds": -1, "most": 1, "sigma": 0}}]}}, "/faults/rules/0"),
        ({"faults": {"rules": [{}] * (limits.FAULT_RULES.value + 1)}}, "/faults/rules"),
    ],
)
def test_an_import_cannot_bring_what_no_call_could_make(app: Application, members: dict[str, Any], pointer: str) -> None:
    world, before = export(app), digest(app)
    if "outbox" in members:
        message = {"id": 1, "api": "serpi", "channel": "mail", "to": "a", "subject": "b", "body": "c", "sent_at": "2026-01-01T00:00:00Z", "codes": []}
        world["outbox"] = [{**message, "id": number} for number in range(limits.OUTBOX.value + 1)]
    else:
        app.call("POST", "/_mock/faults", b'{"api": "serpi", "delay": 1}', content_type=JSON)
        rule = export(app)["faults"]["rules"][0]
        world["faults"] = {"rules": [{**rule, **changes} for changes in members["faults"]["rules"]], "down": [], "next_id": 999}
    refused = import_(app, world)
    assert refused.status == 422, refused.body[:500]
    assert pointer in [violation["pointer"] for violation in refused.json()["violations"]]
    assert digest(app) == before


def test_a_start_from_a_file_beyond_the_limit_is_refused_in_one_line(app: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "world.json"
    file.write_bytes(orjson.dumps(export(app)))
    limit_to(monkeypatch, "WORLD_RECORDS", records(app) - 1)
    with pytest.raises(SetupError, match="world-records"):
        create_app(ServerSettings(world=file))
