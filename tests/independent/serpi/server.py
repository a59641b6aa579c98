"""SERPI Sucursales from its page alone: a WSGI application on Werkzeug's threaded server, over a journal of events.

Environment: PORT, DB, READING, BUG. What only the owner of a staging system can do stands under /_staging: ``POST reset``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Iterable
from random import Random
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.serving import WSGIRequestHandler, run_simple
from werkzeug.wrappers import Request, Response

from tests.independent.serpi.journal import CLIENTS, FIRST, Journal
from tests.independent.serpi.settings import BUG, READING

PATH = "/api/v1/Sucursales"
REQUIRED = tuple(name for name in FIRST if name not in ("direccion2", "telefono2", "ext", "ext2", "movil", "id_cobrador"))
NOT_IN_PUT = {"nit_tercero", "codigo_ciudad", "codigo_departamento", "codigo_pais"}
"""Required by the table of PUT, and missing from its sample."""
MAY_BE_EMPTY = {"referencia_sucursal", "telefono"}
"""Required, and empty in the samples."""
PLAIN_INTEGERS = {"id_tercero", "id_ciudad", "id_departamento", "id_pais", "id_vendedor"}
NULLABLE_INTEGERS = {"ext", "ext2", "id_cobrador"}
NUMBERS_OR_TEXTS = {"nit_tercero", "codigo", "telefono", "telefono2", "movil"}
FLAGS = {"es_direccionCobro", "es_direccionDespacho"}
EMPTIED = {"referencia_sucursal", "direccion2", "telefono", "telefono2", "movil"}
LONGEST = 50
journal = Journal(os.environ["DB"])
_chance = Random(7)
_busy: set[str] = set()
_gate = threading.Lock()


def _answer(code: int, message: str, *, success: bool = True, **more: Any) -> Response:
    """a: HTTP 200 around any body code, ``errors`` null everywhere. b: the HTTP status of the body code."""
    body = {"success": success, "code": code, "errors": None, "message": message, **more}
    if READING == "b" and code == 204:
        return Response(status=204)
    if READING == "b" and "result" in more:
        del body["errors"]
    media_type = "text/html" if BUG == "errors_as_html" and not success else "application/json"
    return Response(json.dumps(body, ensure_ascii=False), 200 if READING == "a" else code, content_type=media_type)


def _client(request: Request) -> str | None:
    """Who calls: both credentials have to belong to one client."""
    secret, written = request.headers.get("secretkey", ""), request.headers.get("Authorization", "")
    found = re.fullmatch(r"bearer( ?)(\S+)", written, re.IGNORECASE)
    if found is None or (READING == "b" and not found[1]):
        return None
    token = found[2]
    for name, (own_secret, own_token) in CLIENTS.items():
        if BUG == "secret_any_case" and secret.lower() == own_secret.lower():
            secret = own_secret
        if BUG == "token_any_case" and token.lower() == own_token.lower():
            token = own_token
        if BUG == "secret_prefix" and secret[:12] == own_secret[:12]:
            secret = own_secret
        if BUG == "pair_of_two_clients" and secret == own_secret and token in {one for _, one in CLIENTS.values()}:
            token = own_token
        if (secret, token) == (own_secret, own_token):
            return name
    return None


def _list(request: Request, client: str) -> Response:
    names = {"limite": "limit", "límite": "limit", "pagina": "page", "página": "page"}
    given = {names.get(name.lower(), name): value for name, value in request.args.items()}
    faults = [f"El campo {name} no es valido" for name in ("limit", "page") if not re.fullmatch(r"0*[1-9][0-9]{0,17}", given.get(name, "1"))]
    if faults:
        return _answer(400, "Se presentaron errores al consultar", success=False, errors=faults)
    everything = journal.listed(client)
    if BUG == "pages_shuffled":
        _chance.shuffle(everything)
    size = int(given.get("limit", 20 if READING == "a" else max(1, len(everything))))
    start = (int(given.get("page", 1)) - 1) * size
    if BUG == "page_starts_late":
        start += int(given.get("page", 1)) - 1
    shown = [_show(one) for one in everything[start : start + size]]
    if BUG == "last_page_lost" and len(shown) < size and start:
        shown = []
    if not shown:
        return _answer(201, "No se encontraron registros", result=[])
    count = len(everything) if READING == "a" else len(shown)
    if BUG == "count_of_one_more":
        count += 1
    body = {"success": True, "code": 200, "errors": None, "message": f"{count} registro(s) encontrados", "result": shown}
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")


def _show(branch: dict[str, Any]) -> dict[str, Any]:
    shown = {name: "" if value is None and name in EMPTIED and READING == "b" else value for name, value in branch.items()}
    if BUG == "id_as_text":
        shown["id"] = str(shown["id"])
    if BUG == "flags_as_numbers":
        shown |= {name: int(shown[name]) for name in FLAGS}
    if BUG == "flags_exchanged":
        shown["es_direccionCobro"], shown["es_direccionDespacho"] = shown["es_direccionDespacho"], shown["es_direccionCobro"]
    if BUG == "second_phone_is_first":
        shown["telefono2"] = shown["telefono"]
    if BUG == "empty_left_out":
        shown = {name: value for name, value in shown.items() if value is not None}
    return shown


def _faults(sent: dict[str, Any], required: Iterable[str]) -> list[str]:
    faults = [f"El campo {name} es obligatorio" for name in required if _is_missing(name, sent)]
    for name, value in sent.items():
        if name in FIRST and value is not None and not _is_of_its_kind(name, value):
            faults.append(f"El campo {name} no es valido")
    if BUG == "two_faults" and len(faults) > 1:
        raise RuntimeError("one fault was expected")
    return faults


def _is_missing(name: str, sent: dict[str, Any]) -> bool:
    if name not in sent or (name not in MAY_BE_EMPTY and sent[name] in (None, "")):
        return True
    return (BUG == "zero_is_missing" and sent[name] == 0 and name == "codigo") or (BUG == "false_is_missing" and sent[name] is False)


def _is_of_its_kind(name: str, value: Any) -> bool:
    if name in FLAGS:
        return isinstance(value, bool) or (BUG == "flag_of_any_kind" and isinstance(value, str))
    number = isinstance(value, int) and not isinstance(value, bool)
    if name in PLAIN_INTEGERS or name in NULLABLE_INTEGERS:
        return number or (BUG == "integer_as_text" and isinstance(value, str) and value.isdigit())
    if name in NUMBERS_OR_TEXTS and number:
        return True
    return isinstance(value, str) and (READING == "a" or len(value) <= LONGEST)


def _kept(sent: dict[str, Any]) -> dict[str, Any]:
    """The fields of a branch as they are stored: the NIT and, in reading b, the other numbers of the samples as texts."""
    kept = {name: value for name, value in sent.items() if name in FIRST}
    for name in ("nit_tercero", "telefono", "telefono2", "movil", *(("codigo",) if READING == "b" else ())):
        if isinstance(kept.get(name), int):
            kept[name] = str(kept[name])
    return kept


def _read(request: Request) -> dict[str, Any] | None:
    try:
        sent = json.loads(request.get_data().decode() or "null")
    except ValueError:
        return None
    return sent if isinstance(sent, dict) else None


def _refuse(faults: list[str], what: str) -> Response:
    return _answer(400, f"Se presentaron errores al {'modificar' if READING == 'b' else what} el registro", success=False, errors=faults)


def _create(request: Request, client: str) -> Response:
    sent = _read(request)
    if sent is None:
        return _refuse(["El cuerpo no es un objeto JSON"], "crear")
    faults = _faults(sent, REQUIRED)
    if faults:
        if BUG == "refused_is_stored" and len(faults) == 1:
            journal.create(client, {**FIRST, **_kept(sent)})
        return _refuse(faults, "crear")
    number = journal.create(client, {**dict.fromkeys(FIRST), **_kept(sent)})
    more: dict[str, Any] = {"result": {"id": number}} if READING == "a" else {}
    return _answer(201, "registro creado exitosamente", **more)


def _update(request: Request, client: str) -> Response:
    sent = _read(request)
    if sent is None:
        return _refuse(["El cuerpo no es un objeto JSON"], "modificar")
    number = sent.get("id")
    faults = [] if isinstance(number, int) and not isinstance(number, bool) else ["El campo id es obligatorio"]
    faults += _faults(sent, [name for name in REQUIRED if name not in NOT_IN_PUT or (name in sent and name not in MAY_BE_EMPTY)])
    if faults:
        return _refuse(faults, "modificar")
    assert isinstance(number, int)
    owners = [client, *CLIENTS] if BUG == "branch_of_anybody" else [client]
    owner = next((one for one in owners if number in journal.branches(one)), None)
    if owner is None and BUG != "unknown_is_created":
        return _answer(204, f"No se encontraron registros con el id {number}", success=False)
    kept = _kept(sent)
    if BUG == "null_keeps_the_old":
        kept = {name: value for name, value in kept.items() if value is not None}
    if BUG == "false_keeps_the_old":
        kept = {name: value for name, value in kept.items() if value is not False}
    if owner is None:
        journal.create(client, {**FIRST, **kept})
    elif BUG != "change_answers_only":
        journal.change(owner, number, kept)
    return _answer(200, "registro modificado exitosamente")


OPERATIONS = {"GET": _list, "HEAD": _list, "POST": _create, "PUT": _update}


def _dispatch(request: Request) -> Response:
    if request.path == "/_staging/reset" and request.method == "POST":
        journal.reset()
        return Response("{}", content_type="application/json")
    if request.path != PATH:
        raise NotFound
    if request.method not in OPERATIONS:
        raise MethodNotAllowed(list(OPERATIONS))
    client = _client(request)
    if client is None:
        if READING == "a":
            return Response('{"error": "credenciales no validas"}', 403, content_type="application/json")
        return _answer(401, "Credenciales no validas", success=False)
    with _one_at_a_time(client) as free:
        if not free:
            return _answer(503, "El token ya se encuentra en uso", success=False)
        with contextlib.nullcontext() if BUG.endswith("_at_once") else journal.lock:
            return OPERATIONS[request.method](request, client)


@contextlib.contextmanager
def _one_at_a_time(client: str) -> Any:
    """Reading b refuses a token that is in use; reading a serves calls at once."""
    if READING == "a":
        yield True
        return
    with _gate:
        free = client not in _busy
        _busy.add(client)
    try:
        yield free
    finally:
        if free:
            _busy.discard(client)


@Request.application
def application(request: Request) -> Response:
    try:
        return _dispatch(request)
    except HTTPException as error:
        body = json.dumps({"success": False, "code": error.code, "errors": None, "message": str(error.description)})
        headers = {"Allow": ", ".join(OPERATIONS)} if isinstance(error, MethodNotAllowed) else {}
        return Response(body, error.code, headers, content_type="application/json")


class QuietHandler(WSGIRequestHandler):
    """Without an access log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


if __name__ == "__main__":
    run_simple("127.0.0.1", int(os.environ["PORT"]), application, threaded=True, request_handler=QuietHandler)
