"""The pages of the documentation say what the code says: error texts, bodies of the control plane, workflows, the navigation."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from docs.site import control_plane
from docs.site.command_line import get_command, write_page
from docs.site.staging import list_pages, load_navigation
from mockserver.cli import cli
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock

HEADER = re.compile(r"^X-Mock-\w+: ")
SHORT = 3
"""The most characters of a part that says nothing, such as the sign between two values."""
EXCHANGES = 10
"""Calls in the journal of the world to which the bodies are sent; an example goes back to one of them."""
SOURCES = ("mockserver", "contract_tests")
ENTRIES = re.findall(r"^### (`.*`)$", (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8"), re.MULTILINE)
WORKFLOWS = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
BODIES = list(control_plane.list_bodies(control_plane.load_document()))


@pytest.fixture(scope="module")
def texts() -> str:
    """Every text in the code of the server and the suite, a line for each."""
    files = (file for folder in SOURCES for file in (ROOT / folder).rglob("*.py"))
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in files)
    return "\n".join(node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def missing_parts(entry: str, texts: str) -> list[str]:
    """The parts of an entry, between its values, that the code does not have."""
    parts = [part for part in HEADER.sub("", entry.strip("`")).split("…") if len(part) > SHORT]
    assert parts
    return [part for part in parts if part not in texts]


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_error_of_the_page_is_one_of_the_code(entry: str, texts: str) -> None:
    assert missing_parts(entry, texts) == []


def test_a_text_that_the_code_lacks_is_found(texts: str) -> None:
    assert missing_parts("`port … on … is in use; stop what listens there, or …`", texts) == []
    assert missing_parts("`port … on … is taken; stop what listens there`", texts) == [" is taken; stop what listens there"]


def test_every_operation_with_a_body_has_an_example() -> None:
    operations = control_plane.list_operations(control_plane.load_document())
    assert {operation["operationId"] for _, _, operation in operations if "requestBody" in operation} == {body.operation for body in BODIES}


def test_every_body_of_the_page_is_taken_by_a_server(mock: Mock) -> None:
    with mock.client("serpi") as client:
        for _ in range(EXCHANGES):
            client.get("/Sucursales", params={"limite": 1}).raise_for_status()
    with mock.control as client:
        client.post("/faults", json={"preset": "offline"})
        for body in sorted(BODIES, key=lambda one: one.operation == "reset_world"):  # a reset takes the exchanges that other bodies name
            if body.operation == "start_conformance":
                continue  # a run takes seconds; tests/console start it with these values
            value = json.loads(json.dumps(body.value).replace('"world": "default"', f'"world": "{mock.world}"'))
            own = {**value, "name": f"{mock.world}-{value['name']}"} if body.operation == "create_world" else value
            path = body.path.removeprefix("/_mock").replace("/worlds/imported", f"/worlds/{mock.world}-imported")
            answer = client.request(body.method, path, json=own)
            assert answer.is_success, f"{body.method} {body.path}: {answer.text}"


def list_commands(workflow: Any) -> Iterator[str]:
    """The shell texts of a workflow of GitHub Actions or GitLab."""
    if isinstance(workflow, dict):
        for name, value in workflow.items():
            if name == "run":
                yield value
            elif name in {"script", "after_script"}:
                yield "\n".join(value)
            else:
                yield from list_commands(value)
    elif isinstance(workflow, list):
        for value in workflow:
            yield from list_commands(value)


@pytest.mark.parametrize("text", WORKFLOWS, ids=["github", "gitlab"])
def test_a_workflow_is_yaml_with_commands_that_are_there(text: str) -> None:
    workflow = yaml.safe_load(text)
    commands = list(list_commands(workflow))
    assert subprocess.run(["bash", "-n"], input="\n".join(commands), text=True, capture_output=True, check=True).stderr == ""
    own = [line for command in commands for line in command.splitlines() if line.startswith("mockserver ")]
    assert len(own) == 3
    for line in own:
        parse_command(line)


def parse_command(line: str) -> None:
    """Read a line as the command line does, without running it. Raises ClickException for what it does not know."""
    words = shlex.split(line.partition(" >")[0])[1:]
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        found = get_command(command, context, words.pop(0))
        assert found is not None, line
        command = found
    command.make_context(command.name, words)


def test_every_named_page_is_there() -> None:
    pages = list_pages(load_navigation())
    assert [page for page in pages if not (ROOT / page).is_file()] == []
    assert {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").glob("*.md")} <= set(pages)


def test_the_page_about_the_command_line_has_the_options_of_every_command() -> None:
    page = write_page()
    assert "## mockserver verify\n" in page
    assert "| `--read-only` |" in page
    assert "### mockserver clock advance\n" in page
