"""What the control plane steers, beyond the world of the request: the vendors, their fixtures, the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockserver.core.faults import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mockserver.core.api import Api, Credential
    from mockserver.core.documents import Document
    from mockserver.core.journal import Journal
    from mockserver.core.world import Draft, World


@dataclass(frozen=True)
class Vendor:
    """One vendor of this server: its API, its document, its published credentials at a world's time, and its landmarks by name."""

    api: Api
    document: Document
    credentials: Callable[[Draft], Sequence[Credential]]
    landmarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Laboratory:
    """The server as its control plane sees it. ``reseeded`` makes a fresh world from a seed."""

    vendors: Mapping[str, Vendor]
    journal: Journal
    reseeded: Callable[[int | None], World]
    version: str

    def vendor(self, slug: str) -> Vendor:
        """The vendor of this slug. Raises NotFound."""
        found = self.vendors.get(slug)
        if found is None:
            raise NotFound("API", f"{slug!r}; there are {', '.join(self.vendors)}")
        return found
