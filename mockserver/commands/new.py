"""``new``: a folder, or a package to install, around a document: what was understood of it, and code to begin with."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping
from pathlib import Path

import click
import yaml

from mockserver.openapi.declarations.writing import write_overlay
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.files import is_address
from mockserver.openapi.foreign.read import slugify
from mockserver.openapi.foreign.sources import choose_source
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Family, Kind, Model
from mockserver.openapi.inference.shapes import Shapes
from mockserver.openapi.operations import OperationSpec

_WORD = re.compile(r"[^a-z0-9]+")
_HANDLER = """

@on("{label}")
def {function}(call, infer):
    # call.path, call.query and call.body are what was sent; call.record("family", key) is a record of the world, and
    # raise call.refuse(409, "why") refuses the call. infer() answers as the document alone would.
    return infer()
"""
_BOUNDS = frozenset({"format", "enum", "pattern", "maxLength", "const", "readOnly"})
"""Keywords of a schema that not every text fits."""
_HEAD = '''"""A mock of {name}."""

from pathlib import Path

from mockserver import on

DOCUMENT = Path(__file__).parent / "api.yaml"
'''
_SEED = """

def seed(world):
    # The records of examples and made ones are there already; world.clear("{family}") removes those of a family.
    world.add("{family}"{values})
