"""Names of worlds, and of headers that several layers use."""

from __future__ import annotations

import re

DEFAULT = "default"
NOTICE = "X-Mock-Notice"
"""The header that informs a caller about dropped worlds."""
BOOT = "X-Mock-Boot"
"""The header of answers of the control plane that says which start of the server answers, and whether its worlds outlive it."""
UNDOCUMENTED = "X-Mock-Undocumented"
"""The header of a refusal whose status the document of its operation does not have; its value is that status."""
BASIS = "X-Mock-Basis"
"""The header of answers of a served document that says what they rest on, and why."""
ADJUSTED = "X-Mock-Adjusted"
"""The header that names the places at which an answer differs from the record that is stored."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def is_world_name(name: str) -> bool:
    """Whether a text can name a world: 1 to 64 letters, digits, dots, dashes and underscores, starting with a letter or digit."""
    return _NAME.fullmatch(name) is not None
