"""Accounts, wallets, collaborators, contacts and a ledger of points, in one SQLite database.

A balance is never stored: it is the sum of the movements of a contact in a wallet, in hundredths of a point.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import threading

from tests.independent.monedero.settings import BUG, READING

SCHEMA = """
create table accounts (id integer primary key, apikey text, has_balance integer, customers_left integer, redemptions_left integer);
create table wallets (wallet_key text primary key, account integer, name text, basis_points integer, ticket integer, birthday integer);
create table tools (id integer primary key, account integer, name text, number text, branch text, kind text, password text, archived integer);
create table grants (tool integer, wallet text);
create table contacts (id integer primary key autoincrement, wallet text, phone text, name text, birthdate text);
create table movements (id integer primary key autoincrement, wallet text, phone text, hundredths integer, tool integer, what text);
create table blacklist (account integer, phone text);
create table messages (id integer primary key autoincrement, channel text, receiver text, body text, link text);
"""
OWNER, OTHER, POOR, FULL, SPENT = 1, 2, 3, 4, 5
ACCOUNTS = [
    (OWNER, "AKx7Tq2mLr9Vb4Nc", 1, 100_000, 100_000),
    (OTHER, "BKp3Wd8sJf6Hy1Zg", 1, 100_000, 100_000),
    (POOR, "CKe5Ru0iOk7Mn2Xa", 0, 100_000, 100_000),
    (FULL, "DKv9Bt4yGh1Qw6Sl", 1, 0, 100_000),
    (SPENT, "EKc8Zo3jPd5Fu7Ie", 1, 100_000, 0),
]
WALLETS = [
    ("mw-centro-41", OWNER, "Café Centro", 750, 0, 0),
    ("mw-ticket-42", OWNER, "Café Norte", 1000, 1, 0),
    ("mw-fiesta-43", OWNER, "Café Sur", 325, 0, 1),
    ("mw-ajeno-51", OTHER, "Panadería", 500, 0, 0),
    ("mw-pobre-61", POOR, "Zapatería", 1000, 0, 0),
    ("mw-lleno-71", FULL, "Librería", 1000, 0, 0),
    ("mw-canje-81", SPENT, "Florería", 1000, 0, 0),
]
TOOLS = [
    (501, OWNER, "Caja Uno", "4770010001", "Centro", "cajero", "clave-501", 0),
    (502, OWNER, "Gerencia Uno", "4770010002", "Centro", "gerente", "clave-502", 0),
    (503, OWNER, "Caja Sin Permiso", "4770010003", "Norte", "cajero", "clave-503", 0),
    (504, OWNER, "Caja Archivada", "4770010004", "Sur", "cajero", "clave-504", 1),
    (505, OWNER, "Caja Por Archivar", "4770010005", "Sur", "cajero", "clave-505", 0),
    (511, OTHER, "Caja Ajena", "4770020001", "Ajena", "cajero", "clave-511", 0),
    (521, POOR, "Caja Pobre", "4770030001", "Pobre", "cajero", "clave-521", 0),
    (531, FULL, "Caja Llena", "4770040001", "Llena", "cajero", "clave-531", 0),
    (541, SPENT, "Caja Gastada", "4770050001", "Gastada", "cajero", "clave-541", 0),
]
KNOWN_PHONE, BLACKLISTED = "4770123456", "4770999999"
CONTACTS = [
    *[(wallet[0], KNOWN_PHONE, "Clienta de Pruebas", "1990-03-14", 150_000) for wallet in WALLETS],
    ("mw-centro-41", BLACKLISTED, "Cliente Vetado", None, 50_000),
    ("mw-centro-41", "4770123457", "Cliente Vecino", None, 1_050),
    ("mw-ajeno-51", "4770555555", "Cliente Ajeno", None, 777),
]
WELCOME = 0 if READING == "a" else 5_000
"""Points of a new contact, in hundredths."""


class Store:
    """One state for all callers; a unit of work holds ``lock`` from its first read to its last write."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.execute("pragma synchronous = off")
        self.reset()

    def reset(self) -> None:
        with self.lock:
            for name in re.findall(r"create table (\w+)", SCHEMA):
                self._database.execute(f"drop table if exists {name}")
            self._database.executescript(SCHEMA)
            for table, rows in (("accounts", ACCOUNTS), ("wallets", WALLETS), ("tools", TOOLS)):
                self._database.executemany(f"insert into {table} values ({','.join('?' * len(rows[0]))})", rows)  # noqa: S608 - names of this module
            for tool in TOOLS:
                for wallet in WALLETS:
                    if wallet[1] == tool[1] and tool[0] != 503:
                        self.rows("insert into grants values (?, ?)", tool[0], wallet[0])
            self.rows("insert into blacklist values (?, ?)", OWNER, BLACKLISTED)
            self.rows("insert into blacklist values (?, ?)", OTHER, "4770123457")
            for wallet_key, phone, name, birthdate, points in CONTACTS:
                self.add_contact(wallet_key, phone, name, birthdate)
                self.move(wallet_key, phone, points, 501, "start")

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self.lock:
            return self._database.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> sqlite3.Row | None:
        found = self.rows(statement, *values)
        return found[0] if found else None

    def balance(self, wallet: str, phone: str) -> int:
        """Hundredths of a point."""
        if BUG == "points_of_all_wallets":
            found = self.rows("select hundredths from movements where phone = ?", phone)
        else:
            found = self.rows("select hundredths from movements where wallet = ? and phone = ?", wallet, phone)
        return sum(one["hundredths"] for one in found)

    def move(self, wallet: str, phone: str, hundredths: int, tool: int, what: str) -> None:
        self.rows("insert into movements (wallet, phone, hundredths, tool, what) values (?, ?, ?, ?, ?)", wallet, phone, hundredths, tool, what)

    def set_balance(self, wallet: str, phone: str, hundredths: int) -> None:
        """Replace all movements by one: what an implementation does that reads a balance and writes it back."""
        self.rows("delete from movements where wallet = ? and phone = ?", wallet, phone)
        self.move(wallet, phone, hundredths, 0, "balance")

    def add_contact(self, wallet: str, phone: str, name: str, birthdate: str | None) -> None:
        self.rows("insert into contacts (wallet, phone, name, birthdate) values (?, ?, ?, ?)", wallet, phone, name, birthdate)

    def contact(self, wallet: str, phone: str) -> sqlite3.Row | None:
        if BUG == "contact_of_any_wallet":
            return self.row("select * from contacts where phone = ? order by wallet <> ? limit 1", phone, wallet)
        return self.row("select * from contacts where wallet = ? and phone = ?", wallet, phone)

    def say(self, receiver: str, body: str, link: str) -> None:
        self.rows("insert into messages (channel, receiver, body, link) values ('sms', ?, ?, ?)", receiver, body, link)

    def tools(self, account: int) -> list[sqlite3.Row]:
        return self.rows("select * from tools where account = ? or ? = 'tools_of_all' order by id", account, BUG)

    def is_blacklisted(self, account: int, phone: str) -> bool:
        return self.row("select 1 from blacklist where phone = ? and (account = ? or ? = 'blacklist_of_all')", phone, account, BUG) is not None


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar."""
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None
