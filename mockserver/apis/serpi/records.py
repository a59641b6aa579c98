"""How SERPI's records correspond to its document; records written through the control plane are validated by this."""

from __future__ import annotations

from mockserver import RecordMapping, SchemaMapping

DESCRIBED = {
    "clients": RecordMapping(unique=("secretkey", "token"), because="a client is known by its credentials only"),
    "branches": RecordMapping((SchemaMapping("Branch"), SchemaMapping("BranchCreate"))),
}
