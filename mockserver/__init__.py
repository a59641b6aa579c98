"""A mock server that plays real vendors' HTTP APIs by their documents.

These are the names that a vendor's package needs; :func:`mockserver.app.create_app` makes the server.
"""

from mockserver.core.base.faults import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    MockBug,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    VendorFault,
)
from mockserver.core.base.replies import Reply
from mockserver.core.operation.api import Api, Credential, DeferredViolations, FaultContext
from mockserver.openapi.errors import SetupError, Violation

__all__ = [
    "Api",
    "Conflict",
    "Credential",
    "DeferredViolations",
    "Fault",
    "FaultContext",
    "Forbidden",
    "Invalid",
    "Malformed",
    "MethodNotAllowed",
    "MockBug",
    "NotFound",
    "Reply",
    "SetupError",
    "TooLarge",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedMedia",
    "VendorFault",
    "Violation",
]
