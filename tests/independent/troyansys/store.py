"""Users, companies, plans and sessions in one SQLite database, and the clock of the server."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import sqlite3
import threading
from typing import Any

from tests.independent.troyansys.settings import BUG, READING

ECUADOR = dt.timezone(dt.timedelta(hours=-5))
LIFETIME = dt.timedelta(hours=8) if READING == "a" else dt.timedelta(days=30)
SERVICE_END = dt.datetime(2099, 1, 1, tzinfo=ECUADOR)
"""Until when the tokens of staging are valid, which the owner gives away."""

TABLES = """
create table users (id integer primary key, name text, email text, password text, company integer);
create table companies (id integer primary key, name text, trade_name text, ruc text, api_key text, plan integer, modules text);
create table members (user integer, company integer);
create table sessions (token text, user integer, company integer, ends text, device text);
create table plans (
  id integer primary key, name text, code text, frequency text, amount text, currency text, modules text, flags text, active integer
);
create table notices (status text, reference text, amount text);
"""
USERS = [
    (5, "Usuario de Pruebas", "cliente@example.com", "Clave-Larga-2041", 1),
    (6, "Usuario Vecino", "vecino@example.com", "Otra-Clave-7730", 3),
]
COMPANIES = [
    (1, "Ferretería Andina y Compañía", "Ferretería Andina", "0990000000001", "ka_live_Qm7Zr2Xp9LtV4sWb", 1, "inventory sales"),
    (2, "Comercial del Puerto", "Puerto", "0990000000002", "kb_live_Hd3Nf8Tc5JyK1gRe", 2 if READING == "a" else None, "sales reports"),
    (3, "Distribuidora Vecina", "Vecina", "0990000000003", "kc_live_Uw6Mb4Vz0PxS2qAn", 2, "accounting"),
]
MEMBERS = [(5, 1), (5, 2), (6, 3)]
SESSIONS = [
    ("5|Ow9vT3mKp7Lx2QrZs8Nd", 5, 1),
    ("6|Gc4bY1hJf6Ut0EaWk5Ri", 6, 3),
    ("5|Sp2nX8dVq3Bz7MyTg9Lo", 5, 1),
]
YEARLY = "monthly" if READING == "a" else "yearly"
PLANS = [
    (1, "Plan Esencial", "plan-esencial", "monthly", "39.9", "USD", "sales inventory", "inventory_advanced=0", 1),
    (
        2,
        "Plan Comercio",
        "plan-comercio",
        "monthly" if READING == "a" else "yearly",
        "1249.25",
        "USD",
        "sales inventory reports",
        "inventory_advanced=1",
        1,
    ),
    (3, "Plan Antiguo", "plan-antiguo", "monthly", "9.5", "USD", "sales", "inventory_advanced=0", 0),
    (4, "Plan Contable", "plan-contable", "monthly", "0.1", "USD", "accounting", "inventory_advanced=0 priority_support=1", int(READING == "b")),
]
DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class Store:
    """One state for all callers. Every method takes the lock."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._stopped: dt.datetime | None = None
        self._ahead = dt.timedelta()
        self.reset()

    def reset(self) -> None:
        """Everything as at the start, the clock included."""
        with self._lock:
            self._stopped, self._ahead = None, dt.timedelta()
            for name in re.findall(r"create table (\w+)", TABLES):
                self._database.execute(f"drop table if exists {name}")
            self._database.executescript(TABLES)
            self._fill("users", USERS)
            self._fill("companies", COMPANIES)
            self._fill("members", MEMBERS)
            self._fill("plans", PLANS)
            self._fill("sessions", [(*one, SERVICE_END.isoformat(), "staging") for one in SESSIONS])

    def _fill(self, table: str, rows: list[Any]) -> None:
        self._database.executemany(f"insert into {table} values ({','.join('?' * len(rows[0]))})", rows)  # noqa: S608 - names of this module

    def advance(self, duration: str) -> None:
        """Move the clock by an ISO 8601 duration of weeks, days, hours, minutes and seconds."""
        found = DURATION.fullmatch(duration)
        if found is None:
            raise ValueError(f"{duration!r} is no duration that this clock knows")
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        with self._lock:
            self._ahead += dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)

    def freeze(self, moment: str) -> None:
        """Stop the clock at a moment with its offset from UTC."""
        with self._lock:
            self._stopped, self._ahead = dt.datetime.fromisoformat(moment).astimezone(ECUADOR), dt.timedelta()

    def now(self) -> dt.datetime:
        with self._lock:
            return (self._stopped or dt.datetime.now(ECUADOR)).replace(microsecond=0) + self._ahead

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> sqlite3.Row | None:
        found = self.rows(statement, *values)
        return found[0] if found else None

    def open_session(self, user: int, company: int, device: str | None) -> tuple[str, dt.datetime]:
        """A new token and the moment at which it ends."""
        ends = self.now() + LIFETIME
        token = f"{user}|{secrets.token_urlsafe(24)}"
        if BUG == "token_of_the_second":
            token = f"{user}|{hashlib.sha256(f'{user} {self.now().isoformat()}'.encode()).hexdigest()[:32]}"
        with self._lock:
            if BUG == "one_session":
                self.rows("delete from sessions where user = ? and device is not 'staging'", user)
            self.rows("insert into sessions values (?, ?, ?, ?, ?)", token, user, company, ends.isoformat(), device)
        return token, ends

    def session(self, token: str) -> sqlite3.Row | None:
        """The open session of a token."""
        same = "lower(token) = lower(?)" if BUG == "token_any_case" else "token = ?"
        found = self.row(f"select * from sessions where {same}", token)  # noqa: S608 - one of the two texts above
        if found is None or (BUG != "no_expiry" and self.now() >= dt.datetime.fromisoformat(found["ends"])):
            return None
        return found

    def close_session(self, token: str) -> None:
        if BUG == "logout_closes_nothing":
            return
        if BUG == "logout_closes_all":
            self.rows("delete from sessions where user = (select user from sessions where token = ?)", token)
        self.rows("delete from sessions where token = ?", token)

    def company_of_key(self, key: str) -> sqlite3.Row | None:
        if BUG == "key_any_case":
            return self.row("select * from companies where lower(api_key) = lower(?)", key)
        if BUG == "key_prefix":
            return self.row("select * from companies where ? <> '' and substr(api_key, 1, 16) = substr(?, 1, 16)", key, key)
        if BUG == "key_trimmed_of_letters":
            return self.row("select * from companies where api_key = rtrim(?, 'x')", key)
        return self.row("select * from companies where api_key = ?", key)
