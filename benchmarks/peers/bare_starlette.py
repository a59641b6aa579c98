"""Starlette on uvicorn with prepared bytes and without validation: a limit, not a peer. ``python -m benchmarks.peers.bare_starlette PORT``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.reference import payloads

if TYPE_CHECKING:
    from starlette.requests import Request

JSON = "application/json"
LIST, PLAN, SUBSCRIPTION = (orjson.dumps(data) for data in (payloads.page(), payloads.plan(1), payloads.SUBSCRIPTION))


async def list_plans(_request: Request) -> Response:
    """The page, as bytes."""
    return Response(LIST, media_type=JSON)


async def get_plan(_request: Request) -> Response:
    """The plan, as bytes."""
    return Response(PLAN, media_type=JSON)


async def create_subscription(request: Request) -> Response:
    """The subscription, as bytes; the body is read and parsed."""
    await request.json()
    return Response(SUBSCRIPTION, 201, media_type=JSON)


async def list_plans_encoded(_request: Request) -> Response:
    """The page, encoded for each call."""
    return JSONResponse(payloads_page)


async def get_plan_encoded(_request: Request) -> Response:
    """The plan, encoded for each call."""
    return JSONResponse(payloads_plan)


async def create_subscription_encoded(request: Request) -> Response:
    """The subscription, encoded for each call; the body is read and parsed."""
    return JSONResponse({**payloads.SUBSCRIPTION, **await request.json()}, 201)


payloads_page, payloads_plan = json.loads(LIST), json.loads(PLAN)


def app(*, encoded: bool) -> Starlette:
    """The application. ``encoded`` encodes the JSON for each call, as applications do."""
    handlers = (list_plans_encoded, get_plan_encoded, create_subscription_encoded) if encoded else (list_plans, get_plan, create_subscription)
    return Starlette(
        routes=[
            Route("/reference/plans", handlers[0]),
            Route("/reference/plans/{plan_id:int}", handlers[1]),
            Route("/reference/subscriptions", handlers[2], methods=["POST"]),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(
        app(encoded="encoded" in sys.argv[2:]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off"
    )
