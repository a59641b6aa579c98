"""Code to copy: how an app is pointed at one API of a world, and a recorded call as a test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mockserver.console.shown import example_curl

REDIRECTS = range(300, 400)


def choose_example(operations: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The operation of a first call: one that reads and needs nothing in its path, with the shortest path; None if there is none."""

    def reads(operation: Mapping[str, Any]) -> bool:
        return operation["method"] == "GET" or str(operation["id"]).startswith(("get_", "list_"))

    plain = [found for found in operations if "{" not in found["path"] and min(found["statuses"], default=0) not in REDIRECTS]
    return min(plain, key=lambda found: (not reads(found), len(found["path"]), found["path"]), default=None)


def connect(api: Mapping[str, Any], operations: Sequence[Mapping[str, Any]], world: str, origin: str, world_prefix: str) -> dict[str, Any]:
    """What an app needs for its first call of an API in a world: base URL, credential, an example call, and code by kind."""
    credential: dict[str, Any] = next(iter(api["credentials"]), {"name": "", "headers": {}})
    headers: dict[str, str] = credential["headers"]
    example = choose_example(operations)
    path, method = (example["path"], example["method"]) if example is not None else ("/", "GET")
    base_url = origin + world_prefix + urlsplit(api["base_url"]).path.removeprefix(world_prefix)
    return {
        "slug": api["slug"],
        "base_url": base_url,
        "credential": credential,
        "method": method,
        "path": path,
        "url": world_prefix + urlsplit(base_url).path.removeprefix(world_prefix) + path,
        "snippets": dict(_write_snippets(api["slug"], base_url, method, path, headers, world, origin)),
        "curl": example_curl(base_url, [example] if example is not None else [], headers),
    }


def _write_snippets(
    slug: str, base_url: str, method: str, path: str, headers: Mapping[str, str], world: str, origin: str
) -> Iterator[tuple[str, str]]:
    name = slug.upper().replace("-", "_")
    lines = [f"{name}_BASE_URL={base_url}", *(f"{name}_{header.upper().replace('-', '_')}={_quote(value)}" for header, value in headers.items())]
    yield ".env", "\n".join(lines)
    sent = json.dumps(dict(headers), indent=2, ensure_ascii=False).replace("\n", "\n  ")
    options = "{\n" + (f'  method: "{method}",\n' if method != "GET" else "") + f"  headers: {sent},\n}}"
    yield "fetch", f"const answer = await fetch({json.dumps(base_url + path)}, {options});\nconsole.log(answer.status, await answer.json());"
    yield "curl", example_curl(base_url, [{"method": method, "path": path}], headers)
    test = (
        'import { expect, test } from "@mockserver-apis/client/playwright";\n\n'
        f'test("{slug} is called", async ({{ page, mock }}) => {{ // a world of its own for each test\n'
        '  await page.goto("/");\n'
        f'  await expect(mock).toHaveBeenCalled({{ api: "{slug}" }});\n'
        "});"
    )
    yield "Playwright", test
    base_path = urlsplit(base_url).path
    prefix = f"/~{world}" if base_path.startswith("/~") else ""
    own = base_path.removeprefix(prefix)
    rewritten = f', rewrite: (path) => "{prefix}" + path' if prefix else ""
    proxy = (
        "// vite.config.ts: the page calls its own origin, so no CORS is needed\n"
        f'export default {{\n  server: {{ proxy: {{ "{own}": {{ target: "{origin}"{rewritten} }} }} }},\n}};'
    )
    yield "Vite", proxy


def _quote(value: str) -> str:
    return value if value.replace("-", "").replace("_", "").replace(".", "").isalnum() else json.dumps(value)


def write_test(whole: Mapping[str, Any], base_path: str) -> str:
    """An exchange as a test for pytest, with the fixture ``mock``: the same call, and that it is answered alike.

    ``base_path`` is the path of the API's base URL, without a world.
    """
    one, request = whole["exchange"], whole["request"]
    said = [repr(one["method"]), repr(one["path"].removeprefix(base_path) or "/")]
    if one["query"]:
        said.append(f"params={one['query']!r}")
    body = request["body"]
    if body is not None:
        kind = "data" if "form" in request["media_type"] else "json" if request["media_type"].endswith("json") else "content"
        said.append(f"{kind}={body!r}")
    lines = [
        f"def test_{one['operation'] or 'a_call'}_is_answered_{one['status']}(mock):",
        f"    client = mock.api({one['api']!r}).client({whole['credential']!r})",
        f"    answer = client.request({', '.join(said)})",
        f"    assert answer.status_code == {one['status']}",
    ]
    if one["code"]:
        lines.append(f"    assert {one['code']!r} in answer.text")
    tables = sorted({change["table"] for change in whole["changes"]})
    if tables:
        lines.append(f"    assert {{change.table for change in mock.diff()}} >= set({tables!r})")
    return "\n".join(lines) + "\n"
