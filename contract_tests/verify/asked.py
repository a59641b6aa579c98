"""What the contract tests of an API ask of a target: names of known things, roles, sign-ins. Read from the tests themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from contract_tests.verify.session import bearing

if TYPE_CHECKING:
    from contract_tests.verify.contract import Contract

VENDORS = Path(__file__).parent.parent / "vendors"


def _sources(slug: str) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted((VENDORS / slug).glob("*.py")))


def asked_for(slug: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of known things, and the roles that sign in."""
    text = _sources(slug)
    known = {*re.findall(r"known\(\"(\w+)\"\)", text), *re.findall(r"\"\$(\w+)\"", text)}
    logins = {"owner"} if "api.login(" in text else set()
    return tuple(sorted(known)), tuple(sorted(logins | set(re.findall(r"\.login\(\"(\w+)\"\)", text))))


def roles_of(contract: Contract) -> dict[str, tuple[str, ...]]:
    """The roles that tests use, each with the headers that carry credentials."""
    text = _sources(contract.slug)
    named = {*re.findall(r"role=\"(\w+)\"", text), *re.findall(r"credentials\((?:api, )?\"(\w+)\"\)", text)}
    headers = tuple(sorted(bearing(contract.document)))
    return dict.fromkeys(("owner", *sorted(named - {"owner"})), headers)
