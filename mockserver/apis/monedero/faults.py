"""Monedero's refusals: ``success`` false, ``message``, ``status`` and ``code`` (monedero.D04). Codes and messages stand in the document."""

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
    UnsupportedMedia,
    VendorFault,
)

_TEXTS: dict[type[Fault], str] = {
    Malformed: "La solicitud no se puede leer.",
    NotFound: "La ruta no existe.",
    MethodNotAllowed: "El método no está permitido.",
    TooLarge: "La solicitud es demasiado grande.",
    UnsupportedMedia: "El contenido debe ser application/x-www-form-urlencoded.",
    Unauthenticated: "Usuario no autorizado",
}


def render_fault(fault: Fault, fault_context: FaultContext) -> Reply:
    """The reply to a fault, in Monedero's envelope. A fault without a code of the vendor gets ``http_`` and the status."""
    error = fault_context.documented(fault)
    if error is None:
        return _refusal(fault.status, f"http_{fault.status}", _TEXTS.get(type(fault), "Parámetro inválido."))
    status = error.status if isinstance(fault, VendorFault | Invalid | Unauthenticated) else fault.status
    return _refusal(status, error.code, error.message)


def _refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"success": False, "message": message, "status": status, "code": code})
