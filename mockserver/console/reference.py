"""The documents: each vendor's reference, to be tried out in the world that the page shows, with the published credentials."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from mockserver.console.client import PREFIX, ControlRefused
from mockserver.console.frame import HEADERS, Visit

CONTROL = "mock"
VIEWER_POLICY = HEADERS["Content-Security-Policy"]


async def documents(visit: Visit) -> Response:
    return await visit.page("documents.html", apis=(await visit.plane.get("/apis"))["apis"])


async def reference(visit: Visit) -> Response:
    slug = visit.named("slug")
    apis = (await visit.plane.get("/apis"))["apis"]
    found: dict[str, Any] | None = next((api for api in apis if api["slug"] == slug), None)
    if found is None and slug == CONTROL:
        found = {"slug": CONTROL, "title": "Mock control plane", "openapi_url": f"{visit.world_prefix}{PREFIX}/openapi.json", "credentials": []}
    if found is None:
        raise ControlRefused(404, "Not Found", f"there is no document {slug}; there are {', '.join(api['slug'] for api in apis)} and {CONTROL}")
    path = visit.world_prefix + _path(found["openapi_url"], visit.world_prefix)
    credentials = [{"name": one["name"], "description": one["description"], "headers": one["headers"]} for one in found["credentials"]]
    return await visit.page("reference.html", api=found, url=path, credentials=json.dumps(credentials))


def _path(url: str, prefix: str) -> str:
    """The path of a URL of this server, without the prefix of the world."""
    path = "/" + url.partition("://")[2].partition("/")[2] if "://" in url else url
    return path.removeprefix(prefix)
