"""How values are shown to people: trees of data, calls as curl, moments, statuses, texts with links."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from mockserver.openapi.pointers import escape_part

MAX_TEXT = 20_000
"""Letters of one value that are shown."""
MAX_MEMBERS = 200
"""Members of one object or list that are shown."""
OPEN_LEVELS = 3
"""Levels of a tree that are open at first."""
OPEN_MEMBERS = 20
"""Members of an object or list that is open at first, at most."""
EPOCHS = (10**9, 10**10)
"""Between these a number in a field of a moment is one in seconds since 1970; above, in milliseconds."""
_DATED = re.compile(r"(?:_at|_on|_date|_time|date|time|until|expires|created|updated)$", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"']+")
_OWN = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "user-agent", "accept"}
"""Headers that curl sets by itself, or that do not matter to a server."""


@dataclass
class Node:
    """One place in a tree of data: name, pointer, value or members, and violations."""

    name: str
    pointer: str
    kind: str
    text: str = ""
    members: list[Node] = field(default_factory=list)
    hidden: int = 0
    wrong: list[str] = field(default_factory=list)
    is_open: bool = False

    @property
    def is_wrong_inside(self) -> bool:
        """Whether this place or one below it has a violation."""
        return bool(self.wrong) or any(member.is_wrong_inside for member in self.members)


def tree(value: Any, wrong: Mapping[str, Sequence[str]] | None = None) -> Node:
    """Data as a tree. ``wrong`` gives violations by JSON pointer. Missing members are added, so that their violations can be shown."""
    found = {pointer.rstrip("/"): list(texts) for pointer, texts in (wrong or {}).items()}
    return _node("", "", value, found, 0)


def _node(name: str, pointer: str, value: Any, wrong: Mapping[str, list[str]], depth: int) -> Node:
    own = wrong.get(pointer, [])
    if not isinstance(value, dict | list):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        kind = "text" if isinstance(value, str) else "null" if value is None else "truth" if isinstance(value, bool) else "number"
        cut = f"{text[:MAX_TEXT]} … {len(text) - MAX_TEXT} more letters" if len(text) > MAX_TEXT else text
        node = Node(name, pointer, kind, cut, wrong=own)
        missing: set[str] = set(_next_parts(wrong, pointer)) if value is None else set()
    else:
        items = [(str(key), inner) for key, inner in (value.items() if isinstance(value, dict) else enumerate(value))]
        pointers = [f"{pointer}/{escape_part(key)}" for key, _ in items]
        shown = [number for number, place in enumerate(pointers) if number < MAX_MEMBERS or _has_inside(wrong, place)]
        node = Node(name, pointer, "object" if isinstance(value, dict) else "list", f"{len(items)}", wrong=own, hidden=len(items) - len(shown))
        node.members = [_node(items[number][0], pointers[number], items[number][1], wrong, depth + 1) for number in shown]
        missing = _next_parts(wrong, pointer) - {key for key, _ in items}
    for part in sorted(missing):
        node.members.append(Node(part, f"{pointer}/{part}", "missing", "", wrong=wrong.get(f"{pointer}/{part}", [])))
    node.is_open = node.is_wrong_inside or (depth < OPEN_LEVELS and len(node.members) <= OPEN_MEMBERS) or depth == 0
    return node


def _has_inside(wrong: Mapping[str, Any], pointer: str) -> bool:
    return any(place == pointer or place.startswith(pointer + "/") for place in wrong)


def _next_parts(wrong: Mapping[str, Any], pointer: str) -> set[str]:
    """The names below a pointer at which something is wrong."""
    return {place[len(pointer) + 1 :].partition("/")[0] for place in wrong if place.startswith(pointer + "/")}


# Calls


def curl(whole: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> str:
    """The request of an exchange as a command; ``headers`` are those of the published credential with which it was made."""
    request, known = whole["request"], {name.lower(): value for name, value in (headers or {}).items()}
    words = ["curl", *(("-X", whole["exchange"]["method"]) if whole["exchange"]["method"] not in ("GET", "POST") or request["body"] is None else ())]
    words.append(request["url"])
    if words[1:3] == ["-X", "GET"]:
        del words[1:3]
    sent = {name: known.get(name, value) for name, value in request["headers"].items()}
    body, media_type = request["body"], request["media_type"]
    for name, value in sent.items():
        is_form = name == "content-type" and ("x-www-form-urlencoded" in value or "multipart" in value)
        if name not in _OWN and not is_form:
            words += ["-H", f"{name}: {value}"]
    words += _body_words(body, media_type)
    return " ".join(word if word.startswith("-") and " " not in word else shlex.quote(word) for word in words)


def _body_words(body: Any, media_type: str) -> Iterator[str] | list[str]:
    if body is None:
        return []
    if media_type == "multipart/form-data" and isinstance(body, dict):
        return [
            word for name, value in _pairs(body) for word in ("-F", f"{name}=@{value['filename']}" if isinstance(value, dict) else f"{name}={value}")
        ]
    if isinstance(body, dict) and media_type.endswith("urlencoded"):
        return [word for name, value in _pairs(body) for word in ("--data-urlencode", f"{name}={value}")]
    return ["--data-raw", body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)]


def _pairs(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one


def example_curl(base_url: str, operations: Sequence[Mapping[str, Any]], headers: Mapping[str, str]) -> str:
    """A call that shows a vendor answering: the first that only reads and needs nothing in its path."""
    plain = [found for found in operations if "{" not in found["path"]]
    chosen = next((found for found in plain if found["method"] == "GET"), plain[0] if plain else None)
    words = ["curl", *(() if chosen is None or chosen["method"] == "GET" else ("-X", chosen["method"]))]
    words.append(base_url + (chosen["path"] if chosen else ""))
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    return " ".join(shlex.quote(word) for word in words)


# Small things


def moment(text: str | None) -> Markup | str:
    """A moment, to the second; the whole of it is in the element, and in its title."""
    if not text:
        return "-"
    short = text[:19].replace("T", " ")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(text, text, short)


def family(status: int) -> str:
    return {0: "none", 2: "good", 3: "moved", 4: "refused", 5: "broken"}.get(status // 100, "other")


def linked(text: str, show: Callable[[str], Markup] = escape) -> Markup:
    """A text whose links can be followed; ``show`` makes the rest of it, by default as plain text."""
    parts, at = [], 0
    for found in _LINK.finditer(text):
        address = found[0].rstrip(".,;:!?)")
        parts += [show(text[at : found.start()]), Markup('<a href="{0}" rel="noreferrer noopener" target="_blank">{0}</a>').format(address)]
        at = found.start() + len(address)
    return Markup("").join([*parts, show(text[at:])])


def texted(text: str, codes: Sequence[str]) -> Markup:
    """The text of an SMS, whose links can be followed and whose codes are buttons that copy them. Of codes that overlap the longest counts."""
    known = sorted({code for code in codes if code}, key=len, reverse=True)
    if not known:
        return linked(text)
    pattern = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, known)) + r")(?!\w)")
    button = Markup('<button type="button" class="copy code" data-copy="{0}" aria-label="Copy the code {0}">{0}</button>')

    def show(part: str) -> Markup:
        return Markup("").join(button.format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pattern.split(part)))

    return linked(text, show)


def plain(value: Any) -> str:
    """A field of a record as text for a form."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def in_path(record_id: Any) -> str:
    """An id of a record as a part of a path that is not encoded yet: a slash in it is."""
    return str(record_id).replace("/", "%2F")


