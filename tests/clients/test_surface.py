"""The TypeScript client has what the Python client has, by the same names."""

from __future__ import annotations

import inspect
import re
from functools import cached_property

import pytest

from mockserver.testing import mock as mock_module
from mockserver.testing import parts, records
from tests.conftest import ROOT

SOURCE = ROOT / "clients" / "typescript" / "src"
CLASSES = {
    "Mock": (mock_module.Mock, "mock.ts"),
    "Api": (mock_module.Api, "mock.ts"),
    **{
        name: (getattr(parts, name), "parts.ts")
        for name in ("Clock", "AddedRule", "Faults", "Services", "Transitions", "Journal", "Outbox", "State", "Snapshot")
    },
    "Message": (records.Message, "parts.ts"),
}
OTHERWISE = {
    # TypeScript has no call that blocks, so nothing is open that has to be closed, and clients are made by the library of the app.
    ("Mock", "close"): "connections are those of fetch",
    ("Api", "close"): "connections are those of fetch",
    ("Api", "client"): "the app brings its own client; `baseUrl` and `headers` are what it needs",
    ("Message", "read"): "its constructor",
}
_MEMBER = re.compile(r"^  (?:readonly |get |async \*?|\*)*([a-zA-Z]+)(?=\(|:|<| =)", re.MULTILINE)


def camel(name: str) -> str:
    """A Python name as TypeScript writes it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def members(name: str, file: str) -> set[str]:
    """The public members of a class of the TypeScript client."""
    text = (SOURCE / file).read_text(encoding="utf-8")
    found = re.search(rf"^export class {name}\b.*?^}}", text, re.MULTILINE | re.DOTALL)
    assert found, f"{file} has no class {name}"
    return set(_MEMBER.findall(found[0])) - {"constructor", "private"}


@pytest.mark.parametrize("name", CLASSES)
def test_every_member_of_the_python_client_is_there(name: str) -> None:
    python, file = CLASSES[name]
    public = {
        member
        for member, value in vars(python).items()
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property | cached_property | classmethod))
    }
    expected = {camel(member) for member in public if (name, member) not in OTHERWISE}
    assert expected <= members(name, file)


def test_every_exception_is_one() -> None:
    assert {(name, member) for name, member in OTHERWISE if not hasattr(CLASSES[name][0], member)} == set()
