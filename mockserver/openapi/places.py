"""Nodes of a document together with the references that lead to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mockserver.openapi.documents import MAX_REFERENCES, Document
from mockserver.openapi.pointers import escape_part


@dataclass(frozen=True)
class Place:
    """A node of a document and the reference that leads to it, such as ``#/components/schemas/Branch``."""

    document: Document
    reference: str
    node: Any

    def follow(self) -> Place:
        """The place behind the references that stand here."""
        here = self
        for _ in range(MAX_REFERENCES):
            if not isinstance(here.node, dict) or "$ref" not in here.node:
                break
            reference = str(here.node["$ref"])
            here = Place(self.document, reference, self.document.at(reference))
        return here

    def step(self, *parts: str | int) -> Place:
        """The place some steps further down, references followed; the last one that there is if a step leads nowhere."""
        here = self
        for part in parts:
            node: Any = here.node
            leads_on = (isinstance(node, dict) and part in node) or (isinstance(node, list) and isinstance(part, int) and part < len(node))
            if not leads_on:
                return here
            here = Place(self.document, f"{here.reference}/{escape_part(part)}", node[part]).follow()
        return here
