"""The shared state: one SQLite file, a connection for each call, and a clock that the hooks move."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.independent.backoffice.settings import READING, has_bug

PATH = Path(os.environ.get("DB") or Path(tempfile.mkdtemp(prefix="backoffice-")) / "backoffice.db")
ZONE: dt.tzinfo = dt.timezone(dt.timedelta(hours=-7)) if READING.zone == "fixed" else ZoneInfo("America/Los_Angeles")

SCHEMA = """
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT, sponsor INTEGER, first_name TEXT, last_name TEXT, email TEXT, country_code TEXT, mobile TEXT,
  default_leg TEXT, language TEXT, picture TEXT, matrix_on INTEGER, token_on INTEGER, plan INTEGER, salt TEXT, password TEXT, old_password TEXT,
  matrix_parent INTEGER, matrix_slot INTEGER, joined REAL
);
CREATE INDEX users_by_name ON users (username);
CREATE INDEX users_by_mail ON users (email);
CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT, price REAL);
CREATE TABLE tickets (id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER, subject TEXT, status TEXT, made REAL);
CREATE TABLE threads (id INTEGER PRIMARY KEY AUTOINCREMENT, ticket INTEGER, content TEXT, made REAL);
CREATE INDEX threads_by_ticket ON threads (ticket);
CREATE TABLE wallets (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE transactions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, wallet INTEGER, user INTEGER, amount TEXT, balance TEXT, description TEXT, made REAL
);
CREATE TABLE notices (id INTEGER PRIMARY KEY, title TEXT, content TEXT, kind TEXT, belongs INTEGER);
CREATE TABLE categories (id INTEGER PRIMARY KEY, title TEXT, icon TEXT);
CREATE TABLE resources (id INTEGER PRIMARY KEY, category INTEGER, title TEXT, description TEXT, video TEXT, file TEXT);
CREATE TABLE edit_tokens (token TEXT PRIMARY KEY, user INTEGER, ends REAL, used INTEGER);
CREATE TABLE mails (id INTEGER PRIMARY KEY AUTOINCREMENT, receiver TEXT, subject TEXT, body TEXT, code TEXT);
CREATE TABLE pictures (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, data BLOB);
CREATE TABLE clock (shift REAL, frozen REAL);
INSERT INTO clock VALUES (0, NULL);
"""


def connect() -> sqlite3.Connection:
    """A connection without a transaction of its own; a busy file is waited for."""
    db = sqlite3.connect(PATH, timeout=30, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA synchronous = OFF")
    return db


@contextmanager
def use_store(*, writes: bool) -> Iterator[sqlite3.Connection]:
    """A connection for one call. Changes are kept together or not at all, and no other call writes in between."""
    db = connect()
    try:
        if writes:
            db.execute("BEGIN IMMEDIATE")
        yield db
        if writes:
            db.execute("COMMIT")
    finally:
        db.close()  # without COMMIT it rolls back


def make_tables(db: sqlite3.Connection) -> None:
    """Empty every table, the clock included."""
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    for name in names:
        db.execute(f"DROP TABLE {name}")
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(SCHEMA)


def read_clock(db: sqlite3.Connection) -> float:
    """The moment of the server in seconds since 1970."""
    shift, frozen = db.execute("SELECT shift, frozen FROM clock").fetchone()
    return float(frozen) if frozen is not None else dt.datetime.now(dt.UTC).timestamp() + float(shift)


def print_moment(seconds: float) -> str:
    """A moment as the page prints it: milliseconds and an offset."""
    moment = dt.datetime.fromtimestamp(seconds, ZONE)
    if has_bug("zone_utc"):
        moment = dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=ZONE)
    return moment.isoformat(timespec="milliseconds")
