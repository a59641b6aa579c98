"""The seven operations of the page. Each takes a call and returns a status and a body, or raises a refusal."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.independent.troyansys.settings import BUG, READING
from tests.independent.troyansys.store import Store

MODULES = {
    "inventory": (1, "Inventario"),
    "sales": (2, "Ventas"),
    "purchases": (3, "Compras"),
    "accounting": (4, "Contabilidad"),
    "reports": (5, "Reporteria"),
}
USER_MODULES = [*MODULES] if READING == "a" else ["reports", "sales", "inventory"]
CREATED = 200 if READING == "a" else 201
"""Success of a POST: the page says 200/201 for all operations."""


@dataclass(frozen=True)
class Call:
    """A request: header names in lower case, the path below the prefix."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Refused(Exception):
    """A call is refused with a status, a text of this server, and for a 422 the texts by field."""

    def __init__(self, status: int, text: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.fields = status, text, dict(fields or {})

    def body(self) -> dict[str, Any]:
        """As the reading writes it: the page prints no error."""
        if READING == "a":
            return {"message": self.text, **({"errors": {name: [text] for name, text in self.fields.items()}} if self.fields else {})}
        return {"error": {"status": self.status, "detail": self.text, "fields": self.fields}}


Answer = tuple[int, dict[str, Any]]
Operation = Callable[[Store, Call], Answer]
_seen_company: dict[str, sqlite3.Row] = {}
"""The company of the last call, for the bug that shares it between calls."""


def login(store: Store, call: Call) -> Answer:
    sent = _read_object(call)
    _check_login(sent)
    password = str(sent["password"])
    if BUG == "password_trimmed":
        password = password.strip()
    user = store.row("select * from users where email = ? or (? and email = ? collate nocase)", sent["email"], READING == "b", sent["email"])
    if user is None or not _is_password(password, user["password"]):
        raise Refused(401 if READING == "a" else 422, "Correo o contrasena no validos", None if READING == "a" else {"email": "No coincide"})
    token, ends = store.open_session(user["id"], user["company"], sent.get("device_name"))
    shown = ends.isoformat()
    if BUG == "zone_lie":
        shown = _in_utc(ends) + "-05:00"
    if BUG == "zone_missing":
        shown = shown[:19]
    if BUG == "expired_at_birth":
        shown = store.now().isoformat()
    about = {
        "id": user["id"],
        "name": user["name"],
        "email": user["email"],
        "active_company_id": user["company"] if BUG != "first_company_for_all" else 1,
        "active_modules": [_module(code) for code in USER_MODULES],
    }
    if BUG == "password_returned":
        about["password"] = user["password"]
    return CREATED, {"token": token, "token_type": "bearer" if BUG == "token_type_small" else "Bearer", "expires_at": shown, "user": about}


def _in_utc(moment: Any) -> str:
    """The wall clock of UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment.timestamp()))


def _check_login(sent: Mapping[str, Any]) -> None:
    faults = {name: f"Falta {name}" for name in ("email", "password") if name not in sent or sent[name] in ("", None)}
    if BUG == "password_may_lack" and "password" in faults:
        raise Refused(401, "Correo o contrasena no validos")
    faults |= {name: f"{name} debe ser un texto" for name in ("email", "password") if name not in faults and not isinstance(sent[name], str)}
    if BUG == "two_faults" and len(faults) > 1:
        raise RuntimeError("a list of faults where one was expected")
    if "email" not in faults and BUG != "email_unchecked" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", sent["email"]):
        faults["email"] = "email no es un correo"
    device = sent.get("device_name")
    if not isinstance(device, str) and (device is not None or (READING == "b" and "device_name" in sent)):
        faults["device_name"] = "device_name debe ser un texto"
    if BUG == "device_required" and not device:
        faults["device_name"] = "Falta device_name"
    if faults:
        raise Refused(422, "Datos no validos", faults)


def _is_password(given: str, stored: str) -> bool:
    if BUG == "password_any_case":
        return given.lower() == stored.lower()
    if BUG == "password_cut":
        return given[:9] == stored[:9]
    return given == stored


def show_user(store: Store, call: Call) -> Answer:
    session, company = _enter(store, call)
    user = store.row("select * from users where id = ?", session["user"])
    assert user is not None
    if BUG == "company_of_another_call":
        _seen_company["last"] = company
        time.sleep(0.02)
        company = _seen_company["last"]
    name = company["name"]
    if BUG == "name_mojibake":
        name = name.encode().decode("latin-1")
    answer = {
        "id": user["id"],
        "name": user["name"],
        "email": user["email"].upper() if BUG == "email_in_capitals" else user["email"],
        "company": {"id": company["id"], "name": name},
        "active_company_id": company["id"] if READING == "a" else user["company"],
    }
    if READING == "b":
        own = store.rows("select companies.* from companies join members on company = id where user = ? order by id", user["id"])
        answer["companies"] = [{"id": one["id"], "name": one["name"]} for one in own]
        answer["active_modules"] = [_module(code) for code in USER_MODULES]
    return 200, answer


def logout(store: Store, call: Call) -> Answer:
    _enter(store, call)
    store.close_session(_token(call))
    return CREATED, {"message": "Sesión API cerrada." if BUG == "message_with_accent" else "Sesion API cerrada."}


def show_company(store: Store, call: Call) -> Answer:
    company = _company_of_key(store, call)
    ruc: Any = company["ruc"]
    if BUG == "ruc_as_number":
        ruc = int(ruc)
    if BUG == "ruc_without_zero":
        ruc = ruc.lstrip("0")
    about = {"id": company["id"], "name": company["name"], "trade_name": company["trade_name"], "ruc": ruc}
    modules = [_module(code) for code in company["modules"].split()]
    if BUG == "modules_in_capitals":
        modules = [{**one, "code": one["code"].upper()} for one in modules]
    return 200, {"company": about, "active_modules": modules}


def list_plans(store: Store, call: Call) -> Answer:
    _, company = _enter(store, call)
    return _plans(store, company)


def list_company_plans(store: Store, call: Call) -> Answer:
    status, answer = _plans(store, _company_of_key(store, call))
    if BUG == "plans_without_meta":
        del answer["meta"]
    return status, answer


def _plans(store: Store, company: sqlite3.Row) -> Answer:
    plans = store.rows("select * from plans order by id" if BUG == "plans_inactive" else "select * from plans where active = 1 order by id")
    current = store.row("select * from plans where id = ?", company["plan"] if BUG != "plan_of_the_first" else 1)
    meta = {"current_plan_id": current["id"] if current else None, "current_plan_code": current["code"] if current else None}
    if BUG == "plan_code_of_another":
        meta["current_plan_code"] = next(one["code"] for one in plans if current is None or one["id"] != current["id"])
    return 200, {"data": [_plan(one) for one in plans], "meta": meta}


def _plan(row: sqlite3.Row) -> dict[str, Any]:
    amount: Any = float(row["amount"])
    if BUG == "amount_as_text":
        amount = row["amount"]
    if BUG == "amount_in_cents":
        amount = round(amount * 100)
    if BUG == "amount_as_float":
        amount = amount * 1.1 / 1.1 + 7e-15
    flags: dict[str, Any] = {name: value == "1" for name, _, value in (flag.partition("=") for flag in row["flags"].split())}
    if BUG == "flags_as_numbers":
        flags = {name: int(value) for name, value in flags.items()}
    modules = row["modules"].split()
    return {
        "id": row["id"],
        "name": row["name"],
        "code": row["code"],
        "billing_frequency": row["frequency"],
        "amount": amount,
        "currency_code": row["currency"],
        "module_codes": ",".join(modules) if BUG == "modules_as_text" else modules,
        "feature_flags": flags,
    }


def take_notice(store: Store, call: Call) -> Answer:
    if BUG == "webhook_needs_token":
        _enter(store, call)
    sent = _read_object(call)
    if BUG == "webhook_needs_reference" and "reference" not in sent:
        raise Refused(422, "Datos no validos", {"reference": "Falta reference"})
    if READING == "b":
        faults = {name: "debe ser un texto" for name in ("transactionStatus", "reference") if not isinstance(sent.get(name, ""), str | None)}
        if not _is_numeric(sent.get("amount")):
            faults["amount"] = "debe ser un numero"
        if faults:
            raise Refused(422, "Datos no validos", faults)
    store.rows("insert into notices values (?, ?, ?)", *(json.dumps(sent.get(name)) for name in ("transactionStatus", "reference", "amount")))
    return CREATED, {"message": "Webhook procesado"}


def _is_numeric(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _read_object(call: Call) -> dict[str, Any]:
    try:
        sent = json.loads(call.body.decode() or "{}")
    except ValueError:
        if BUG == "broken_json_crashes":
            raise RuntimeError("the body is no JSON") from None
        raise Refused(422, "El cuerpo no es JSON") from None
    if not isinstance(sent, dict):
        raise Refused(422, "El cuerpo no es un objeto")
    return sent


def _token(call: Call) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" and BUG != "any_scheme":
        return ""
    return token.strip()


def _enter(store: Store, call: Call) -> tuple[sqlite3.Row, sqlite3.Row]:
    """The session and the company of a call in the context of a user."""
    session = store.session(_token(call))
    if session is None:
        raise Refused(401, "Token ausente o no valido")
    written = call.headers.get("x-company-id", "")
    if BUG == "company_id_cut":
        written = re.sub(r"^(\d+).*", r"\1", written)
    if not re.fullmatch(r"[1-9][0-9]{0,9}", written):
        raise Refused(403 if READING == "a" else 422, "Falta la empresa", None if READING == "a" else {"X-Company-Id": "Debe ser un numero"})
    company = store.row("select * from companies where id = ?", int(written))
    member = store.row("select * from members where user = ? and company = ?", session["user"], int(written))
    if company is None or (member is None and BUG != "any_company"):
        raise Refused(404 if BUG == "company_not_found" else 403, "Empresa restringida")
    return session, company


def _company_of_key(store: Store, call: Call) -> sqlite3.Row:
    key = call.headers.get("x-api-key", "")
    company = store.company_of_key(key) if key else None
    if company is None and BUG == "token_opens_company":
        session = store.session(_token(call))
        company = store.row("select * from companies where id = ?", session["company"]) if session else None
    if company is None:
        raise Refused(401, "Clave ausente o no valida")
    if BUG == "first_company_for_keys":
        company = store.row("select * from companies where id = 1")
    assert company is not None
    return company


def _module(code: str) -> dict[str, Any]:
    number, name = MODULES[code]
    return {"id": number, "code": code, "name": name}


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/auth/login"): login,
    ("GET", "/auth/me"): show_user,
    ("POST", "/auth/logout"): logout,
    ("GET", "/company/me"): show_company,
    ("GET", "/subscription/plans"): list_plans,
    ("GET", "/company/subscription/plans"): list_company_plans,
    ("POST", "/payphone/subscription/webhook"): take_notice,
}
