"""A mock server that plays real vendors' HTTP APIs by their documents.

These are the names that a vendor's package needs; :func:`mockserver.app.create_app` makes the server.
"""

from mockserver.core.api import Api, Credential, Late, Situation
from mockserver.core.faults import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    MockBug,
    NotFound,
    SetupError,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    VendorFault,
    Violation,
)
from mockserver.core.reply import Reply

__all__ = [
    "Api",
    "Conflict",
    "Credential",
    "Fault",
    "Forbidden",
    "Invalid",
    "Late",
    "Malformed",
    "MethodNotAllowed",
    "MockBug",
    "NotFound",
    "Reply",
    "SetupError",
    "Situation",
    "TooLarge",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedMedia",
    "VendorFault",
    "Violation",
]
