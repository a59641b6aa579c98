"""Set-up: a target file that explains what it asks for, proposes what can be read, and is examined before a run."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.target import own_records
from contract_tests.suite.verify.asked import _read_sources, find_names, find_roles
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.needs import KnownName, Needs, find_needs, find_unfit
from mockserver.openapi.documents import list_slugs
from tests.verify.conftest import verify
from tests.verify.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Server

OWNER = {"OWNER_SECRETKEY": "serpi-demo-secretkey", "OWNER_AUTHORIZATION": "Bearer serpi-demo-token"}
OTHER = {"OTHER_SECRETKEY": "serpi-other-secretkey", "OTHER_AUTHORIZATION": "Bearer serpi-other-token"}


def kept(node: Any) -> Iterator[str]:
    """The names that steps of recipes keep for themselves, which a target file need not have."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "keep" and isinstance(value, dict):
                yield from value
            elif name == "as" and isinstance(value, str):
                yield value
            yield from kept(value)
    elif isinstance(node, list):
        for value in node:
            yield from kept(value)


@pytest.mark.parametrize("slug", list_slugs())
def test_every_name_that_tests_ask_for_is_described_and_no_other_is_offered(slug: str) -> None:
    contract = Contract(slug)
    raw, needs = contract.document.raw, find_needs(contract)
    declared = {"paths": raw["paths"], **{name: raw.get(name) for name in ("x-resource", "x-state-machine", "x-tenants")}}
    text = json.dumps(declared)
    named = {*find_names(contract)[0], *re.findall(r"\bknown\.(\w+)", text), *re.findall(r'"\$([a-z]\w*)"', text)}
    asked = named - {"ref", *kept(declared)}
    described = {one.name for one in needs.known}
    assert asked - {"subscription"} <= described
    in_a_table = {name for name in described if f'"{name}"' in _read_sources(contract)}
    assert described - named - in_a_table <= {"subscription", *own_records(slug)}
    assert set(find_roles(contract)) <= set(needs.roles)
    refused = {role for scheme in contract.document.security_schemes.values() for role in scheme.get("x-refused-roles", {}).values()}
    assert refused | {raw["x-tenants"]["other"]} - {None} <= set(needs.roles) if "x-tenants" in raw else refused <= set(needs.roles)


@pytest.mark.parametrize("slug", list_slugs())
def test_conditions_and_reads_name_what_there_is(slug: str) -> None:
    contract = Contract(slug)
    needs = find_needs(contract)
    names = {one.name for one in needs.known}
    for one in needs.known:
        assert set(one.differs) <= names - {one.name}
        if one.source is not None:
            assert contract.operations[one.source["call"]].is_safe
            assert one.source.get("role", "owner") in needs.roles


def test_a_sign_in_is_offered_with_the_fields_that_it_asks_for() -> None:
    assert find_needs(Contract("troyansys")).login_fields == ("email", "password")
    assert find_needs(Contract("backoffice")).login_fields == ("username", "password")
    assert find_needs(Contract("serpi")).logins == {}


def test_init_tries_credentials_proposes_known_ids_and_keeps_secrets_out(tmp_path: Path, server: Server) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    with plain(server.url, "serpi", tmp_path) as url:
        done = verify(folder, "serpi", "--init", "--url", url, "--credential", "empty.secretkey=wrong-key-of-mine", **OWNER, **OTHER)
        assert done.code == 0, done.err
        text = (folder / "contract.toml").read_text()
        assert "role owner: usable; list_sucursales answered 200" in done.out
        assert "role empty: refused" in done.out
        assert "mockserver verify serpi --doctor" in done.out
        assert not [secret for secret in (*OWNER.values(), *OTHER.values(), "wrong-key-of-mine") if secret in text + done.out + done.err]
        found = tomllib.loads(text)
        assert found["known"]["branch"] == "2317"
        assert found["known"]["foreign_branch"] == "2300"
        assert found["credentials"]["other"]["secretkey"] == "${OTHER_SECRETKEY}"
        assert "# A client with a few branches of its own" in text
        assert text.startswith("#:schema ./contract.schema.json")
        assert json.loads((folder / "contract.schema.json").read_text())["properties"]["known"]["properties"]["branch"]["description"]
        again = verify(folder, "serpi", "--level", "quick", EMPTY_SECRETKEY="wrong-key-of-mine", EMPTY_AUTHORIZATION="wrong", **OWNER, **OTHER)
    assert again.code == 0, again.out
    assert again.report["findings"] == []


def test_init_says_what_it_does_not_understand(tmp_path: Path) -> None:
    done = verify(tmp_path, "serpi", "--init", "--credential", "owner.token=x")
    assert done.code == 2
    assert "write ROLE.HEADER=VALUE, with a role of owner, empty, other and a header of Authorization, secretkey" in done.err
    assert "=x" not in done.err


def test_doctor_says_what_is_missing_and_for_which_clauses(tmp_path: Path, server: Server) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        file = tmp_path / "contract.toml"
        lines = [line for line in file.read_text().splitlines() if not line.startswith('"foreign_branch"')]
        file.write_text("\n".join(lines).replace("serpi-empty-secretkey", "wrong-key-of-mine"))
        done = verify(tmp_path, "serpi", "--url", url, "--doctor")
    assert done.code == 0, done.err
    assert "role demo: usable (list_sucursales answered 200)" in done.out
    assert (
        "missing: role empty: the credentials of the role empty are refused by every read that it may make: list_sucursales answered 401" in done.out
    )
    assert "missing: known foreign_branch: not given. The id of a branch of another client, which the first role must not see." in done.out
    assert re.search(r"known foreign_branch: .* Needed for 1 clause: serpi\.update_sucursal\.e2", done.out)
    assert re.search(r"19 clauses: \d+ can be judged with what is given, \d+ lack something", done.out)
    assert "wrong-key-of-mine" not in done.out + done.err


def needs_of(*known: KnownName) -> Needs:
    return Needs({}, (), {}, (), known)


def test_names_that_must_differ_are_unfit_if_they_do_not() -> None:
    needs = needs_of(KnownName("a", differs=("b",)), KnownName("b", differs=("a", "c")), KnownName("c", differs=("b",)))
    assert find_unfit(needs, {"a": "1", "b": "2", "c": "3"}) == {}
    assert find_unfit(needs, {"a": "1"}) == {}
    assert find_unfit(needs, {"a": "1", "b": "1", "c": "3"}) == {"a": "a and b under [known] are both 1, and must differ"}


def test_a_known_record_that_breaks_its_condition_is_not_observable_and_no_finding(tmp_path: Path, server: Server) -> None:
    with plain(server.url, "serpi", tmp_path) as url:
        file = tmp_path / "contract.toml"
        file.write_text(re.sub(r'"foreign_branch" = ".*"', '"foreign_branch" = "2317"', file.read_text()))
        done = verify(tmp_path, "serpi", "--url", url, "--level", "quick")
    assert done.code == 0, done.out
    assert done.report["findings"] == []
    assert "foreign_branch and branch under [known] are both 2317, and must differ; what needs it is not observable here" in done.err
    api = ApiClient(Target("serpi", "http://127.0.0.1:9", known={"foreign_branch": "2317"}, unfit={"foreign_branch": "it must differ"}))
    with pytest.raises(pytest.skip.Exception, match="not observable here: it must differ"):
        api.known("foreign_branch")
    api.close()
