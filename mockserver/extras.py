"""Packages that only some commands need, and the extras that install them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.openapi.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULES: Mapping[str, str] = {
    "brotli": "traffic",
    "httpcore": "traffic",
    "ijson": "traffic",
    "openapi_core": "traffic",
    "zstandard": "traffic",
    "mcp": "mcp",
    "opentelemetry": "otel",
    "trustme": "tls",
    "pytest": "verify",
    "requests": "verify",
    "schemathesis": "verify",
    "urllib3": "verify",
}
"""The extra that installs a module, by the module's name."""


def name_extra(error: ModuleNotFoundError, command: str) -> SetupError | None:
    """The refusal of a command that lacks an extra; None if the missing module belongs to none."""
    module = (error.name or "").partition(".")[0]
    extra = MODULES.get(module)
    if extra is None:
        return None
    return SetupError(
        f"`{command}` needs the package {module}; install mockserver with the extra `{extra}`, in a checkout by: pip install -e '.[{extra}]'"
    )
