"""The wire to the control plane of a mock server."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import httpx

TIMEOUT = 30.0
"""Seconds that a call may take, besides what it is asked to wait."""


@cache
def trusted_certificates() -> ssl.SSLContext:
    """The certificates that clients trust, read once, because reading them takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)


class Refused(Exception):
    """The control plane refused a call, or could not be reached; the text gives the reason. ``status`` is 0 if there was no answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Wire:
    """Calls to the control plane for one world."""

    def __init__(self, url: str, world: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.world = world
        self.token = token
        headers = {"x-mock-world": world} | ({"x-mock-token": token} if token else {})
        self._client = httpx.Client(base_url=f"{self.url}/_mock", headers=headers, timeout=TIMEOUT, trust_env=False, verify=trusted_certificates())

    def close(self) -> None:
        self._client.close()

    def call(self, method: str, path: str, json: Any = None, params: Mapping[str, Any] | None = None, wait: float = 0.0) -> Any:
        """The answer to a call, as JSON data; None without a body. ``wait`` is how many seconds the call asks the server to wait. Raises Refused."""
        sent = {name: _shown(value) for name, value in (params or {}).items() if value is not None}
        try:
            response = self._client.request(method, path, json=json, params=sent, timeout=TIMEOUT + wait)
        except httpx.TransportError as error:
            raise Refused(0, f"no mock server answers at {self.url} ({error}); start one with `mockserver serve`") from error
        if response.is_error:
            raise Refused(response.status_code, describe_refusal(response))
        return response.json() if response.content else None

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object at a path. Raises Refused."""
        found: dict[str, Any] = self.call("GET", path, params=params)
        return found

    def listen(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[str]:
        """The data of server-sent events, as they come. Raises Refused."""
        sent = {name: _shown(value) for name, value in (params or {}).items() if value is not None}
        try:
            with self._client.stream("GET", path, params=sent, timeout=None) as response:
                if response.is_error:
                    response.read()
                    raise Refused(response.status_code, describe_refusal(response))
                yield from (line.removeprefix("data: ") for line in response.iter_lines() if line.startswith("data: "))
        except httpx.TransportError as error:
            raise Refused(0, f"the mock server at {self.url} went away ({error})") from error


def _shown(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def describe_refusal(response: httpx.Response) -> str:
    """Why the control plane refused a call: its problem, or the text that it sent instead."""
    try:
        problem = response.json()
        violations = [f"{found['place']}{found['pointer']}: {found['text']}" for found in problem.get("violations", ())]
        return "\n  ".join(
            [f"{response.status_code} {problem['detail']}" if not violations else f"{response.status_code} {problem['title']}", *violations]
        )
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.text[:300]}"
