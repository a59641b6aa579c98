"""A target that repeats every part of every request, in several forms: no report, script, recording or line of the terminal shows a credential."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.harness import Target
from contract_tests.suite.harness.findings import Exchange, Finding
from contract_tests.suite.verify.cause import Cause
from contract_tests.suite.verify.masking import TargetMask
from contract_tests.suite.verify.report.evidence import curl_script
from tests.verify.conftest import Done, verify
from tests.verify.servers import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.verify.servers import Handler

FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "reversed": lambda text: text[::-1],
    "in the other case": str.swapcase,
    "without its end": lambda text: text[:-2],
    "without its beginning": lambda text: text[2:],
    "in Base64": lambda text: base64.b64encode(text.encode()).decode(),
}
OWNER = {"Authorization": "Bearer tok-vendor-ALPHA-c0ffee11", "secretkey": "sk-vendor-ALPHA-7f3a91"}
OTHER = {"Authorization": "Bearer tok-vendor-BETA-deadbeef22", "secretkey": "sk-vendor-BETA-55d0e2"}
SECRETS = [value.rpartition(" ")[2] for role in (OWNER, OTHER) for value in role.values()]


def echoes(text: str) -> Iterator[str]:
    for form in FORMS.values():
        yield form(text)
        yield from (form(word) for word in text.split() if word != text)


def echo(handler: Handler) -> None:
    """Repeat method, path, headers and body, each in every form, in a body that is sometimes a success and sometimes none, and in headers."""
    parts = [handler.command, handler.path, *handler.headers.values(), handler.body.decode("latin-1")]
    said = [one for part in parts for one in echoes(part)]
    body = {"success": True, "message": " ".join(said)[:20_000], "result": [{name: name for name in said[:200]}], "count": said}
    status = 200 if handler.command == "GET" else 400
    if handler.headers.get("secretkey") == OTHER["secretkey"]:
        body, status = {"detail": said}, 500
    handler.answer(status, json.dumps(body).encode(), X_Echo=re.sub(r"[^\x20-\x7e]", "?", " ".join(said))[:4_000])


def judge(folder: Path, level: str) -> Done:
    roles = "".join(
        f"[credentials.{role}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in headers.items())
        for role, headers in (("owner", OWNER), ("other", OTHER), ("empty", OTHER))
    )
    (folder / "contract.toml").write_text(f'{roles}[known]\nbranch = "1"\nforeign_branch = "2"\nunknown_branch = "9"\n')
    with serving(echo) as origin:
        return verify(folder, "serpi", "--url", f"{origin}/serpi/api/v1", "--level", level, "--time-budget", 120)


SIGN_IN = {"email": "cliente@example.com", "password": "Clave-De-Prueba-8c41"}
HEADERS = {"Authorization": "Bearer 7|tok-session-5be0a1c9", "X-API-Key": "key-company-93d20f7e", "X-Company-Id": "4711"}
ISSUED = "8|tok-issued-c7713e05"
"""A token that the target gives for a sign-in."""


def echo_and_sign_in(handler: Handler) -> None:
    """Repeat every part of a request, and give a token for a sign-in."""
    parts = [handler.command, handler.path, *handler.headers.values(), handler.body.decode("latin-1")]
    said = [one for part in parts for one in echoes(part)]
    body = {"message": " ".join(said)[:20_000], "token": ISSUED, "token_type": "Bearer", "expires_at": "2030-01-01T00:00:00-05:00", "user": said[:50]}
    handler.answer(200, json.dumps({**body, "data": [{name: name for name in said[:100]}]}).encode())


def judge_sign_in(folder: Path, level: str) -> Done:
    headers = "".join(f"{name} = {json.dumps(value)}\n" for name, value in HEADERS.items())
    login = "".join(f"{name} = {json.dumps(value)}\n" for name, value in SIGN_IN.items())
    (folder / "contract.toml").write_text(f"[credentials.owner]\n{headers}[logins.owner]\n{login}")
    with serving(echo_and_sign_in) as origin:
        return verify(folder, "troyansys", "--url", f"{origin}/api/v1", "--level", level, "--time-budget", 120)


LEVELS = ["quick", pytest.param("standard", marks=pytest.mark.slow)]


@pytest.mark.parametrize("level", LEVELS)
def test_no_file_and_no_line_shows_a_credential(tmp_path: Path, level: str) -> None:
    assert_hidden(judge(tmp_path, level), SECRETS)


@pytest.mark.parametrize("level", LEVELS)
def test_no_file_and_no_line_shows_a_password_or_the_token_of_a_sign_in(tmp_path: Path, level: str) -> None:
    secrets = [SIGN_IN["password"], HEADERS["X-API-Key"], HEADERS["Authorization"].removeprefix("Bearer "), ISSUED]
    assert_hidden(judge_sign_in(tmp_path, level), secrets)


def assert_hidden(done: Done, secrets: list[str]) -> None:
    assert done.report["findings"]
    texts = {"standard output": done.out, "standard error": done.err}
    texts |= {str(file.relative_to(done.folder)): file.read_text() for file in done.folder.rglob("*") if file.is_file()}
    assert {"report.json", "report.html", "junit.xml", "report.sarif", "report.md"} <= texts.keys()
    shown = {
        (name, form, secret)
        for name, text in texts.items()
        for secret in secrets
        for form, change in FORMS.items()
        if change(secret).lower() in text.lower() or (form == "in Base64" and any(part in text for part in _in_base64(secret)))
    }
    assert shown == set()


def _in_base64(secret: str) -> Iterator[str]:
    """The characters of a secret in Base64, at each place where it can begin."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret.encode()).decode().rstrip("=")
        yield encoded[4:-4]


def test_a_short_credential_replaces_nothing_else_in_a_script() -> None:
    target = Target("troyansys", "http://127.0.0.1:8111/api", {"owner": {"Authorization": "Bearer 5|d48d1f9a", "X-Company-Id": "1"}})
    wrong = {"Authorization": "Bearer a9f1d84d|5", "X-Company-Id": "1", "Content-Type": "application/json"}
    exchange = Exchange("POST", "http://127.0.0.1:8111/api/items/11?page=1", wrong, b'{"amount": 111}', 200, {}, b"{}", 0.1, "create")
    script = curl_script(
        Cause("key", Finding("a check", "create", "create is wrong", exchanges=(exchange,)), "laws"), TargetMask(target, ["x-company-id"])
    )
    assert "'http://127.0.0.1:8111/api/items/11?page=1'" in script
    assert '{"amount": 111}' in script
    assert "d48d1f9a" not in script
    assert "a9f1d84d" not in script
    assert re.findall(r"\$\{(\w+):\?\}", script) == ["OWNER_X_COMPANY_ID"]
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0
