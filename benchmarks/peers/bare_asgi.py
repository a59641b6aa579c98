"""A bare ASGI function on uvicorn with prepared bytes: the upper limit of our server's stack. ``python -m benchmarks.peers.bare_asgi PORT``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import orjson
import uvicorn

from benchmarks.reference import payloads

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

LIST, PLAN, SUBSCRIPTION = (orjson.dumps(data) for data in (payloads.page(), payloads.plan(1), payloads.SUBSCRIPTION))


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Choose the answer by method and query only."""
    if scope["method"] == "POST":
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        orjson.loads(body)
        status, payload = 201, SUBSCRIPTION
    else:
        status, payload = 200, LIST if scope["query_string"] else PLAN
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(payload)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": payload})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off")
