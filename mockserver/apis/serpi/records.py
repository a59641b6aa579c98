"""What SERPI's document says of the records, for those that somebody writes by hand."""

from __future__ import annotations

from mockserver import RecordMapping, SchemaMapping

DESCRIBED = {
    "clients": RecordMapping(unique=("secretkey", "token"), because="a client is known by its credentials only"),
    "branches": RecordMapping((SchemaMapping("Branch"), SchemaMapping("BranchCreate"))),
}
