"""The file of a state directory: one SQLite database in WAL mode, with its layout and its errors.

A commit is in the file when :meth:`Database.commit` returns. With ``synchronous=NORMAL`` it survives the end of the process in any way; with FULL
also a loss of power.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from mockserver.core.base.clock import stopwatch
from mockserver.core.base.faults import StoreFailed
from mockserver.openapi.errors import SetupError

FILE = "worlds.db"
LAYOUT = 1
"""The version of the layout. A file of another one is refused."""
APPLICATION = 0x6D6F636B
"""Identifies the file: ``mock`` in ASCII, as SQLite's application_id."""
PATIENCE = 2.0
"""Seconds for which a change waits for another server of the same directory."""
PAUSE = 0.002
PAGES = 4000
"""Pages of SQLite's log after which they go into the database; its default, 1,000, would wait for the disk four times as often."""

Durability = Literal["process", "power"]

_TABLES = """
create table state(key text primary key, value) without rowid;
create table images(id integer primary key, bytes integer not null);
create table parts(image integer not null, number integer not null, data blob not null, primary key(image, number));
create table worlds(
  name text primary key, incarnation integer not null, number integer not null, token integer not null, origin integer not null,
  image integer not null, image_number integer not null, log_bytes integer not null, client text not null, is_foreign integer not null,
  changed integer not null, pinned integer not null, label text not null, used real not null, summary blob not null, stamp integer not null
) without rowid;
create index worlds_by_stamp on worlds(stamp);
create index worlds_by_origin on worlds(origin);
create index worlds_by_image on worlds(image);
create table deltas(incarnation integer not null, number integer not null, data blob not null, primary key(incarnation, number)) without rowid;
create table snapshots(place integer primary key, world text not null, name text not null, image integer not null, taken_at text not null,
  unique(world, name));
create index snapshots_by_image on snapshots(image);
create table notices(place integer primary key, name text not null unique, text text not null);
create table gone(stamp integer primary key, name text not null);
create table blobs(key blob primary key, data blob not null);
create table uses(owner text not null, key blob not null, primary key(owner, key)) without rowid;
create index uses_by_key on uses(key);
create table journal(place integer primary key, world text not null, number integer not null, data blob not null);
create index journal_by_world on journal(world, number);
"""


class NoState(SetupError):
    """A directory holds no state that this release can open. The text says what is wrong and what to do."""


def open_state(folder: Path, durability: Durability = "process", *, make: bool = True) -> Database:
    """The database of a state directory, which is made if it is not there and ``make`` is set. Raises NoState; then nothing has changed."""
    file = folder / FILE
    if not file.exists() and not make:
        raise NoState(f"{folder} holds no state: there is no {FILE} in it; name a directory that mockserver serve --state has made")
    if folder.exists() and not folder.is_dir():
        raise NoState(f"{folder} is a file; --state takes a directory")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = _connect(file)
        if make:
            _make(connection)
        _check(connection, file)
        connection.execute(f"pragma synchronous = {'full' if durability == 'power' else 'normal'}")
        connection.execute(f"pragma wal_autocheckpoint = {PAGES}")
        connection.execute("pragma busy_timeout = 0")  # a wait inside SQLite would hold up every other request
    except (OSError, sqlite3.Error) as error:
        raise NoState(f"{file} is no state that can be opened: {error}; restore it from a backup, or start with another --state") from None
    return Database(connection, file)


def _make(connection: sqlite3.Connection) -> None:
    """Write the layout into an empty file; another server may do so at the same time."""
    if connection.execute("select count(*) from sqlite_master").fetchone()[0]:
        return
    connection.execute("pragma journal_mode = wal")
    connection.execute("begin immediate")
    if connection.execute("select count(*) from sqlite_master").fetchone()[0] == 0:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"pragma application_id = {APPLICATION}")
        connection.execute(f"pragma user_version = {LAYOUT}")
    connection.execute("commit")


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=64)
    connection.execute("pragma foreign_keys = off")
    return connection


def _check(connection: sqlite3.Connection, file: Path) -> None:
    """Raise NoState if a file is none of ours, or of another layout."""
    if connection.execute("pragma application_id").fetchone()[0] != APPLICATION:
        raise NoState(f"{file} is a database of another program; start with another --state")
    found = connection.execute("pragma user_version").fetchone()[0]
    if found != LAYOUT:
        raise NoState(f"{file} has the layout {found}, and this release reads {LAYOUT}; start the release that wrote it, or another --state")
    names = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    missing = {"state", "worlds", "deltas", "parts", "journal"} - names
    if missing:
        raise NoState(f"{file} is damaged: it has no table {', '.join(sorted(missing))}; restore it from a backup, or start with another --state")


