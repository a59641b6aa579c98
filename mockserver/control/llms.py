"""``/llms.txt``: what a language model reads first about the server, in the form of https://llmstxt.org."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.control.published import published_surely
from mockserver.openapi.documents import Document

LLMS = "/llms.txt"
"""The path at which the text is served, if no document has an operation there."""

_BEGIN = """\
# mockserver

> A mock server of HTTP APIs: stateful, seeded, and checked against an OpenAPI document on every call. An app that calls a base URL below gets the
> answers that the vendor would give; the control plane at `/_mock` reads and changes what happens.

- A *world* is everything that one test sees: records, clock, messages, faults, journal. Send `X-Mock-World: NAME`, or put `/~NAME` before the path.
- Why was a call refused? `GET /_mock/journal?status=4xx`, then `GET /_mock/journal/{number}`: code, clause, fields at fault, unread fields.
- Tools for agents: `mockserver mcp --url THIS-SERVER` (Model Context Protocol); `why_refused` names the nearest request that would pass.
- Credentials, ready to send: `GET /_mock/apis`. Ids of seeded records: `GET /_mock/apis/{slug}/landmarks`.

## APIs

"""
_END = """
## Control plane

- [Document](/_mock/openapi.json): every call of the control plane, as OpenAPI
- [APIs](/_mock/apis): base URLs and credentials
- [Health](/_mock/health): limits, and what is used of them

## Optional

- [Console](/): the same for people
"""


def render_llms(documents: Iterable[Document]) -> str:
    """The text, with the documents that are served."""
    rows = [
        f"- [{document.title}]({published_surely(document)}): OpenAPI, {len(document.operations)} operations, base path `{document.base_path or '/'}`"
        for document in documents
    ]
    return _BEGIN + "\n".join(rows) + "\n" + _END


def serve_llms(documents: Sequence[Document]) -> ASGIApp:
    """An application that serves the text. It reads the documents when it is asked, because a broken one is refused after this is called."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(render_llms(documents))(scope, receive, send)

    return serve


def may_serve_llms(documents: Iterable[Document]) -> bool:
    """Whether no document has an operation at the path."""
    return all(document.base_path or document.route("GET", LLMS) is None for document in documents)
