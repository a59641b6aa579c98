"""The variables that point an app at one world of a mock server."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.testing.mock import Api


def list_variables(url: str, world: str, apis: Iterable[Api]) -> dict[str, str]:
    """Address and world of the server, and for each API its address in the world and the headers of its first credential."""
    variables = {"MOCKSERVER_URL": url, "MOCKSERVER_WORLD": world}
    for api in apis:
        name = api.slug.upper().replace("-", "_")
        variables[f"{name}_BASE_URL"] = api.base_url
        for header, value in api.headers.items():
            variables[f"{name}_{header.upper().replace('-', '_')}"] = value
    return variables
