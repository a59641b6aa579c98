"""A server inside the process of a test, called from any address."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

from mockserver.app import App, ServerSettings, create_app, discover
from mockserver.core.state.memory import MemoryStore
from mockserver.openapi.documents import SPECS

SALE = {
    "wallet_key": "wallet-demo",
    "phone": "4775550101",
    "transaction_type": "0",
    "usertool_id": "7001",
    "transaction_amount": "12.5",
    "points_used": "1",
}
KEY = {"apikey": "monedero-demo-apikey"}
FOREIGN = {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}


class Inside:
    """A server without a socket."""

    def __init__(self, **settings: Any) -> None:
        self.app: App = create_app(ServerSettings(**settings), _found())

    @property
    def store(self) -> MemoryStore:
        """The worlds of the server."""
        store = self.app.control.store
        assert isinstance(store, MemoryStore)
        return store

    async def call(
        self, method: str, path: str, world: str = "", headers: Mapping[str, str] | None = None, address: str = "127.0.0.1", **options: Any
    ) -> httpx.Response:
        """One call from an address, in a world if one is named."""
        transport = httpx.ASGITransport(self.app, client=(address, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            named = {"x-mock-world": world} if world else {}
            return await client.request(method, path, headers={**named, **(headers or {})}, **options)

    async def read(self, world: str, **options: Any) -> httpx.Response:
        """A call that is answered 200 and changes nothing."""
        return await self.call("POST", "/monedero/wallet/get", world, {**KEY, **options.pop("headers", {})}, **options)

    async def change(self, world: str, **options: Any) -> httpx.Response:
        """A call that changes a world."""
        return await self.call("POST", "/monedero/wallet/sale", world, {**KEY, **options.pop("headers", {})}, data=SALE, **options)

    async def refuse(self, world: str, **options: Any) -> httpx.Response:
        """A call that the vendor refuses."""
        return await self.call("POST", "/monedero/wallet/get", world, **options)

    async def worlds(self) -> list[str]:
        """The names of the worlds that are kept, besides the default one."""
        return sorted(found.name for found in (await self.store.worlds()).worlds if found.name != "default")

    async def digest(self, world: str) -> str:
        """The hash of a world."""
        return str((await self.call("GET", f"/_mock/worlds/{world}/digest")).json()["digest"])


@cache
def _found() -> Any:
    """Documents and fixtures, which are read once."""
    return discover(SPECS)
