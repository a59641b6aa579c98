"""Calls to the control plane of the server, many at once."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from mockserver.testing.client import TIMEOUT, Refused, describe_refusal

PAGE = 1000
"""Worlds that are listed at once."""
CONNECTIONS = 100
"""Connections to the server that are kept open."""


class Control:
    """The control plane of one server."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"x-mock-token": token} if token else {}
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self._client = httpx.AsyncClient(base_url=f"{self.url}/_mock", headers=headers, timeout=TIMEOUT, limits=limits, trust_env=False)

    async def call(self, method: str, path: str, world: str, json: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        """The answer to a call about a world, as data; None without a body. Raises Refused."""
        try:
            response = await self._client.request(method, path, json=json, params=params, headers={"x-mock-world": world})
        except httpx.TransportError as error:
            raise Refused(0, f"no mock server answers at {self.url} ({error}); start one with `mockserver serve`") from error
        if response.is_error:
            raise Refused(response.status_code, describe_refusal(response))
        return response.json() if response.content else None

    async def document(self, address: str) -> dict[str, Any]:
        """The OpenAPI document at an address of the server; empty if it is not there."""
        try:
            response = await self._client.get(address)
            found: dict[str, Any] = response.json() if response.is_success else {}
        except (httpx.TransportError, ValueError):
            return {}
        return found

    async def make_world(self, name: str, source: Mapping[str, Any], rules: Sequence[Mapping[str, Any]] = (), *, near: str = "default") -> None:
        """Make a world with fault rules. ``near`` is the world that the call itself is about. Raises Refused if a rule has no effect there."""
        await self.call("POST", "/worlds", near, {"name": name, "from": dict(source), "faults": list(map(dict, rules))})

    async def outcome(self, name: str) -> dict[str, Any]:
        """What happened in a world since it was created. Raises Refused."""
        found: dict[str, Any] = await self.call("GET", f"/worlds/{name}/outcome", name)
        return found

    async def count_calls(self, name: str) -> int:
        """How many calls were recorded in a world so far. Raises Refused."""
        return int((await self.call("GET", "/journal", name, params={"limit": 1}))["total"])

    async def delete_world(self, name: str) -> None:
        """Delete a world; one that is gone already is no error."""
        with contextlib.suppress(Refused):
            await self.call("DELETE", f"/worlds/{name}", name)

    async def delete_worlds(self, prefix: str) -> None:
        """Delete all worlds whose names begin so; those that cannot be deleted now are left."""
        with contextlib.suppress(Refused):
            for world in (await self.call("GET", "/worlds", "default", params={"prefix": prefix, "limit": PAGE}))["worlds"]:
                await self.delete_world(world["name"])

    async def close(self) -> None:
        await self._client.aclose()
