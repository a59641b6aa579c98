"""Wakes coroutines that wait until something happens in a world."""

from __future__ import annotations

import asyncio


class Notifier:
    """Waiting coroutines by world. Notifying a world for which none waits costs one dictionary access."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self.is_closed = False
        """Whether the server is stopping, so that no coroutine should wait any longer."""

    def notify(self, world: str) -> None:
        """Wake every coroutine that waits for this world."""
        for future in self._waiting.pop(world, ()):
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """Wake every coroutine, because the server stops."""
        self.is_closed = True
        for world in tuple(self._waiting):
            self.notify(world)

    async def wait(self, world: str, seconds: float) -> None:
        """Return when something has happened in a world, or after this many seconds."""
        future = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(world, set())
        waiting.add(future)
        try:
            # Before Python 3.12, asyncio.wait_for ignores that its task is cancelled if the future is done at that moment.
            await asyncio.wait((future,), timeout=seconds)
        finally:
            waiting.discard(future)
            if not waiting and self._waiting.get(world) is waiting:
                del self._waiting[world]
