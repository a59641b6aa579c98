"""Credentials are tried first, role by role: a wrong secret of the target file is no finding at the target."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.verify.conftest import verify
from tests.verify.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server
    from tests.verify.conftest import Done


def judged(folder: Path, server: Server, slug: str, *spoilt: str, level: str = "quick") -> Done:
    """A run at a target whose target file has wrong secrets for some roles."""
    with plain(server.url, slug, folder) as url:
        file = folder / "contract.toml"
        text = file.read_text()
        for role in spoilt:
            before, header, after = text.partition(f'[credentials."{role}"]\n')
            mine, bracket, rest = after.partition("\n[")
            text = before + header + re.sub(r'= ".*"', '= "wrong-secret-of-mine"', mine) + bracket + rest
        file.write_text(text)
        return verify(folder, slug, "--url", url, "--level", level)


def roles(done: Done) -> dict[str, str]:
    return {one["role"]: one["state"] for one in done.report["roles"]}


@pytest.mark.parametrize(("slug", "role"), [("serpi", "empty"), ("monedero", "no_balance")])
def test_a_role_with_a_wrong_secret_is_no_finding_and_its_clauses_are_not_exercised(tmp_path: Path, server: Server, slug: str, role: str) -> None:
    done = judged(tmp_path, server, slug, role)
    assert done.code == 0, done.out
    assert roles(done)[role] == "refused"
    assert "usable" in roles(done).values()
    assert done.report["findings"] == done.report["unconfirmed"] == []
    assert f"role {role}: the credentials of the role {role} are refused by every read that it may make" in done.out
    reasons = [one["reason"] for one in done.report["clauses"]["not_exercised"]]
    assert any(f"the credentials of the role {role} are refused" in reason for reason in reasons)


def test_if_the_first_role_is_refused_what_needs_another_is_still_judged(tmp_path: Path, server: Server) -> None:
    done = judged(tmp_path, server, "serpi", "demo")
    assert done.report["findings"] == []
    assert done.code in (0, 2)  # 2 if no clause needs another role alone
    assert done.report["verdict"] != "conforms"


def test_without_any_role_that_works_the_target_could_not_be_judged(tmp_path: Path, server: Server) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        file = tmp_path / "contract.toml"
        file.write_text(re.sub(r'("(?:secretkey|Authorization)") = ".*"', r'\1 = "wrong"', file.read_text()))
        done = verify(tmp_path, "serpi", "--url", url, "--level", "quick")
    assert done.code == 2
    assert "are refused by every read that it may make: list_sucursales answered 401; correct the credentials of the target file" in done.err


def test_roles_that_are_to_be_refused_are_tried_by_the_checks(tmp_path: Path, server: Server) -> None:
    done = judged(tmp_path, server, "troyansys")
    assert done.code == 0, done.out
    assert roles(done)["expired"] == "refused as it should be"
    assert "refused" not in roles(done).values()
