"""The page about the TypeScript client, from the exported declarations of its sources and their comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "clients" / "typescript" / "src"
FILES = ("mock", "parts", "playwright", "vitest", "cypress")
INTRODUCTION = """# TypeScript

Written from the declarations of the client; [its own page](../clients/typescript/README.md) has examples, and
[the example](../docs/example-typescript/README.md) is an app with tests. Types of bodies, such as
`Exchange`, are generated from the control plane's document ([its calls](control-plane.md)).
"""
COMMENT = re.compile(r"/\*\* ?(.*?)\*/", re.DOTALL)
ABOVE = r"(?P<comment>^{indent}/\*\*(?:(?!\*/).)*\*/\n)?^{indent}"
"""The comment above a declaration, if there is one, and the indentation of the declaration."""
EXPORT = re.compile(
    ABOVE.format(indent="") + r"export (?P<head>(?:async )?(?:class|interface|function|const|type) (?P<name>\w+).*?)(?=^\S|\Z)",
    re.MULTILINE | re.DOTALL,
)
MEMBER = re.compile(
    ABOVE.format(indent="  ") + r"(?!private |constructor|\}|//|/\*|\[)(?P<text>(?:async |get |readonly |static )*\w+\??[(:<]"
    r"(?:.*(?:[;{]$)|(?:.*\n)+?  \).*[;{]$))",
    re.MULTILINE,
)


def write_page() -> str:
    """A section for each module, with its exported declarations."""
    return "\n".join([INTRODUCTION, *(_write_module(name) for name in FILES)])


def _write_module(name: str) -> str:
    source = (SOURCES / f"{name}.ts").read_text(encoding="utf-8")
    parts = [f"## {name}.ts", "", _read_comment(source) if source.startswith("/**") else "", ""]
    for found in EXPORT.finditer(source):
        parts += [f"### {found['name']}", "", _read_comment(found["comment"] or ""), "", _write_declaration(found["head"]), ""]
    return "\n".join(parts)


def _write_declaration(text: str) -> str:
    """The head of a declaration, and the public members of a class or an interface with their comments."""
    head = text.splitlines()[0]
    if not head.startswith(("class ", "interface ")):
        return f"```ts\n{_cut_body(text.rstrip())}\n```"
    members = list(_list_members(text))
    return f"```ts\n{head.rstrip(' {')}\n```\n\n" + "\n\n".join(
        f"- `{member}`" + (f"\n\n  {comment}" if comment else "") for member, comment in members
    )


def _list_members(text: str) -> Iterator[tuple[str, str]]:
    for found in MEMBER.finditer(text):
        yield " ".join(_cut_body(found["text"]).split()).rstrip(" ;{"), _read_comment(found["comment"] or "")


def _cut_body(text: str) -> str:
    """A declaration without the body of its function."""
    return re.split(r" \{$| =>|\{\n", text, maxsplit=1, flags=re.MULTILINE)[0].rstrip(" ;=")


def _read_comment(text: str) -> str:
    found = COMMENT.match(text.strip())
    return re.sub(r"\s*\n\s*\* ?", " ", found[1]).strip() if found else ""