"""
_TEST = '''"""The mock answers."""

import subprocess

import httpx
import pytest


@pytest.fixture(scope="session")
def api():
    with subprocess.Popen({command}, stdout=subprocess.PIPE, text=True) as server:
        url = ""
        for line in server.stdout:
            if "base URL" in line:
                url = line.split()[-1]
            if line.rstrip().endswith("/docs/{name}"):
                break
        with httpx.Client(base_url=url, headers={headers}) as client:
            yield client
        server.terminate()


def test_it_answers(api):
    assert api.get({path}).status_code {expected}
'''
_PROJECT = """[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{name}-mock"
version = "0.1.0"
description = "A mock of {name} for mockserver"
requires-python = ">=3.11"
dependencies = ["mockserver"]

[project.entry-points."mockserver.apis"]
{name} = "{module}"

[tool.hatch.build.targets.wheel]
packages = ["{module}"]
"""


@click.command("new")
@click.argument("name")
@click.option("--spec", required=True, help="OpenAPI document: a file, an address, or a folder that holds one.")
@click.option("--package", is_flag=True, help="Write a package to install, which mockserver serve then finds, in place of a folder to serve.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=".", help="Folder in which the new one is made; by default here.")
def new_command(name: str, spec: str, *, package: bool, into: Path) -> None:
    """Write a folder NAME around a document: the document, what was understood of it, code and records to begin with, and a test."""
    if slugify(name) != name or keyword.iskeyword(name):
        raise SetupError(f"{name} cannot be the name of an API; write lower-case letters, digits and dashes, as in {slugify(name) or 'shop'}")
    found = choose_source(spec)
    model = infer(found.document)
    folder = into / name
    files = _Writer(name, found.document, model).package() if package else _Writer(name, found.document, model).folder()
    _write(folder, files)
    click.echo("\n".join(f"wrote {folder / file}" for file in files))
    click.echo(f"try it: pip install -e {folder}; mockserver serve" if package else f"try it: mockserver serve {folder} --watch")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a new folder. Raises SetupError if there is such a folder, or it cannot be written."""
    try:
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
    except FileExistsError:
        raise SetupError(f"{folder} exists; nothing was written. Choose another name, or another folder with --into") from None
    except OSError as error:
        raise SetupError(f"{folder} cannot be written: {error.strerror}") from None


class _Writer:
    """Makes the files around a document, by their names."""

    def __init__(self, name: str, document: Document, model: Model) -> None:
        self._name = name
        self._document = document
        self._model = model

    def folder(self) -> dict[str, str]:
        """A folder that ``mockserver serve`` takes."""
        return {
            "api.yaml": self._text(),
            "api.overlay.yaml": write_overlay(self._document, self._model, "api.yaml"),
            "handlers.py": f'"""Functions that answer operations in place of the document."""\n\nfrom mockserver import on\n{self._handler()}',
            "fixtures.py": f'"""Records of every new world."""\n{self._seed()}',
            f"test_{_WORD.sub('_', self._name)}.py": self._test(f'["mockserver", "serve", "{self._name}=.", "--port", "0"]'),
        }

    def package(self) -> dict[str, str]:
        """A package with an entry point."""
        module = f"{_WORD.sub('_', self._name)}_mock"
        head = _HEAD.format(name=self._name)
        return {
            "pyproject.toml": _PROJECT.format(name=self._name, module=module),
            f"{module}/__init__.py": head + self._handler() + self._seed(),
            f"{module}/api.yaml": self._text(),
            f"{module}/api.overlay.yaml": write_overlay(self._document, self._model, "api.yaml"),
            f"test_{_WORD.sub('_', self._name)}.py": self._test('["mockserver", "serve", "--port", "0"]'),
        }

    def _text(self) -> str:
        """The document as one file: as it was written, if it is one YAML file, otherwise brought together."""
        source = self._document.source
        if is_address(source) or self._document.parts or self._document.overlays or not source.endswith((".yaml", ".yml")):
            return yaml.safe_dump(self._document.raw, sort_keys=False, allow_unicode=True)
        return Path(source).read_text(encoding="utf-8")

    def _handler(self) -> str:
        """A function for the operation that needs one most: one without state, else a creation."""
        specs = [spec for spec in self._document.operations if not self._model.roles[spec.id].is_stateful]
        specs += [spec for spec in self._document.operations if self._model.roles[spec.id].kind is Kind.CREATE]
        spec = (specs or list(self._document.operations))[0]
        words = _WORD.sub("_", spec.label.lower()).strip("_")
        return _HANDLER.format(label=spec.label.replace("\\", "\\\\").replace('"', '\\"'), function=words)

    def _seed(self) -> str:
        """A function that adds a record of a family that stands below no other."""
        shapes = Shapes(self._document)
        roots = [one for one in self._model.families.values() if not one.is_singleton and not any(scope.parent for scope in one.scopes)]
        roots.sort(key=lambda family: (not family.item, _free_text(shapes, family) == ""))
        if not roots:
            return "\n\ndef seed(world):\n    assert world.now  # the document has no family of records\n"
        text = _free_text(shapes, roots[0])
        return _SEED.format(family=roots[0].name, values=f', {text}="An example"' if text else "")

    def _test(self, command: str) -> str:
        spec = next(filter(self._needs_nothing, self._document.operations), None)
        path, expected = (spec.path, "== 200") if spec is not None else ("/", "< 500")
        headers = {"Authorization": "Bearer demo-token"} | {
            str(scheme["name"]): "demo-key"
            for scheme in self._document.security_schemes.values()
            if scheme.get("type") == "apiKey" and scheme.get("in") == "header"
        }
        basic = any(str(scheme.get("scheme", "")).lower() == "basic" for scheme in self._document.security_schemes.values())
        headers |= {"Authorization": "Basic ZGVtbzpkZW1v"} if basic else {}
        return _TEST.format(command=command, name=self._name, headers=json.dumps(headers), path=json.dumps(path), expected=expected)

    def _needs_nothing(self, spec: OperationSpec) -> bool:
        """Whether a call without anything is answered 200."""
        return spec.method == "GET" and "200" in spec.statuses and not any(one.get("required") for one in spec.parameters)


def _free_text(shapes: Shapes, family: Family) -> str:
    """A property of a record that any text fits; empty if there is none."""
    for name, schema in shapes.of(family.schema).properties.items():
        found = shapes.resolve(schema)
        is_plain = found.get("type") == "string" and not _BOUNDS & found.keys()
        if is_plain and name.isidentifier() and not keyword.iskeyword(name) and name != family.identity and name not in family.references:
            return name
    return ""
