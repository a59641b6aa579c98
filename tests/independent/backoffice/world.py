"""The records of a fresh server. All names are made up."""

from __future__ import annotations

import hashlib
import sqlite3
from decimal import Decimal

from tests.independent.backoffice.settings import READING, has_bug
from tests.independent.backoffice.store import connect, make_tables, read_clock

API_KEY = "bo-Key-51f7c2e09ad4463b"
SECRET = "a made-up key of an independent BackOffice, 2026"
PASSWORD = "Hoja-de-Roble-27"
DAY = 86400.0

# id, user name, sponsor, first name, last name, country, mobile, token for edits, plan, joined days ago
USERS = (
    (1, "admin", None, "Casa", "Central", "US", "70000001", 0, 3, 900),
    (6, "mapache21", 1, "Aurelio", "Montebravo Ría", "NI", "70110006", 0, 2, 400),
    (7, "lechuza08", 6, "Ñusta", "Peñalver", "NI", "70110007", 0, 1, 300),
    (8, "colibri33", 6, "Begonia", "O'Arce", "US", "00110008", 1, 2, 200),
    (11, "tortuga50", 6, "Zoilo", "Quintarriba", "NZ", "70110011", 0, 3, 90),
    (12, "puma77", 7, "Dalia", "Ventisca", "US", "70110012", 0, 1, 30),
    (13, "iguana04", 12, "Fermín", "Del Soto", "NI", "70110013", 0, 1, 6),
    (14, "garza61", 6, "Clío", "Barranca", "CR", "70110014", 0, 2, 2),
    (20, "condor90", 1, "Haroldo", "Sinfín", "US", "70110020", 0, 2, 500),
    (21, "alpaca15", 20, "Ivonne", "Pradera", "NZ", "70110021", 1, 3, 100),
)
PLANS = ((1, "Free Plan", 0.0), (2, "Entrepreneur", 99.5), (3, "Club Cumbre", 499.0))
WALLETS = ((1, "Lifetime Earning"), (2, "Mining"), (3, "Credit (crypto)"), (4, "Reserve"), (5, "Commissions"))
# wallet, user, number of transactions
ROWS = ((1, 6, 75), (2, 6, 60), (3, 6, 1), (1, 7, 35), (5, 7, 4), (1, 20, 3))
CATEGORIES = (
    (1, "Photos", "fas fa-file-image"),
    (2, "Videos", "fas fa-file-video"),
    (3, "Files", "fas fa-file-alt"),
    (4, "Presentations", "fas fa-file-powerpoint"),
    (5, "PDFs", "fas fa-file-pdf"),
    (6, "Documents", "fas fa-file-word"),
    (7, "Spreadsheets", "fas fa-file-excel"),
)
RESOURCES = (
    (1, 1, "Banner de otoño", "Para redes.", "", "https://files.example.com/otono.svg"),
    (2, 1, "Logotipo", "Fondo claro.", "", "https://files.example.com/logo.svg"),
    (3, 2, "Bienvenida", "Tres minutos.", "https://video.example.com/watch/bienvenida", ""),
    (4, 5, "Plan de carrera", "Edición 4.", "", "https://files.example.com/carrera.pdf"),
)
NOTICES = (
    (1, "Feria", "La feria abre el lunes.", "general", None),
    (2, "Plan libre", "Solo para el plan libre.", "plan", 1),
    (3, "Plan Entrepreneur", "Solo para Entrepreneur.", "plan", 2),
    (4, "Tus papeles", "Falta una firma.", "user", 7),
    (5, "Sus papeles", "Todo en orden.", "user", 20),
)
TICKETS = ((1, 6, "Cashout ", 40), (2, 7, "Dudas", 20), (5, 20, "Otra rama", 10))
THREADS = ((1, 1, "Tengo dudas del cashout."), (2, 2, "¿Cuándo llega?"), (3, 1, "Sigue igual."), (9, 5, "Nada urgente."))


def digest(password: str, salt: str) -> str:
    """What is stored of a password, and what one that is given is compared by."""
    if has_bug("password_case"):
        password = password.lower()
    if has_bug("password_cut"):
        password = password[:8]
    if has_bug("password_trimmed"):
        password = password.strip()
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 500).hex()


