"""The shell blocks of the pages, and a folder in which they run against one server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import trustme

from docs.site.staging import list_pages, load_navigation
from tests.conftest import ROOT, Mock

BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^>]*?) -->\n)?^ *```(?P<kind>sh|bash|shell|console|zsh)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL
)
SERVER = re.compile(r"(?:127\.0\.0\.1|localhost):8000|(?<=//)staging\.example\.com")
"""The addresses of the pages for which the shared server stands."""
ELSEWHERE = {"docs/explore.md": "ends with exit code 1, because it finds something in an app; tests/explore runs it"}
"""Pages whose blocks other tests run, with the reason."""
SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"}
PROGRAM = f"""#!{shutil.which("bash")}
# The command of the pages. A server or a proxy is started on a free port, and ended when it has said its address.
if [ "$1" != serve ] && [ "$1" != proxy ]; then exec {sys.executable} -m mockserver "$@"; fi
coproc {sys.executable} -um mockserver "$@" --port 0 2>&1
while IFS= read -r line <&"${{COPROC[0]}}"; do
    if [[ $line == *http://* || $line == *https://* ]]; then kill "$COPROC_PID"; exit 0; fi
    echo "$line"
done
exit 1
"""
CURL = f"""#!{shutil.which("bash")}
# Calls that name no world are made in that of the page.
if [[ "$*" != *X-Mock-World* ]]; then set -- -H "X-Mock-World: $MOCKSERVER_WORLD" "$@"; fi
exec {shutil.which("curl")} "$@"
"""


class Block(NamedTuple):
    """A shell block of a page; with a ``reason`` it is not run."""

    page: str
    reason: str
    kind: str
    text: str


def list_blocks() -> list[Block]:
    """The shell blocks of every page, in their order."""
    return [
        Block(page, block["reason"] or ELSEWHERE.get(page, ""), block["kind"], block["text"])
        for page in list_pages(load_navigation())
        for block in BLOCK.finditer((ROOT / page).read_text(encoding="utf-8"))
    ]


def prepare(folder: Path, mock: Mock) -> dict[str, str]:
    """Write what the pages take for granted into a folder, and make a call in the world; gives the environment of the blocks."""
    programs = folder / "bin"
    programs.mkdir()
    for name, text in {"mockserver": PROGRAM, "curl": CURL}.items():
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o700)
    for name in ("api.yaml", "old.yaml"):
        shutil.copy(Path(__file__).with_name("api.yaml"), folder / name)
    own = trustme.CA().issue_cert("localhost")
    own.private_key_pem.write_to_path(folder / "key.pem")
    own.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    with mock.client("monedero") as client:
        client.post("/wallet/sale", data=SALE).raise_for_status()
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "MOCKSERVER_URL": mock.url,
        "MOCKSERVER_WORLD": mock.world,
    }


def run(blocks: list[Block], folder: Path, mock: Mock) -> subprocess.CompletedProcess[str]:
    """Run the blocks of a page one after the other in one shell, which ends at the first failure."""
    environment = prepare(folder, mock)
    address = httpx.URL(mock.url).netloc.decode()
    script = SERVER.sub(address, "\n".join(block.text for block in blocks)).replace(f"https://{address}", f"http://{address}")
    bash = shutil.which("bash") or "/bin/bash"
    return subprocess.run(
        [bash, "-euo", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
