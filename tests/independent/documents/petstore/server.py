"""The expanded Petstore from its document alone: the threaded server of the standard library over a table of SQLite.

Environment: PORT, DB (a file of SQLite), BUG (the name of what it does wrong, empty for nothing).
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BUG = os.environ.get("BUG", "")
HIGHEST = 2**63
LOCK = threading.Lock()
BASE = sqlite3.connect(os.environ["DB"], check_same_thread=False)
BASE.execute("create table pet (id integer primary key autoincrement, name text, tag text, hidden integer)")
BASE.executemany("insert into pet (name, tag, hidden) values (?, ?, 0)", [("Rex", "dog"), ("Tom", "cat"), ("Nemo", None)])


class Refused(Exception):
    """A call is refused with a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _shown(row: tuple[int, str, str | None]) -> dict[str, Any]:
    pet: dict[str, Any] = {"id": str(row[0]) if BUG == "id_as_text" else row[0], "name": row[1]}
    return pet if row[2] is None else {**pet, "tag": row[2]}


def _find(query: dict[str, list[str]]) -> Any:
    rows = BASE.execute("select id, name, tag from pet where hidden <= ? order by id", (0 if BUG == "new_unlisted" else 1,)).fetchall()
    tags = [tag for text in query.get("tags", []) for tag in text.split(",") if tag]
    if tags:
        rows = [row for row in rows if row[2] in tags]
    said = query.get("limit", [])
    if said and (re.fullmatch(r"-?\d{1,9}", said[0]) is None or int(said[0]) < 0):
        raise Refused(400, "limit is no number of pets")
    return [_shown(row) for row in (rows[: int(said[0])] if said and BUG != "limit_ignored" else rows)]


def _add(body: bytes) -> Any:
    try:
        said = json.loads(body)
    except ValueError:
        raise Refused(400, "the body is no JSON") from None
    named = isinstance(said, dict) and isinstance(said.get("name"), str)
    if not isinstance(said, dict) or (not named and BUG != "name_optional") or not isinstance(said.get("tag", ""), str):
        raise Refused(400, "a pet has a name, and perhaps a tag, both texts")
    name, tag = str(said.get("name", "")), said.get("tag")
    if BUG == "created_lost":
        return _shown((999, name, tag))
    kept = name.upper() if BUG == "name_in_capitals" else name
    if BUG == "one_id_for_all":
        BASE.execute("insert or replace into pet (id, name, tag, hidden) values (77, ?, ?, 1)", (kept, tag))
        return _shown((77, name, tag))
    made = BASE.execute("insert into pet (name, tag, hidden) values (?, ?, 1)", (kept, tag))
    return _shown((int(made.lastrowid or 0), name, tag))


def _one(number: str) -> tuple[int, str, str | None]:
    row = BASE.execute("select id, name, tag from pet where id = ?", (int(number),)).fetchone() if int(number) < HIGHEST else None
    if row is None and BUG == "unknown_found":
        return (min(int(number), HIGHEST - 1), "nobody", None)
    if row is None:
        raise Refused(404, "there is no such pet")
    return row  # type: ignore[no-any-return]


def _delete(number: str) -> None:
    found = _one(number)[0]
    if BUG == "deleted_kept":
        return
    BASE.execute("delete from pet where id = ?" if BUG != "deletes_older" else "delete from pet where id = ? or id = 1", (found,))


class Handler(BaseHTTPRequestHandler):
    """One call of the API."""

    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            with LOCK:
                status, found = self._route(parts.path, parse_qs(parts.query, keep_blank_values=True), body)
        except Refused as refused:
            status, found = refused.status, {"code": refused.status, "message": str(refused)}
        sent = b"" if found is None else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(sent)

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        item = re.fullmatch(r"/v2/pets/([^/]+)", path)
        if path == "/v2/pets" and self.command in ("GET", "POST"):
            return 200, _find(query) if self.command == "GET" else _add(body)
        if item is None or self.command not in ("GET", "DELETE"):
            raise Refused(405 if item or path == "/v2/pets" else 404, "there is nothing here")
        if re.fullmatch(r"\d{1,30}", item[1]) is None:
            raise Refused(400, "an id is a number")
        if self.command == "GET":
            return 200, _shown(_one(item[1]))
        _delete(item[1])
        return 204, None

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


if __name__ == "__main__":
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
