"""Records by hand are checked against the document: which property checks which field, how a value is written, and which mappings are refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from mockserver.core.base.faults import Invalid
from mockserver.core.state.archive import read, write
from mockserver.core.state.mapping import FieldMapping, RecordMapping, RecordValidator, SchemaMapping, record_validators
from mockserver.core.state.tables import Rows, Table, TransactionTable
from mockserver.core.state.world import World
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Animal:
    """Weights are in grams; the day is stored as it was sent, or empty."""

    id: int
    name: str
    kind: str | None
    grams: int
    day: str
    tags: tuple[str, ...]
    at: datetime
    status: str


ANIMALS = Table("zoo.animals", Animal, {"name": lambda animal: animal.name, "kind": lambda animal: animal.kind})
FINE = Animal(1, "Otto", "otter", 4200, "", ("wet",), AT, "awake")

DOCUMENT = Document(
    "zoo",
    "zoo.yaml",
    {
        "components": {
            "schemas": {
                "Kind": {"type": "string", "enum": ["otter", "owl"]},
                "Named": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 10}}},
                "Animal": {
                    "allOf": [
                        {"$ref": "#/components/schemas/Named"},
                        {
                            "properties": {
                                "name": {"minLength": 1},
                                "species": {"$ref": "#/components/schemas/Kind"},
                                "kilos": {"type": "number", "minimum": 0},
                                "born": {"type": "string", "pattern": "^[0-9]{4}$"},
                                "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
                                "at": {"type": "string", "pattern": "-05:00$"},
                                "status": {"type": "integer"},
                            }
                        },
                    ]
                },
            }
        }
    },
)


def kilos(grams: int) -> float:
    if grams == 13:
        raise ValueError("no weight of an animal")
    return grams / 1000


def judge(*shown: SchemaMapping, **rest: Any) -> RecordValidator:
    return record_validators((ANIMALS,), {"animals": RecordMapping(shown, **rest)}, DOCUMENT)["zoo.animals"]


WHOLE = SchemaMapping(
    "Animal",
    {
        "kind": FieldMapping("species", or_nothing=True),
        "grams": FieldMapping("kilos", kilos),
        "day": FieldMapping("born", or_nothing=True),
        "at": FieldMapping(write=lambda at: at.isoformat().replace("+00:00", "-05:00")),
        "status": None,
    },
)


def said(judge: RecordValidator, **values: Any) -> list[str]:
    return [f"{found.pointer} {found.keyword}: {found.text}" for found in judge.violations(values)]


def test_a_sound_record_passes() -> None:
    assert judge(WHOLE).of_record(FINE) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": ""}, ['/name minLength: "" is shorter than 1 character (Animal/name)']),
        ({"name": "x" * 11}, ['/name maxLength: "xxxxxxxxxxx" is longer than 10 characters (Animal/name)']),
        ({"kind": "fish"}, ['/kind enum: "fish" is none of "otter", "owl" (Animal/species)']),
        ({"grams": -500}, ["/grams minimum: is written as -0.5: -0.5 is less than the minimum of 0 (Animal/kilos)"]),
        ({"grams": 13}, ["/grams format: cannot be written: no weight of an animal (Animal/kilos)"]),
        ({"tags": ("a", "long")}, ['/tags/1 maxLength: "long" is longer than 3 characters (Animal/tags)']),
        ({"day": "soon"}, ['/day pattern: "soon" does not match "^[0-9]{4}$" (Animal/born)']),
        ({"at": datetime(1, 1, 1, tzinfo=UTC)}, ["/at format: is a moment that another offset cannot tell (zoo.animals.at)"]),
        ({"at": datetime(9999, 12, 31, tzinfo=UTC)}, ["/at format: is a moment that another offset cannot tell (zoo.animals.at)"]),
        ({"day": ""}, []),
        ({"kind": None}, []),
        ({"kind": "", "status": "happens to have the name of a number"}, []),
    ],
)
def test_a_field_is_judged_by_its_property_as_it_is_written(values: dict[str, Any], words: list[str]) -> None:
    assert said(judge(WHOLE), **values) == words


def test_all_errors_are_reported_at_once() -> None:
    assert [found.pointer for found in judge(WHOLE).violations({"name": "", "kind": "fish", "grams": -1})] == ["/name", "/kind", "/grams"]


def test_only_named_fields_are_compared_if_the_check_names_fields() -> None:
    assert said(judge(SchemaMapping("Animal", {"kind": "species"}, whole=False)), kind="fish", name="", status="x") != []
    assert said(judge(SchemaMapping("Animal", {"kind": "species"}, whole=False)), name="", status="x") == []


def test_limits_judge_what_the_document_leaves_open() -> None:
    limited = judge(limits={"status": {"enum": ["awake", "asleep"]}, "kind": {"$ref": "#/components/schemas/Kind"}})
    assert said(limited, status="dead") == ['/status enum: "dead" is none of "awake", "asleep" (zoo.animals.status)']
    assert [found.split(":")[0] for found in said(limited, kind="fish")] == ["/kind enum"]
    assert limited.judged == {"status", "kind"}


@pytest.mark.parametrize(
    ("description", "words"),
    [
        (RecordMapping((SchemaMapping("Plant"),)), "is shown as Plant, which zoo.yaml does not have"),
        (RecordMapping((SchemaMapping("Animal", {"colour": "species"}),)), "has no field colour"),
        (RecordMapping((SchemaMapping("Animal", {"kind": "genus"}),)), "shows kind as Animal/genus, which zoo.yaml does not have"),
        (RecordMapping(limits={"colour": {}}), "has no field colour"),
        (RecordMapping(limits={"kind": {"$ref": "#/components/schemas/Nothing"}}), "a schema cannot be used"),
        (RecordMapping(unique=("colour",)), "has no index colour"),
    ],
)
def test_a_description_that_fits_no_document_keeps_the_server_from_starting(description: RecordMapping, words: str) -> None:
    with pytest.raises(DocumentBroken) as broken:
        record_validators((ANIMALS,), {"animals": description}, DOCUMENT)
    assert words in str(broken.value)


def test_a_description_of_no_table_is_named() -> None:
    with pytest.raises(DocumentBroken, match="describes the records of plants"):
        record_validators((ANIMALS,), {"plants": RecordMapping()}, DOCUMENT)


def test_a_file_changed_by_hand_is_checked_against_the_document_with_places() -> None:
    tables: dict[str, Table[Any]] = {"zoo.animals": ANIMALS}
    rows = TransactionTable(ANIMALS, Rows())
    for number in (1, 2):
        rows.add(Animal(number, f"Otto {number}", "otter", 1, "", (), AT, ""))
    file = write(World(tables=World().tables.insert("zoo.animals", rows.rows)), tables)
    record_validators = {"zoo.animals": judge(WHOLE, unique=("name",))}
    assert write(read(file, tables, record_validators=record_validators), tables) == file
    records = file["tables"]["zoo.animals"]["records"]
    records[1] |= {"name": "Otto 1", "kind": "fish"}
    with pytest.raises(Invalid) as refused:
        read(file, tables, record_validators=record_validators)
    assert [(found.pointer, found.keyword) for found in refused.value.violations] == [
        ("/tables/zoo.animals/records/1/kind", "enum"),
        ("/tables/zoo.animals/records", "unique"),
    ]
    assert "1, 2 have the same name" in str(refused.value)
