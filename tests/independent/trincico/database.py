"""The one shared state: an SQLite file, one connection per thread, one writing transaction per request."""

import pathlib
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.independent.trincico.settings import DB

Row = dict[str, Any]
SCHEMA = """
create table users (
  id integer primary key, uuid text unique, token text unique, email text, first_name text, last_name text, roles text,
  activation_code text, created_at integer, updated_at integer
);
create table plans (
  id text primary key, name text, price integer, currency text, interval text, interval_count integer, active integer,
  is_recommended integer, weight integer, trial_period_days integer, is_default integer, type text, configured integer,
  frequencies text, features text
);
create table methods (
  id text primary key, name text, type text, payout_enable integer, is_default integer, active integer
);
create table subscriptions (
  seq integer primary key autoincrement, id text unique, user integer, plan text, status text, start_at integer,
  end_at integer, canceled_at integer, next_plan text, remote_id text, payment text, owed integer default 0
);
create table payments (
  id text primary key, reference text, user integer, gross integer, currency text, created_at integer, status text,
  target text, plan text, invoice text
);
create table services (
  id text primary key, user integer, name text, status text, prefix text, email text
);
create table customers (
  id text primary key, service text, first_name text, last_name text, business_name text, email text, phone text,
  created_at integer
);
create table invoices (
  seq integer primary key autoincrement, id text unique, service text, customer text, reference text, currency text,
  status text, created_at integer, updated_at integer, stored_amount integer default 0
);
create unique index one_reference on invoices (service, reference);
create table items (
  seq integer primary key autoincrement, id text unique, invoice text, name text, price integer, quantity integer,
  description text, tax text
);
create table accounts (
  id text primary key, user integer, method text, frequency text, currency text, status text, country text, banks text,
  created_at integer, updated_at integer
);
create table balances (
  account text, kind text, currency text, amount integer, primary key (account, kind, currency)
);
create table payouts (
  seq integer primary key autoincrement, id text unique, account text, user integer, amount integer, currency text,
  status text, instant integer, arrival_date integer, created_at integer, updated_at integer
);
create table bookings (
  id text primary key, service text, user integer
);
create table checkouts (
  url text primary key, user integer, kind text, target text, plan text, success_url text, cancel_url text
);
create table mails (
  seq integer primary key autoincrement, channel text, recipient text, subject text, body text
);
create table cursors (
  id text primary key, seq integer
);
create table state (
  name text primary key, value text
);
"""
NAMESPACE = uuid.UUID("7a3f1f0c-91d5-4a57-9a0f-5c2f7f0b8d11")
_threads = threading.local()


def named_id(name: str) -> str:
    """The id of a record that the server starts with."""
    return str(uuid.uuid5(NAMESPACE, name))


def new_id() -> str:
    return str(uuid.uuid4())


def connect() -> sqlite3.Connection:
    found: sqlite3.Connection | None = getattr(_threads, "connection", None)
    if found is None:
        found = sqlite3.connect(DB, timeout=30, isolation_level=None, check_same_thread=False)
        found.execute("pragma synchronous=off")
        _threads.connection = found
    return found


@contextmanager
def transaction() -> Iterator[None]:
    db = connect()
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise
    if db.in_transaction:
        db.execute("commit")


def let_others_in(seconds: float = 0.05) -> None:
    """Break the transaction of this request in two, as a server without transactions would."""
    db = connect()
    db.execute("commit")
    time.sleep(seconds)
    db.execute("begin immediate")


def keep_what_was_written() -> None:
    db = connect()
    db.execute("commit")
    db.execute("begin immediate")


def rows(query: str, *values: object) -> list[Row]:
    cursor = connect().execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def row(query: str, *values: object) -> Row | None:
    found = rows(query, *values)
    return found[0] if found else None


def run(query: str, *values: object) -> None:
    connect().execute(query, values)


def insert(table: str, **values: object) -> None:
    run(f"insert into {table} ({', '.join(values)}) values ({', '.join('?' * len(values))})", *values.values())  # noqa: S608 - names of this program


def update(table: str, key: object, **values: object) -> None:
    run(f"update {table} set {', '.join(f'{name}=?' for name in values)} where id=?", *values.values(), key)  # noqa: S608 - likewise


def state(name: str) -> str | None:
    found = row("select value from state where name=?", name)
    return None if found is None else str(found["value"])


def set_state(name: str, value: str | None) -> None:
    run("delete from state where name=?", name)
    if value is not None:
        insert("state", name=name, value=value)


def now() -> int:
    """The time of the server in UNIX seconds: the machine's, moved or stopped by the hooks."""
    frozen = state("frozen")
    return int(float(frozen)) if frozen else int(time.time() + float(state("offset") or 0))


def make_schema() -> None:
    """Empty the database and make its tables."""
    db = connect()
    for (name,) in db.execute("select name from sqlite_master where type='table' and name not like 'sqlite_%'").fetchall():
        db.execute(f"drop table {name}")
    for statement in SCHEMA.split(";"):
        if statement.strip():
            db.execute(statement)


def remove_old_file() -> None:
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(DB + suffix).unlink(missing_ok=True)
    pathlib.Path(DB).parent.mkdir(parents=True, exist_ok=True)
