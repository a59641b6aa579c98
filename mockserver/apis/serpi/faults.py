"""SERPI's envelope around every refusal: ``success``, ``code``, ``errors``, ``message``.

The page prints two refusals, both of the change; the texts of the others are ours (serpi.D16, serpi.D29).
"""

from __future__ import annotations

from mockserver import (
    Fault,
    FaultContext,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Reply,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    Violation,
)

_INTRODUCTIONS = {
    "list_sucursales": "Se presentaron errores al consultar los registros",
    "create_sucursal": "Se presentaron errores al crear el registro",
    "update_sucursal": "Se presentaron errores al modificar el registro",
}
_UNREADABLE = "El cuerpo o la consulta no se puede leer"
_TEXTS: dict[type[Fault], str] = {
    Unauthenticated: "Credenciales no válidas",
    NotFound: "El recurso solicitado no se ha encontrado en el servidor",
    MethodNotAllowed: "El método no está permitido",
    TooLarge: "La solicitud es demasiado grande",
    UnsupportedMedia: "El contenido debe ser application/json",
    Unavailable: "El servicio no está disponible",
}


class UnknownBranch(Fault):
    """No branch of the client has this id: body code 204 under HTTP 200 (serpi.D04)."""

    status = 200

    def __init__(self, branch_id: int) -> None:
        super().__init__(f"no branch {branch_id}")
        self.branch_id = branch_id


def render_fault(fault: Fault, fault_context: FaultContext) -> Reply:
    """A fault in SERPI's envelope. Source: "API Modificar(PUT)", responses."""
    if isinstance(fault, UnknownBranch):
        return _refusal(200, 204, None, f"No se encontraron registros con el id {fault.branch_id}")
    if isinstance(fault, Invalid | Malformed):
        message = _INTRODUCTIONS.get(fault_context.operation_id or "", "La solicitud no es válida")
        errors = list(dict.fromkeys(map(_sentence, fault.violations))) if isinstance(fault, Invalid) else [_UNREADABLE]
        return _refusal(400, 400, errors, message)
    return _refusal(fault.status, fault.status, None, _TEXTS.get(type(fault), "No se puede atender la solicitud"))


def _refusal(status: int, code: int, errors: list[str] | None, message: str) -> Reply:
    return Reply(status, {"success": False, "code": code, "errors": errors, "message": message})


def _sentence(violation: Violation) -> str:
    if not violation.field:
        return "El cuerpo debe ser un objeto"
    if violation.keyword == "required":
        return f"El campo {violation.field} es obligatorio"
    return f"El campo {violation.field} no es válido"
