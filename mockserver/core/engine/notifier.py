"""Wakes those who wait for something to happen in a world."""

from __future__ import annotations

import asyncio


class Notifier:
    """One bell per world. Ringing costs nothing where nobody waits."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self.is_closed = False
        """Whether the server stops, so that nobody should wait any longer."""

    def ring(self, world: str) -> None:
        """Wake everybody who waits for something in a world."""
        for future in self._waiting.pop(world, ()):
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """Wake everybody, because the server stops."""
        self.is_closed = True
        for world in tuple(self._waiting):
            self.ring(world)

    async def wait(self, world: str, seconds: float) -> None:
        """Return when something has happened in a world, or after so many seconds."""
        future = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(world, set())
        waiting.add(future)
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            pass
        finally:
            waiting.discard(future)
            if not waiting and self._waiting.get(world) is waiting:
                del self._waiting[world]
