"""A server of one document in this process, asked over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from mockserver.app import ServerSettings, create_app
from mockserver.core.base.clock import wall_clock
from mockserver.core.state.world import Transaction
from mockserver.generic.vendor import GenericVendor, make_vendor
from mockserver.openapi.foreign.read import read_foreign

SHOP = Path(__file__).parent / "shop.yaml"


class Inside:
    """A client of the server of a document."""

    def __init__(
        self, source: Path = SHOP, seed: int = 1, overlays: tuple[Path, ...] = (), seed_files: tuple[Path, ...] = (), state: Path | None = None
    ) -> None:
        self.vendor: GenericVendor = make_vendor(read_foreign(source, overlays=overlays), seed_files=seed_files)
        self.document = self.vendor.document
        vendor = self.vendor
        self.app = create_app(ServerSettings(seed=seed, state=state), vendor.parts)
        world = Transaction(self.app.base, self.app.base.clock.now(wall_clock()))
        self.headers: Mapping[str, str] = next((one.headers for one in vendor.fixture.credentials(world)), {})

    async def call(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The answer to a call below the base path, with the demo credential unless other headers are given."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://localhost") as client:
            sent = self.headers if headers is None else headers
            return await client.request(method, self.document.base_path + path, headers=dict(sent), **({} if body is None else {"json": body}))
