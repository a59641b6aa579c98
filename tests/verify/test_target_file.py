"""The target file: its content, and the messages about its errors."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from typing import TYPE_CHECKING

import jsonschema
import pytest

from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.needs import find_needs
from contract_tests.suite.verify.target_file import BadTargetFile, TargetFile, read_target_file
from contract_tests.suite.verify.template import make_schema, make_template
from mockserver.openapi.documents import list_slugs

if TYPE_CHECKING:
    from pathlib import Path

OPERATIONS = {"create_sale": None, "get_wallets": None}


def read(folder: Path, text: str) -> TargetFile:
    path = folder / "contract.toml"
    path.write_text(text)
    return read_target_file(path, OPERATIONS)


def test_every_setting_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER_KEY", "s3cret")
    found = read(
        tmp_path,
        """
        api = "monedero"
        base_url = "https://api.example.com/v1/"
        also = ["https://pay.example.com"]
        [tls]
        verify = false
        [credentials.owner]
        Authorization = "Bearer ${OWNER_KEY}"
        [logins.owner]
        username = "ana"
        [known]
        wallet = "w-1"
        cashier = 7
        [limits]
        timeout = 2.5
        rate = 3
        [limits.rates]
        create_sale = 0.5
        [exclude]
        operations = ["get_wallets"]
        [hooks]
        advance = ["./clock", "{duration}"]
        reset = "POST https://staging.example.com/reset"
        [[deviations]]
        finding = "a | b | /"
        reason = "old clients"
        owner = "billing"
        expires = 2027-01-31
        """,
    )
    assert found.base_url == "https://api.example.com/v1"
    assert found.also == ("https://pay.example.com",)
    assert found.verify is False
    assert found.credentials == {"owner": {"Authorization": "Bearer s3cret"}}
    assert found.known == {"wallet": "w-1", "cashier": "7"}
    assert found.limits == {"timeout": 2.5, "rate": 3.0, "rates": {"create_sale": 0.5}}
    assert found.excluded == {"get_wallets"}
    assert found.hooks == {"advance": ("./clock", "{duration}"), "reset": "POST https://staging.example.com/reset"}
    assert found.deviations[0].expires == dt.date(2027, 1, 31)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('bas_url = "https://x.example"', "line 1: bas_url is not known; did you mean base_url?"),
        ("[credential]\n", "line 1: credential is not known; did you mean credentials?"),
        ('base_url = "x.example"', "line 1: base_url must be a URL"),
        ("base_url = 7", "line 1: base_url must be a text in quotes, not 7"),
        ('[tls]\nverify = "no"', "line 2: tls.verify must be true or false"),
        ('[tls]\nca_file = "none.pem"', "line 2: tls.ca_file names"),
        ('[credentials.owner]\n\nAuthorization = "${NOT_SET}"', "line 3: credentials.owner.Authorization needs the environment variable NOT_SET"),
        ('credentials = "abc"', "line 1: credentials must be a table"),
        ("[limits]\ntimeout = 0", "line 2: limits.timeout must be above 0"),
        ("[limits]\nserver_errors = 2.5", "line 2: limits.server_errors must be a whole number"),
        ("[limits]\nrate = true", "line 2: limits.rate must be a number"),
        (
            "[limits.rates]\ncreate_sales = 1",
            "line 2: limits.rates.create_sales names create_sales, which is no operation; did you mean create_sale?",
        ),
        ('[exclude]\noperations = ["nothing"]', "line 2: exclude.operations names nothing, which is no operation"),
        ('[hooks]\nadvance = "./clock"', "line 2: hooks.advance must be a method and a URL"),
        ("[hooks]\nadvance = []", "line 2: hooks.advance must not be empty"),
        ('[hooks]\nrewind = ["a"]', "line 2: hooks.rewind is not known"),
        ('[[deviations]]\nfinding = "a"\nreason = "b"\nowner = "c"', "line 1: deviations needs expires"),
        ('[[deviations]]\nfinding = "a"\nreason = "b"\nowner = "c"\nexpires = "soon"', "line 5: deviations.expires must be a day"),
        ('[[deviations]]\nfinding = "a"\nreason = " "\nowner = "c"\nexpires = 2027-01-31', "line 3: deviations.reason must not be empty"),
        ('[[deviations]]\nfindings = "a"', "line 2: deviations.findings is not known; did you mean finding?"),
        ("base_url = ", "is not TOML"),
    ],
)
def test_an_error_is_reported_with_its_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadTargetFile) as error:
        read(tmp_path, text)
    assert said in str(error.value)
    assert "contract.toml" in str(error.value)


def test_a_file_that_is_missing_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BadTargetFile, match="cannot be read"):
        read_target_file(tmp_path / "none.toml", OPERATIONS)


@pytest.mark.parametrize("slug", list_slugs())
def test_the_file_that_init_writes_can_be_read_and_names_what_the_tests_ask_for(tmp_path: Path, slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = Contract(slug)
    needs = find_needs(contract)
    text = make_template(
        contract, needs, "https://api.example.com", proposals={needs.known[0].name: 'a "quoted" one'} if needs.known[0].source else {}
    )
    for header in needs.headers:
        monkeypatch.setenv(f"OWNER_{header.replace('-', '_').upper()}", "value")
    path = tmp_path / "contract.toml"
    path.write_text(text)
    found = read_target_file(path, contract.operations)
    assert found.api == slug
    assert set(found.credentials["owner"]) == set(needs.headers)
    proposed = {needs.known[0].name: 'a "quoted" one'} if needs.known[0].source else {}
    assert found.known == proposed
    assert all(f"# {one.name} = " in text for one in needs.known if one.name not in proposed)
    assert all(one.says and f"# {one.says}" in text for one in needs.known)
    assert all(says and f"# {says}" in text for says in (*needs.roles.values(), *needs.logins.values()))
    schema = make_schema(contract, needs)
    jsonschema.Draft7Validator.check_schema(schema)
    checked = jsonschema.Draft7Validator(schema)
    filled = re.sub(r"^# (\w[\w-]* = |\[)", r"\1", text, flags=re.MULTILINE)  # every line that a comment offers
    assert [
        error.message
        for error in checked.iter_errors(
            tomllib.loads(
                filled.replace('some_operation"', f'{next(iter(contract.operations))}"').replace(
                    "some_operation =", f"{next(iter(contract.operations))} ="
                )
            )
        )
    ] == []
    assert not checked.is_valid({"api": slug, "bas_url": "https://api.example.com"})
    assert not checked.is_valid({"api": slug, "exclude": {"operations": ["no_such"]}})
