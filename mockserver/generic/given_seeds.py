"""Records of a user's own, in place of those that are made: from a file of data, and by a function of ``fixtures.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.core.state.world import Transaction
from mockserver.generic.access import NoPlace, RecordAccess, find_place
from mockserver.generic.beside import describe_failure, run_file
from mockserver.generic.engine import SINGLE, Engine
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.defects import Defects
from mockserver.openapi.foreign.parsing import parse_document
from mockserver.openapi.inference.model import Family
from mockserver.openapi.nearest import nearest
from mockserver.openapi.pointers import escape_part

BELOW, KEY = "$below", "$key"
"""Keys of a record in a file: the records above it by family, and its own key if no property holds it."""
_SEED = "seed"
"""The name of the function of a file of fixtures."""


class SeedAccess(RecordAccess):
    """The records of a world before its first call, for the function ``seed`` of a file of fixtures."""


@dataclass(frozen=True)
class GivenRecord:
    """One record of a file. ``place`` names file, family and number in messages."""

    place: str
    data: Mapping[str, Any]
    below: Mapping[str, Any]
    key: Any


def read_seed_files(files: Sequence[Path], engine: Engine) -> dict[str, list[GivenRecord]]:
    """The records of files by family. Raises SetupError, with file, family, record and JSON pointer, for what does not fit the document."""
    found: dict[str, list[GivenRecord]] = {}
    for file in files:
        try:
            content = parse_document(file.read_bytes(), str(file), Defects(str(file)))
        except OSError as error:
            raise SetupError(f"--seed-file {file}: {error.strerror}") from None
        if not isinstance(content, dict):
            raise SetupError(f"{file}: write a mapping of families to lists of records")
        for name, records in content.items():
            family = engine.model.families.get(name)
            if family is None:
                raise SetupError(f"{file}: the document has no family {name}; {nearest(name, engine.model.families)}")
            if not isinstance(records, list):
                raise SetupError(f"{file}: {name}: write a list of records")
            found.setdefault(name, []).extend(
                _read_record(engine, family, record, f"{file}: {name} {number}") for number, record in enumerate(records, 1)
            )
    return found


def _read_record(engine: Engine, family: Family, record: Any, place: str) -> GivenRecord:
    if not isinstance(record, dict):
        raise SetupError(f"{place}: write a mapping of properties")
    below, key = record.get(BELOW, {}), record.get(KEY)
    if not isinstance(below, dict):
        raise SetupError(f"{place} /{BELOW}: write a mapping of families to keys")
    data = {name: value for name, value in record.items() if name not in (BELOW, KEY)}
    problem = next(_find_problems(engine, family, data), None)
    if problem is not None:
        raise SetupError(f"{place} {problem}")
    if family.identity is not None:
        key = data.get(family.identity, key)
    if key is not None and not _is_key(engine, family, key):
        raise SetupError(f"{place} /{escape_part(family.identity or KEY)}: {key} cannot stand in the path {family.item}")
    return GivenRecord(place, data, below, key)


def _find_problems(engine: Engine, family: Family, data: Mapping[str, Any]) -> Iterator[str]:
    """What of a record does not fit its schema, each with its pointer."""
    properties = engine.makers[family.name].shape.properties
    for name, value in data.items():
        if properties and name not in properties:
            yield f"/{escape_part(name)}: there is no such property; {nearest(name, properties)}"
        elif (validator := engine.values.validator(properties.get(name, {}))) is not None:
            yield from (f"/{escape_part(name)}{one.pointer}: {one.text}" for one in validator.violations(value, "body"))


def _is_key(engine: Engine, family: Family, key: Any) -> bool:
    if not isinstance(key, str | int) or isinstance(key, bool) or key == "":
        return False
    return engine.values.is_valid(dict(family.key), key if "integer" in engine.values.shapes.of(family.key).kinds else str(key))


def add_given(world: Transaction, engine: Engine, family: Family, given: Sequence[GivenRecord]) -> None:
    """Add the records of a family to a world. Raises SetupError for a key that is taken, or a record above that does not exist."""
    shelf, maker, values = engine.shelves[family.name], engine.makers[family.name], engine.values
    for one in given:
        try:
            parents = find_place(engine, world, family, one.data, one.below)
        except NoPlace as error:
            raise SetupError(f"{one.place} /{BELOW}: {error}") from None
        key = SINGLE if family.is_singleton else maker.draw_key(world, parents) if one.key is None else one.key
        if shelf.find(world, parents, str(key)) is not None:
            raise SetupError(f"{one.place}: there is a {family.name} {key} already")
        values.seed(world.seed, shelf.table.name, key)
        made = maker.complete(world, {}, frozenset(maker.shape.properties), parents, key)
        fitted = values.fit(family.schema, {**made, **one.data}, noun=family.noun)
        shelf.add(world, parents, str(key), fitted if isinstance(fitted, dict) else dict(one.data))


@dataclass(frozen=True)
class Seeding:
    """The function ``seed`` of a file of fixtures."""

    file: Path
    function: Callable[[SeedAccess], None]

    def __call__(self, world: Transaction, engine: Engine) -> None:
        """Let the function add its records to a world. Raises SetupError, with the line, if it fails."""
        try:
            self.function(SeedAccess(world, engine))
        except Exception as error:
            raise describe_failure(self.file, error) from error


def load_seeding(file: Path | None) -> Seeding | None:
    """The function ``seed`` of a file of fixtures; None without a file. Raises SetupError if the file has no such function."""
    if file is None:
        return None
    found = find_seeding(run_file(file))
    if found is None:
        raise SetupError(f"{file}: has no function {_SEED}; write: def {_SEED}(world): world.add(...)")
    return found


def find_seeding(module: Any) -> Seeding | None:
    """The function ``seed`` of a module; None if it has none."""
    function: Callable[[SeedAccess], None] | None = getattr(module, _SEED, None)
    return None if function is None else Seeding(Path(module.__file__), function)
