"""The connection of the tools to a running server: a client of each world, and the documents that the server publishes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from threading import Lock
from typing import Any

import httpx
from mcp.server.mcpserver.exceptions import ToolError

from mockserver.openapi.documents import Document
from mockserver.openapi.nearest import nearest
from mockserver.openapi.operations import OperationSpec
from mockserver.testing import Mock, Refused

KEPT = 64
"""Clients of worlds that are kept; the one unused for longest is closed."""
TIMEOUT = 30.0
"""Seconds that a call to a vendor's API may take."""


class ServerConnection:
    """A running server, as the tools reach it. ``world`` is the world of a tool that names none."""

    def __init__(self, url: str, world: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self.world = world
        self.token = token
        self.wire = httpx.Client(timeout=TIMEOUT, trust_env=False)
        self._mocks: OrderedDict[str, Mock] = OrderedDict()
        self._lock = Lock()
        self._numbers = count(1)

    def mock(self, world: str = "") -> Mock:
        """The client of a world. It is shared by the tools, which run in threads."""
        name = world or self.world
        with self._lock:
            found = self._mocks.pop(name, None) or Mock(self.url, name, self.token)
            self._mocks[name] = found
            if len(self._mocks) > KEPT:
                self._mocks.popitem(last=False)[1].close()
        return found

    def call(self, method: str, path: str, json: Any = None, params: Mapping[str, Any] | None = None, *, world: str = "") -> Any:
        """The answer of the control plane. Raises ToolError with its reason."""
        try:
            return self.mock(world).call(method, path, json, params)
        except Refused as refusal:
            raise ToolError(str(refusal)) from None

    def find_api(self, slug: str, world: str = "") -> dict[str, Any]:
        """What the server says of an API, with the credentials published now. Raises ToolError."""
        apis: list[dict[str, Any]] = self.call("GET", "/apis", world=world)["apis"]
        found = next((api for api in apis if api["slug"] == slug), None)
        if found is None:
            raise ToolError(f"the server has no API {slug!r}; there are {', '.join(api['slug'] for api in apis)}")
        return found

    def read_document(self, slug: str) -> Document:
        """The document of an API, as the server publishes it. Raises ToolError."""
        address = httpx.URL(self.find_api(slug)["openapi_url"])
        try:
            response = self.wire.get(f"{self.url}{address.path}", headers=self.headers)
            response.raise_for_status()
            return Document(slug, str(address), response.json())
        except (httpx.HTTPError, ValueError) as error:
            raise ToolError(f"the document of {slug} cannot be read from {address.path}: {error}") from None

    def find_operation(self, document: Document, name: str) -> OperationSpec:
        """An operation of a document by its id. Raises ToolError that names the nearest ones."""
        found = document.by_id.get(name)
        if found is None:
            raise ToolError(f"{document.slug} has no operation {name!r}; {nearest(name, document.by_id)}; list_operations shows all")
        return found

    @property
    def headers(self) -> dict[str, str]:
        """The headers that a guarded server asks of its own pages."""
        return {"x-mock-token": self.token} if self.token else {}

    @contextmanager
    def fork(self, world: str, before: int | None = None) -> Iterator[str]:
        """The name of a world that starts as another one is, without its fault rules, for one trial; it is deleted at the end.

        With ``before`` it starts as the other was before the exchange of that number.
        """
        source = world or self.world
        name = f"{source[:40]}.try-{next(self._numbers)}"
        start = {"world": source} | ({} if before is None else {"before": before})
        self.call("POST", "/worlds", {"name": name, "from": start, "anew": True}, world=source)
        try:
            self.call("DELETE", "/faults", world=name)
            yield name
        finally:
            with self._lock:
                used = self._mocks.pop(name)
            used.close()
            self.call("DELETE", f"/worlds/{name}", world=source)

    def close(self) -> None:
        """Close every connection."""
        self.wire.close()
        for mock in self._mocks.values():
            mock.close()
