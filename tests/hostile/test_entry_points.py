"""The guard and a policy stand before everything that is not a vendor's, by what a request is routed to."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import swagger_ui

from mockserver.control.runs import Runs
from tests.conftest import ROOT, Server
from tests.hostile.inside import KEY, Inside

OWN = (
    "/",
    "/console/journal",
    "/console/worlds",
    "/console/assets/console.css",
    "/console/viewer/swagger-ui.css",
    "/console/nothing",
    "/docs",
    "/docs/serpi",
    "/docs/mock",
    "/_mock",
    "/_mock/clock",
    "/_mock/openapi.json",
    "/_mock/nothing",
    "/nowhere",
    "/~x/console/assets/console.css",
    "/~x/_mock/clock",
)
VENDOR = ("/serpi/api/v1/openapi.json", "/monedero/nothing")


@pytest.fixture(scope="module")
def mock() -> Inside:
    """A server on a loopback address."""
    return Inside()


def get(mock: Inside, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """One call with these headers."""
    return asyncio.run(mock.call(method, path, headers=headers))


@pytest.mark.parametrize("path", OWN)
def test_no_page_or_interface_of_the_mock_answers_under_another_name_or_to_another_site(mock: Inside, path: str) -> None:
    for headers in ({"host": "evil.example"}, {"host": "localhost.evil.example:8000"}, {"origin": "https://evil.example"}, {"origin": "null"}):
        answer = get(mock, path, **headers)
        assert answer.status_code == 403, headers
        assert answer.headers["content-type"] == "application/problem+json"
        assert "access-control-allow-origin" not in answer.headers
        assert "content-security-policy" in answer.headers
    assert get(mock, path).status_code in (200, 404)


@pytest.mark.parametrize("path", OWN)
def test_every_answer_of_the_mock_itself_has_a_policy(mock: Inside, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
        answer = get(mock, path, method)
        assert "default-src 'none'" in answer.headers["content-security-policy"], method
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", VENDOR)
def test_the_vendors_answer_under_every_name_and_to_every_page(mock: Inside, path: str) -> None:
    answer = get(mock, path, host="shop.example", origin="https://app.example")
    assert answer.status_code in (200, 404)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-security-policy" not in answer.headers


@pytest.mark.parametrize("path", ["/_mock/clock", "/console/journal", "/_mocking", "/docs/serpi"])
def test_a_preflight_from_another_site_is_not_granted(mock: Inside, path: str) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "PATCH"}
    assert "access-control-allow-origin" not in get(mock, path, "OPTIONS", **asked).headers
    granted = get(mock, path, "OPTIONS", **{**asked, "origin": "http://localhost:3000"})
    assert granted.headers["access-control-allow-origin"] == "http://localhost:3000"


def test_a_path_that_only_begins_like_the_mocks_own_is_no_vendors(mock: Inside) -> None:
    for path in ("/_mocking", "/consoles", "/docsx"):
        assert get(mock, path, host="evil.example").status_code == 403
        assert get(mock, path).status_code == 404


def test_the_viewer_serves_the_files_of_its_page_only(mock: Inside) -> None:
    folder = Path(swagger_ui.__file__).parent / "static"
    served = {file.name for file in folder.iterdir() if get(mock, f"/console/viewer/{file.name}").status_code == 200}
    assert served == {"swagger-ui-bundle.js", "swagger-ui.css"}
    assert get(mock, "/console/viewer/").status_code == 404


def test_a_token_is_taken_from_either_header() -> None:
    guarded = Inside(token="s3cret" * 6)
    sent = ({"x-mock-token": "s3cret" * 6}, {"authorization": f"Bearer {'s3cret' * 6}"}, {"authorization": f"bearer {'s3cret' * 6}"})
    assert [get(guarded, "/_mock/clock", **headers).status_code for headers in sent] == [200, 200, 200]
    wrong: list[dict[str, str]] = [{}, {"x-mock-token": ""}]
    wrong += [{"authorization": text} for text in ("Bearer nothing", "s3cret" * 6, f"Basic {'s3cret' * 6}")]
    assert [get(guarded, "/_mock/clock", **headers).status_code for headers in wrong] == [401] * 5
    both = {"x-mock-token": "nothing", "authorization": f"Bearer {'s3cret' * 6}"}
    assert get(guarded, "/_mock/clock", **both).status_code == 401
    assert get(guarded, "/monedero/wallet/get", "POST", **KEY).status_code == 200
    assert get(guarded, "/console/sign-in", host="mock.example").status_code == 200


def test_serve_takes_its_token_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_TOKEN", "from-the-environment")
    server = Server()
    try:
        assert httpx.get(f"{server.url}/_mock/clock").status_code == 401
        assert httpx.get(f"{server.url}/_mock/clock", headers={"authorization": "Bearer from-the-environment"}).status_code == 200
    finally:
        server.stop()


def test_a_run_gets_the_token_of_the_environment_for_this_server_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOCKSERVER_TOKEN", "s3cret")
    script = "import os; print('token', os.environ.get('MOCKSERVER_TOKEN'))"

    async def lines(environment: dict[str, str]) -> list[str]:
        runs = Runs(tmp_path, (sys.executable, "-c", script))
        await runs.start("serpi", "http://127.0.0.1:9", "quick", 30, environment)
        assert runs._task is not None
        await runs._task
        return list(runs.lines)

    assert asyncio.run(lines({})) == ["token None"]
    assert asyncio.run(lines({"MOCKSERVER_TOKEN": "own"})) == ["token own"]


@pytest.mark.parametrize("option", ["--record", "--announce"])
@pytest.mark.parametrize("place", ["missing/file", "present/file"])
def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path, option: str, place: str) -> None:
    (tmp_path / "present").write_text("a file, and no folder")
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", option, str(tmp_path / place)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    assert done.returncode == 2, done
    assert done.stderr.startswith(f"mockserver: {option} {tmp_path / place}: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_first_page_and_the_operations_of_every_vendor_are_answered() -> None:
    async def scenario() -> None:
        mock = Inside()
        assert (await mock.call("GET", "/")).status_code == 200
        for api in (await mock.call("GET", "/_mock/apis")).json()["apis"]:
            listed = await mock.call("GET", f"/_mock/apis/{api['slug']}/operations")
            assert listed.status_code == 200, listed.text[:300]

    asyncio.run(scenario())
