"""What SERPI keeps: clients, who own credentials, and their branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver import Table, Transaction, Unauthenticated, Unavailable


@dataclass(frozen=True, slots=True)
class Client:
    id: int
    name: str
    secretkey: str
    token: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a third party, in the vendor's field names. Phones are text, empty if there is none."""

    id: int
    client_id: int
    id_tercero: int
    nit_tercero: str
    codigo: int | str
    referencia_sucursal: str
    descripcion: str
    direccion: str
    direccion2: str
    telefono: str
    telefono2: str
    ext: int | str | None
    ext2: int | str | None
    movil: str
    id_ciudad: int
    codigo_ciudad: str
    id_departamento: int
    codigo_departamento: str
    id_pais: int
    codigo_pais: str
    id_vendedor: int
    id_cobrador: int | str | None
    es_direccionCobro: bool  # noqa: N815 - the vendor's spelling
    es_direccionDespacho: bool  # noqa: N815 - the vendor's spelling


CLIENTS = Table("serpi.clients", Client, {"secretkey": "secretkey", "token": "token"})
BRANCHES = Table("serpi.branches", Branch, {"client": "client_id"}, references={"client_id": "serpi.clients"}, ids="serpi.branch")

_TEXTS = ("referencia_sucursal", "direccion2", "telefono", "telefono2", "movil")
_NUMBERS_AS_TEXT = ("nit_tercero", "telefono", "telefono2", "movil")
LEFT_OUT: dict[str, Any] = {"direccion2": "", "telefono2": "", "movil": "", "ext": None, "ext2": None, "id_cobrador": None}
"""The optional fields of a branch as they are stored if they are not sent."""
_FIELDS = tuple(name for name in Branch.__slots__ if name not in ("id", "client_id"))

ERP = "serpi.erp"
"""The service that stands behind all three calls; while it is down they are answered 503, as the vendor's table of statuses says of maintenance."""


def verify_secretkey(world: Transaction, credential: str) -> Client:
    """The client to whom a secretkey was given. Raises Unavailable while the ERP is down."""
    if world.is_down(ERP):
        raise Unavailable("the ERP is down")
    client = world.table(CLIENTS).find("secretkey", credential)
    if client is None:
        raise Unauthenticated("secretkey")
    return client


def verify_token(world: Transaction, credential: str) -> Client:
    """The client to whom a token was issued."""
    client = world.table(CLIENTS).find("token", credential)
    if client is None:
        raise Unauthenticated("token")
    return client


def same_client(identities: Mapping[str, Any]) -> Client:
    """The caller: secretkey and token have to be of one client."""
    client: Client = identities["bearer"]
    if identities["secretkey"] != client:
        raise Unauthenticated("token", "of another client than the secretkey")
    return client


def stored(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a body as they are stored: null texts become empty (serpi.D26), phones and tax ids become text (serpi.D07, serpi.D10)."""
    values = {name: body[name] for name in _FIELDS if name in body}
    for name in _TEXTS:
        if name in values and values[name] is None:
            values[name] = ""
    for name in _NUMBERS_AS_TEXT:
        if name in values:
            values[name] = str(values[name])
    return values