def print_amount(value: Decimal) -> str:
    """An amount as the page prints it: at least one digit after the point, no needless zeros."""
    text = f"{value.normalize():f}"
    return text if "." in text else text + ".0"


def amount_of(number: int) -> Decimal:
    """The n-th amount of a wallet: large, small, negative and nil ones."""
    return (Decimal(10000), Decimal(-50), Decimal(0), Decimal("12.25"), Decimal("0.1"), Decimal("-7.75"))[number % 6]


def wrap(text: str, way: str) -> str:
    """A comment or a message as it is stored."""
    if way == "escaped":
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text if way == "plain" else f"<div>{text}</div>"


def place(db: sqlite3.Connection, user: int, sponsor: int | None) -> None:
    """Put a user into the first free place of the sponsor's matrix, level by level, from the left."""
    places: dict[int, dict[int, int]] = {}
    for row in db.execute("SELECT id, matrix_parent, matrix_slot FROM users WHERE matrix_parent IS NOT NULL"):
        places.setdefault(row["matrix_parent"], {})[row["matrix_slot"]] = row["id"]
    waiting = [sponsor] if sponsor is not None else []
    while waiting:
        parent = waiting.pop(0)
        taken = places.get(parent, {})
        for slot in range(3):
            if slot not in taken:
                db.execute("UPDATE users SET matrix_parent = ?, matrix_slot = ? WHERE id = ?", (parent, slot, user))
                return
        waiting += [taken[slot] for slot in range(3)]


def add_rows(db: sqlite3.Connection, now: float) -> None:
    """The transactions of the wallets, one after the other."""
    for wallet, user, count in ROWS:
        balance = Decimal(0)
        for number in range(count):
            amount = amount_of(number)
            balance += amount
            description = f"Movimiento {number + 1}" if number % 4 else "Sponsored Plan - Entrepreneur"
            made = now - DAY * 200 + number * 3600
            db.execute(
                "INSERT INTO transactions (wallet, user, amount, balance, description, made) VALUES (?, ?, ?, ?, ?, ?)",
                (wallet, user, str(amount), str(balance), description, made),
            )


def fill_store() -> None:
    """Begin anew: the tables, and the records that a fresh server has."""
    db = connect()
    make_tables(db)
    db.execute("BEGIN IMMEDIATE")
    now = read_clock(db)
    for number, name, sponsor, first, last, country, mobile, token_on, plan, days in USERS:
        needs = {"user": token_on, "none": 0, "all": 1}[READING.token_setting]
        salt = f"salt-{number}"
        db.execute(
            "INSERT INTO users (id, username, sponsor, first_name, last_name, email, country_code, mobile, default_leg, language, picture, matrix_on,"
            " token_on, plan, salt, password, joined) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'left', 'es', '', ?, ?, ?, ?, ?, ?)",
            (
                *(number, name, sponsor, first, last, f"{name}@mail.example.com", country, mobile),
                *(int(number == 6), needs, plan, salt, digest(PASSWORD, salt), now - DAY * days),
            ),
        )
        place(db, number, sponsor)
    db.executemany("INSERT INTO plans VALUES (?, ?, ?)", PLANS)
    db.executemany("INSERT INTO wallets VALUES (?, ?)", WALLETS)
    db.executemany("INSERT INTO categories VALUES (?, ?, ?)", CATEGORIES)
    db.executemany("INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?)", RESOURCES)
    db.executemany("INSERT INTO notices VALUES (?, ?, ?, ?, ?)", NOTICES)
    add_rows(db, now)
    for ticket, user, subject, days in TICKETS:
        db.execute("INSERT INTO tickets VALUES (?, ?, ?, 'New', ?)", (ticket, user, subject, now - DAY * days))
    for thread, ticket, content in THREADS:
        db.execute("INSERT INTO threads VALUES (?, ?, ?, ?)", (thread, ticket, wrap(content, READING.content), now - DAY * 3 + thread))
    db.execute("COMMIT")
    db.close()