class Database:
    """A connection for one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self.connection = connection
        self.file = file
        self.execute = connection.execute
        self.version = -1
        """SQLite's data_version when this server last read what others wrote."""

    def is_behind(self) -> bool:
        """Whether another server has written since :attr:`version` was noted."""
        found: int = self.execute("pragma data_version").fetchone()[0]
        return found != self.version

    def note_version(self) -> None:
        """Note that everything that other servers have written is known."""
        self.version = self.execute("pragma data_version").fetchone()[0]

    async def begin(self) -> None:
        """Begin a change. Raises StoreFailed if another server holds the file for long, or if it cannot be written."""
        started = stopwatch()
        while True:
            try:
                self.execute("begin immediate")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise explain(error, self.file) from None
                if stopwatch() - started > PATIENCE:
                    raise StoreFailed(f"another server of {self.file} did not end its change within {PATIENCE:g} s; try again") from None
                await asyncio.sleep(PAUSE)
            else:
                return

    def commit(self) -> None:
        """End a change; it is in the file."""
        self.execute("commit")

    def roll_back(self) -> None:
        """Undo a change that failed."""
        if self.connection.in_transaction:
            self.execute("rollback")

    def read(self, key: str) -> Any:
        """A value of the state as a whole; None if it is not set."""
        row = self.execute("select value from state where key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def write(self, key: str, value: Any) -> None:
        """Set a value of the state as a whole."""
        self.execute("insert or replace into state(key, value) values(?, ?)", (key, value))

    def read_born(self) -> datetime | None:
        """The birth date of the first worlds of the state, which those of later starts share; None if the state is new."""
        born = self.read("born")
        return None if born is None else datetime.fromisoformat(born)

    def count(self, key: str) -> int:
        """The next number of a kind; servers of one file never draw one twice."""
        row = self.execute(
            "insert into state(key, value) values(?, 1) on conflict do update set value = value + 1 returning value", (key,)
        ).fetchone()
        return int(row[0])

    def read_parts(self, image: int) -> list[bytes]:
        """The parts of an image in their order."""
        return [row[0] for row in self.execute("select data from parts where image = ? order by number", (image,))]

    def read_deltas(self, incarnation: int, after: int, last: int) -> list[bytes]:
        """The deltas of the commits of a world behind one number, up to another."""
        query = "select data from deltas where incarnation = ? and number > ? and number <= ? order by number"
        return [row[0] for row in self.execute(query, (incarnation, after, last))]

    def write_image(self, parts: Iterable[bytes]) -> tuple[int, int]:
        """Write the parts of a new image. Returns its number and its bytes."""
        image = self.count("image")
        size = 0
        for number, part in enumerate(parts):
            self.execute("insert into parts(image, number, data) values(?, ?, ?)", (image, number, part))
            size += len(part)
        self.execute("insert into images(id, bytes) values(?, ?)", (image, size))
        return image, size

    def keep_blobs(self, owner: str, blobs: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep long values for an image or a world."""
        for key, value in blobs:
            self.execute("insert or ignore into blobs(key, data) values(?, ?)", (key, value))
            self.execute("insert or ignore into uses(owner, key) values(?, ?)", (owner, key))

    def release(self, owner: str) -> None:
        """Forget the long values that only this image or world used."""
        keys = self.execute("delete from uses where owner = ? returning key", (owner,)).fetchall()
        for (key,) in keys:
            self.execute("delete from blobs where key = ? and not exists (select 1 from uses where key = ?)", (key, key))

    def release_image(self, image: int) -> None:
        """Delete an image if nothing refers to it any more."""
        used = "select 1 from worlds where origin = ?1 or image = ?1 union all select 1 from snapshots where image = ?1"
        if self.read("base") != image and self.execute(used, (image,)).fetchone() is None:
            self.execute("delete from images where id = ?", (image,))
            self.execute("delete from parts where image = ?", (image,))
            self.release(f"image {image}")

    def close(self) -> None:
        """Close the file. What is in the log of SQLite goes into the database, so that the directory can be copied."""
        self.connection.close()


def explain(error: sqlite3.Error, file: Path) -> StoreFailed:
    """The refusal for an error of SQLite."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreFailed(f"the disk of {file} is full: nothing was changed, and what was answered before is kept; make room, and call again")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreFailed(f"{file} is damaged ({error}); stop the server, and restore the directory from a backup")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return StoreFailed(f"{file} cannot be written ({error}); nothing was changed")
    return StoreFailed(f"{file} cannot be used ({error}); nothing was changed")