def in_address(record_id: Any) -> str:
    """An id of a record as a part of an address: encoded, a slash twice, because a path is decoded before its parts are separated."""
    return quote(in_path(record_id), safe="")


def short(value: Any, most: int = 60) -> str:
    """A field, shortened to fit into a cell."""
    text = plain(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def query(values: Mapping[str, Any], **changes: Any) -> str:
    """A query with some values changed; empty values are left out."""
    merged = {**dict(values), **changes}
    return "?" + urlencode([(name, value) for name, value in merged.items() if value not in (None, "")])


def effects(rule: Mapping[str, Any]) -> str:
    said = []
    answer, delay, damage = rule.get("answer"), rule.get("delay"), rule.get("damage")
    if answer:
        said.append(
            "answers "
            + " ".join(str(answer[name]) for name in ("status", "code") if name in answer)
            + (" with a body of its own" if "body" in answer else "")
        )
    if delay:
        most = f" to {delay['most']:g}" if delay["distribution"] != "fixed" else ""
        said.append(f"waits {delay['seconds']:g}{most} s" + (f" ({delay['distribution']})" if most else ""))
    if damage:
        said.append(
            {
                "reset": "drops the connection",
                "timeout": f"holds the connection for {damage['seconds']:g} s",
                "truncated": "cuts the body",
                "malformed": "garbles the body",
            }.get(damage["kind"], "drips the body")
        )
    if "list" in rule:
        said.append("empties the list" if rule["list"] == "empty" else "halves the page")
    if "deliveries" in rule:
        said.append(f"carries the call out {rule['deliveries']} times")
    return ", ".join(said)


def how_often(rule: Mapping[str, Any]) -> str:
    words = ["every call"]
    if "first" in rule:
        words = ["the next call" if rule["first"] == 1 else f"the first {rule['first']} calls"]
    elif "every" in rule:
        words = [f"one call in {rule['every']}"]
    elif "nth" in rule:
        words = [f"call {rule['nth']} only"]
    elif "since" in rule:
        words = [f"from call {rule['since']} on"]
    elif "probability" in rule:
        words = [f"{rule['probability']:.0%} of the calls"]
    if "rate" in rule:
        words.append(f"beyond {rule['rate']['calls']} in {rule['rate']['seconds']:g} s")
    if "concurrent" in rule:
        words.append(f"while {rule['concurrent']} others are under way")
    if "lasts" in rule:
        words.append(f"for {rule['lasts']:g} s")
    return ", ".join(words)


def dated(value: Any, name: str) -> Any:
    """A field of a record; a moment, as its name and form say, as date and time in UTC."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return value[:19].replace("T", " ")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not _DATED.search(name) or not EPOCHS[0] < value < EPOCHS[1] * 1000:
        return value
    return datetime.fromtimestamp(value / 1000 if value > EPOCHS[1] else value, UTC).strftime("%Y-%m-%d %H:%M:%S")


def brief(text: str) -> str:
    """An id, so short that columns fit: of a UUID its two ends."""
    return f"{text[:8]}…{text[-4:]}" if _UUID.fullmatch(text) else text


def ago(seconds: float) -> str:
    """How long ago something was, in its largest unit."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{round(seconds)} s ago"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 record, 2,000 records."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


FILTERS: dict[str, Callable[..., Any]] = {
    "tree": tree,
    "json": lambda value: json.dumps(value, ensure_ascii=False),
    "moment": moment,
    "family": family,
    "linked": linked,
    "texted": texted,
    "plain": plain,
    "in_address": in_address,
    "short": short,
    "query": query,
    "effects": effects,
    "how_often": how_often,
    "counted": counted,
    "ago": ago,
    "dated": dated,
    "brief": brief,
}
