"""What a container meets: the command, user, files and health check of ``Containerfile``, without a tool that builds it.

``make image`` and ``make image-test`` build it and run it.
"""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from hatch_build import FOLDERS
from mockserver.testing import Mock, Refused
from tests.conftest import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITTEN = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
TOKEN = "chosen-by-the-operator"
NEIGHBOUR = {"host": "mock:8000"}
"""The name under which another container calls."""


def instruction(name: str) -> str:
    """What the last instruction of this name says."""
    found: list[str] = re.findall(rf"^{name} +(.+)$", WRITTEN, re.MULTILINE)
    return found[-1].strip()


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that runs by the command of the container image, on a free port and with another directory for its state."""
    command: list[str] = [*json.loads(instruction("ENTRYPOINT")), *json.loads(instruction("CMD"))]
    assert command[:2] == ["mockserver", "serve"]
    volume = str(tmp_path_factory.mktemp("data"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOCKSERVER_TOKEN", TOKEN)
        server = Server(*(volume if option == instruction("VOLUME") else option for option in command[2:]))
    assert f"kept in {volume}" in server.banner
    yield server
    server.stop()


def test_every_address_of_the_container_is_listened_on(container: Server) -> None:
    assert "on http://0.0.0.0:" in container.banner


def test_the_health_check_needs_no_token_and_fails_without_a_server(container: Server) -> None:
    _, _, command = instruction("HEALTHCHECK").partition("CMD ")
    arguments: list[str] = json.loads(command)[1:]
    for port, is_healthy in ((httpx.URL(container.url).port, True), (1, False)):
        told = [argument.replace(f":{instruction('EXPOSE')}/", f":{port}/") for argument in arguments]
        done = subprocess.run([sys.executable, *told], capture_output=True, check=False)
        assert (done.returncode == 0) is is_healthy, done.stderr


@pytest.mark.parametrize("headers", [{"authorization": f"Bearer {TOKEN}"}, {"x-mock-token": TOKEN}])
def test_a_neighbour_with_the_token_controls_the_mock(container: Server, headers: dict[str, str]) -> None:
    apis = httpx.get(f"{container.url}/_mock/apis", headers={**NEIGHBOUR, **headers}).json()["apis"]
    assert {api["base_url"].partition("/serpi")[0] for api in apis if api["slug"] == "serpi"} == {"http://mock:8000"}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, {"x-mock-token": ""}])
def test_a_neighbour_without_the_token_does_not(container: Server, headers: dict[str, str]) -> None:
    assert httpx.post(f"{container.url}/_mock/reset", headers={**NEIGHBOUR, **headers}).status_code == 401


def test_a_neighbour_calls_a_vendor_without_the_token(container: Server) -> None:
    credential = {"authorization": "Bearer trincico-demo-token"}
    answer = httpx.get(f"{container.url}/trincico/plans", headers={**NEIGHBOUR, **credential})
    assert answer.status_code == 200


def test_the_client_controls_a_world_with_the_token(container: Server) -> None:
    with Mock(container.url, "of-the-client", TOKEN) as world:
        world.clock.freeze("2026-01-01T00:00:00Z")
        assert world.call("GET", "/clock")["now"] == "2026-01-01T00:00:00Z"
    with Mock(container.url, "of-the-client") as world, pytest.raises(Refused, match="X-Mock-Token"):
        world.call("GET", "/clock")


def test_the_server_does_not_run_as_root() -> None:
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", instruction("USER"))
    assert WRITTEN.index("\nUSER") < WRITTEN.index("\nENTRYPOINT")


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    copied = [name for line in re.findall(r"^COPY (?!--)(.+) \S+$", WRITTEN, re.MULTILINE) for name in line.split()]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert set(copied) >= {"mockserver", "requirements.lock", *FOLDERS}
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert [name for name in copied if not any(fnmatch.fnmatch(f"!{name}", line) for line in ignored)] == []


def test_the_compose_file_agrees_with_the_container_file() -> None:
    service: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["mock"]
    port = instruction("EXPOSE")
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"], "reachable from this machine only"
    assert service["volumes"] == [f"data:{instruction('VOLUME')}"]
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert service["environment"]["MOCKSERVER_TOKEN"].startswith("${MOCKSERVER_TOKEN:?"), "no token stands in the file"


def test_the_compose_file_has_fields_of_the_compose_specification_only() -> None:
    """No engine runs here that could start it; a misspelt field would be refused, or ignored, by one that does."""
    written: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert written.keys() <= {"services", "volumes"}, "no version, which the specification calls obsolete"
    (service,) = written["services"].values()
    told = {"image", "build", "environment", "ports", "volumes", "read_only", "tmpfs", "cap_drop", "security_opt", "restart"}
    assert service.keys() == told, "neither user, command, entrypoint nor healthcheck: those of the container file count"
    assert service["build"].keys() == {"context", "dockerfile"}
    assert {volume.partition(":")[0] for volume in service["volumes"]} == written["volumes"].keys()
    assert (service["restart"], service["read_only"]) == ("unless-stopped", True)
    writable = {instruction("VOLUME"), *service["tmpfs"]}
    assert writable == {"/data", "/tmp"}, "the server writes its state and temporary files, nothing else"  # noqa: S108 - a path of the container


@pytest.mark.parametrize("step", ["build", "test"])
def test_without_buildah_one_line_says_that_nothing_was_run(step: str) -> None:
    told = subprocess.run([sys.executable, "-m", "tests.image", step], cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"The container image was NOT \w+: buildah is not installed; .+\n", told.stdout)
