"""Troyansys' refusals in the shape of its framework: ``message``, and ``errors`` by field if validation failed.

The page prints no body of a refusal (troyansys.D04). Texts of refusals by state are in the document; those of validation are made here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    Violation,
)

BODY = "body"
"""The name under which a fault of the body as a whole is listed."""

_TEXTS: dict[type[Fault], str] = {
    NotFound: "La ruta no existe.",
    MethodNotAllowed: "El metodo no esta permitido.",
    TooLarge: "La solicitud es demasiado grande.",
    UnsupportedMedia: "El contenido debe ser application/json.",
}
_VIOLATIONS = {
    "required": "El campo {} es obligatorio.",
    "minLength": "El campo {} es obligatorio.",
    "maxLength": "El campo {} es demasiado largo.",
    "format": "El campo {} debe ser una direccion de correo valida.",
    "minItems": "El campo {} no debe estar vacio.",
    "maxItems": "El campo {} tiene demasiados elementos.",
}
_OTHER_VIOLATION = "El campo {} no es valido."


class Rejected(VendorFault):
    """Fields that are well formed but do not fit the state: the code of a documented error by field. The first one is that of the refusal."""

    kind = "rejected"
    status = 422

    def __init__(self, codes: Mapping[str, str]) -> None:
        super().__init__(next(iter(codes.values())))
        self.args = (", ".join(f"{field}: {code}" for field, code in codes.items()),)
        self.codes = codes


def render_fault(fault: Fault, fault_context: FaultContext) -> Reply:
    """A fault in the shape of the framework; a missing company header is a restriction, no lack of authentication (troyansys.D09)."""
    if isinstance(fault, Rejected):
        return _validation({field: [fault_context.errors[code].message] for field, code in fault.codes.items()})
    if isinstance(fault, Invalid):
        return _validation(_by_field(fault.violations))
    if isinstance(fault, Malformed):
        return _validation({BODY: ["La solicitud no se puede leer."]})
    if isinstance(fault, Unauthenticated) and fault.scheme == "company":
        fault = VendorFault("tenant_restringido")
    error = fault_context.documented(fault)
    if error is not None and error.status == Rejected.status:
        return _validation({BODY: [error.message]})  # asked for by its code alone, so of no field
    if error is not None:
        return Reply(error.status, {"message": error.message})
    return Reply(fault.status, {"message": _TEXTS.get(type(fault), "No se puede atender la solicitud.")})


def _validation(errors: Mapping[str, Sequence[str]]) -> Reply:
    texts = [text for field in errors.values() for text in field]
    more = len(texts) - 1
    message = texts[0] + (f" (y {more} error{'es' if more > 1 else ''} mas)" if more else "")
    return Reply(422, {"message": message, "errors": dict(errors)})


def _by_field(violations: Sequence[Violation]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for violation in violations:
        name = violation.pointer[1:].replace("/", ".") or BODY
        text = _VIOLATIONS.get(violation.keyword, _OTHER_VIOLATION).format(name)
        if text not in errors.setdefault(name, []):
            errors[name].append(text)
    return errors
