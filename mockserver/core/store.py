"""Where worlds live.

:class:`Store` is what the server needs of a store: to load a world with its version and to put another in its place if nobody did so in
between. :class:`MemoryStore` keeps them in this process. Its methods never wait, so a request that loads, handles and commits without
awaiting anything else is atomic; a store shared by several servers answers False from :meth:`Store.commit` and the request is handled again.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mockserver.core.world import World

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def is_world_name(name: str) -> bool:
    """Whether a text can name a world: 1 to 64 letters, digits, dots, dashes and underscores, starting with a letter or digit."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Versioned:
    """A world and the version under which it was read."""

    world: World
    version: int


class Store(Protocol):
    """A place for named worlds."""

    async def load(self, name: str) -> Versioned:
        """The world of this name; an unknown name is forked from the base."""

    async def commit(self, name: str, version: int, world: World) -> bool:
        """Put a world in place of the one read under ``version``; False, and nothing done, where another commit came first."""


class MemoryStore:
    """Worlds in the memory of this process, at most ``capacity`` of them; the one unused for longest goes first, ``default`` never."""

    def __init__(self, base: World, capacity: int = 10_000) -> None:
        self.base = base
        self._capacity = capacity
        self._worlds: OrderedDict[str, Versioned] = OrderedDict()

    def __len__(self) -> int:
        return len(self._worlds)

    async def load(self, name: str) -> Versioned:
        """The world of this name; an unknown name is forked from the base."""
        found = self._worlds.get(name)
        if found is None:
            found = self._worlds[name] = Versioned(self.base, 0)
            self._evict()
        else:
            self._worlds.move_to_end(name)
        return found

    async def commit(self, name: str, version: int, world: World) -> bool:
        """Put a world in place of the one read under ``version``."""
        found = self._worlds.get(name)
        if found is None or found.version != version:
            return False
        self._worlds[name] = Versioned(world, version + 1)
        return True

    def _evict(self) -> None:
        while len(self._worlds) > self._capacity:
            oldest = next(name for name in self._worlds if name != DEFAULT)
            del self._worlds[oldest]
