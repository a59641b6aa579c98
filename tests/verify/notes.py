"""A small server of notes, as its document ``notes.yaml`` describes it, and bugs that can be planted in it."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from tests.verify.servers import Handler

DOCUMENT = Path(__file__).with_name("notes.yaml")
KEY = "right-key-of-notes"
_FIELDS: dict[str, tuple[type, int, int]] = {"text": (str, 1, 200), "topic": (str, 0, 30), "stars": (int, 0, 5)}
Answer = tuple[int, Any]


@dataclass
class Notes:
    """The state of the server. ``bug`` is the name of what it does wrong, empty if nothing."""

    bug: str = ""
    kept: dict[int, dict[str, Any]] = field(default_factory=dict)
    last: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, handler: Handler) -> None:
        """Answer a request of any kind."""
        parts = urlsplit(handler.path)
        with self.lock:
            if handler.headers.get("X-Key") != KEY and self.bug != "takes calls without a key":
                status, body = 401, {"error": "the key is missing or wrong"}
            else:
                status, body = self._route(handler.command, parts.path, parse_qs(parts.query), handler.body)
        handler.answer(status, b"" if body is None else json.dumps(body).encode())

    def _route(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Answer:
        item = re.fullmatch(r"/api/notes/(\d{1,12})", path)
        if path == "/api/notes":
            return self._list(query) if method == "GET" else self._create(body) if method == "POST" else (405, {"error": "no"})
        if item is None:
            return 404, {"error": "there is nothing"}
        number = int(item[1])
        if number not in self.kept:
            found = {"id": number, "text": "made up"}
            return (200, found) if self.bug == "knows every id" and method == "GET" else (404, {"error": "there is no such note"})
        do = {"GET": self._read, "PATCH": self._change, "DELETE": self._delete}.get(method)
        return do(number, body) if do is not None else (405, {"error": "there is no such method"})

    def _list(self, query: dict[str, list[str]]) -> Answer:
        found = [one for one in self.kept.values() if self.bug != "hides new notes" or one["id"] < 3]
        try:
            limit, page = (int(query.get(name, [default])[0]) for name, default in (("limit", "20"), ("page", "1")))
        except ValueError:
            return 400, {"error": "no number"}
        if not 1 <= limit <= 50 or page < 1:
            return 400, {"error": "out of range"}
        if "topic" in query and self.bug != "ignores the filter":
            found = [one for one in found if one.get("topic") == query["topic"][0]]
        if self.bug == "ignores the size":
            limit = 20
        start = (page - 1) * limit - (page > 1 and self.bug == "pages overlap")
        return 200, {"notes": found[start : start + limit]}

    def _faults(self, said: Any, *, is_new: bool) -> bool:
        if not isinstance(said, dict) or (is_new and "text" not in said):
            return True
        for name, (kind, low, high) in _FIELDS.items():
            value: Any = said.get(name)
            size: Any = len(value) if isinstance(value, str) else value
            if name in said and (type(value) is not kind or not low <= size <= high):
                return True
        return False

    def _read_body(self, body: bytes, *, is_new: bool) -> dict[str, Any] | None:
        try:
            said = json.loads(body)
        except ValueError:
            return None
        if self._faults(said, is_new=is_new) and self.bug != "takes any body":
            return None
        return {name: value for name, value in said.items() if name in _FIELDS} if isinstance(said, dict) else {}

    def _create(self, body: bytes) -> Answer:
        said = self._read_body(body, is_new=True)
        if said is None:
            return 400, {"error": "the note is wrong"}
        self.last += 1 if self.bug != "gives one id to all" or not self.last else 0
        note = {"id": self.last, "text": "", **said}
        if self.bug == "keeps nothing of a creation":
            return 201, note
        kept = {**note, "text": note["text"].upper()} if self.bug == "changes what was written" else note
        self.kept[self.last] = kept
        return 201, note if self.bug != "answers an id of text" else {**note, "id": str(self.last)}

    def _read(self, number: int, _: bytes) -> Answer:
        return 200, self.kept[number]

    def _change(self, number: int, body: bytes) -> Answer:
        said = self._read_body(body, is_new=False)
        if said is None:
            return 400, {"error": "the change is wrong"}
        before = self.kept[number]
        after = {**before, **said} if self.bug != "drops what a change does not send" else {"id": number, "text": before["text"], **said}
        if self.bug != "keeps no change":
            self.kept[number] = after
        return 200, after

    def _delete(self, number: int, _: bytes) -> Answer:
        if self.bug == "deletes nothing":
            return 204, None
        if self.bug == "deletes the oldest too":
            self.kept.pop(min(self.kept))
        self.kept.pop(number, None)
        return 204, None


BUGS = {
    "takes calls without a key": ("broken", "credentials are demanded"),
    "takes any body": ("broken", "what breaks the schema is refused"),
    "answers an id of text": ("broken", "the answer is documented"),
    "keeps nothing of a creation": ("suspect: inferred", "what was written is read back"),
    "changes what was written": ("suspect: inferred", "what was written is read back"),
    "gives one id to all": ("suspect: inferred", "two creations make two records"),
    "hides new notes": ("suspect: inferred", "what was created is listed once"),
    "knows every id": ("suspect: inferred", "a described situation is answered as described"),
    "keeps no change": ("suspect: inferred", "a change changes just what it says"),
    "drops what a change does not send": ("suspect: inferred", "a change changes just what it says"),
    "deletes nothing": ("suspect: inferred", "what was deleted is gone and unlisted"),
    "deletes the oldest too": ("suspect: inferred", "what was deleted is gone and unlisted"),
    "ignores the size": ("suspect: inferred", "a page is as large as asked"),
    "pages overlap": ("suspect: inferred", "pages visit each record once"),
    "ignores the filter": ("suspect: inferred", "a filter shows what fits and nothing else"),
}
"""By planted bug the class and the check by which it has to be found."""
