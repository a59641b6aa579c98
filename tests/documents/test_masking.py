"""Secrets: every kind is hidden in every place in which traffic is written or shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from contract_tests.suite.harness import Target
from contract_tests.suite.harness.findings import Exchange, Finding
from contract_tests.suite.verify.cause import Cause
from contract_tests.suite.verify.masking import TargetMask
from contract_tests.suite.verify.report.evidence import curl_script, describe_exchange, har
from contract_tests.traffic.exchange import HttpMessage, RecordedExchange
from contract_tests.traffic.proxy.record import har_entry
from mockserver.openapi.documents import load_document
from mockserver.openapi.masking import MASK, Mask

KNOWN = "Tr0ub4dor&3-horse"
OTHER = "q7Zp-unknown-9x"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
NAMES = """password passcode new_passwd card_number cardNumber cvv cvc card_cvc2 pin otp private_key jwt api-key token refreshToken client_secret
credential contraseña clave""".split()
CREDENTIALS = {"owner": {"secretkey": KNOWN, "x-page": "1"}}
TARGET = Target("serpi", "https://x.example.com", CREDENTIALS, logins={"owner": {"username": "ana", "password": "abc"}})


def exchange(headers: dict[str, str], body: str, query: str = "") -> Exchange:
    url = f"https://x.example.com/a{query}"
    return Exchange("POST", url, headers, body.encode(), 200, {"content-type": headers["content-type"]}, body.encode(), 0.1, "a")


def as_report(sent: Exchange) -> str:
    return json.dumps(describe_exchange(sent, TargetMask(TARGET)))


def as_har(sent: Exchange) -> str:
    return json.dumps(har([sent], TargetMask(TARGET), "", ""))


def as_script(sent: Exchange) -> str:
    return curl_script(Cause("k", Finding("c", "a", "s", None, None, "", None, None, (sent,)), "laws"), TargetMask(TARGET))


def as_recording(sent: Exchange) -> str:
    request = HttpMessage((*sent.request_headers.items(), ("secretkey", KNOWN)), sent.request_body)
    answer = HttpMessage(tuple(sent.response_headers.items()), sent.response_body)
    return json.dumps(har_entry(RecordedExchange(1, sent.method, sent.url, request, sent.status, answer), load_document("serpi").mask, 1.0))


PLACES = pytest.mark.parametrize("write", [as_report, as_har, as_script, as_recording])


@PLACES
@pytest.mark.parametrize("name", NAMES)
def test_what_has_the_name_of_a_secret_is_hidden_everywhere(write: Callable[[Exchange], str], name: str) -> None:
    as_json = exchange({"content-type": "application/json", "x-api-key": OTHER}, json.dumps({"a": [{name: OTHER}]}, ensure_ascii=False))
    as_form = exchange({"content-type": "application/x-www-form-urlencoded"}, f"b=1&{quote(name)}={OTHER}", f"?{quote(name)}={OTHER}")
    for sent in (as_json, as_form):
        assert OTHER not in write(sent)


@PLACES
@pytest.mark.parametrize(
    "written",
    [KNOWN, KNOWN.upper(), KNOWN[:9], KNOWN[:-1], quote(KNOWN, safe=""), base64.b64encode(f"owner:{KNOWN}".encode()).decode(), JWT],
    ids=["plain", "folded", "prefix", "cut", "percent", "base64", "signed"],
)
def test_a_known_credential_is_hidden_in_every_form(write: Callable[[Exchange], str], written: str) -> None:
    sent = exchange({"content-type": "text/plain", "x-echo": f"<{written}>"}, f"it was {written}, indeed", f"?q={quote(written)}")
    text = write(sent)
    assert written not in text
    if written != JWT:
        assert base64.b64encode(KNOWN.encode()).decode()[:12] not in text


@PLACES
def test_a_short_value_is_hidden_under_its_name_only(write: Callable[[Exchange], str]) -> None:
    sent = exchange({"content-type": "application/json"}, '{"password": "abc", "note": "abc 1 abcd", "count": 1}')
    text = write(sent).replace("\\", "")
    assert '"note": "abc 1 abcd", "count": 1' in text
    assert '"password": "abc"' not in text


def test_a_script_takes_what_is_known_from_variables() -> None:
    sent = exchange({"content-type": "application/json", "secretkey": KNOWN}, '{"password": "abc", "page": 1}')
    script = as_script(sent)
    assert '"$OWNER_SECRETKEY"' in script
    assert '"$OWNER_PASSWORD"' in script
    assert ': "${OWNER_PASSWORD:?}"' in script


@pytest.mark.parametrize("name", ["token_type", "tokens", "cvc_check", "claveProdServ", "pincode", "shipping", "page"])
def test_a_name_that_only_looks_like_a_secret_is_shown(name: str) -> None:
    assert Mask().value({name: "visible"}) == {name: "visible"}


def test_a_text_that_cannot_be_parsed_hides_what_stands_behind_a_telling_name() -> None:
    assert Mask().body('{"password": "horse", broken', "application/json") == f'{{"password": "{MASK}", broken'
    assert Mask().body("[" * 100_000, "application/json") == "[" * 100_000


def test_of_a_long_value_the_first_word_is_shown_unless_the_text_is_cut_there() -> None:
    mask = Mask(values=["monedero-demo-apikey"])
    assert mask.text("/monedero/v1") == "/monedero/v1"
    assert [mask.text(f"key moneder{end}") for end in ("o-…", "o …", "o-demo-a is")] == [f"key {MASK}{end}" for end in ("…", " …", " is")]


def test_what_holds_no_secret_keeps_its_bytes() -> None:
    for text, kind in [('{"a":1,  "b":1e2}', "application/json"), ("a=%7e&b=+", "application/x-www-form-urlencoded"), ("x", "text/plain")]:
        assert Mask(values=[KNOWN]).body(text, kind) == text
