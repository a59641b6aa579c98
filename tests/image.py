"""The container image: built with buildah, and tested by calls to a server that runs in its root file system.

Run as a module with ``build`` or ``test``. Without buildah it says in one line that nothing was run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
IMAGE = "localhost/mockserver"
BASE = "docker.io/library/python:3.13-slim"
OWN_BASE = "localhost/mockserver-base"
PACKAGES = "python3,python3-venv,ca-certificates"
"""What an imported base holds beside the smallest Debian."""
MANUALS = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
"""What an imported base leaves out."""
MISSING = "buildah is not installed; apt-get install buildah"
ISOLATION = ("--isolation", "chroot")
"""Needs no privilege beyond those that buildah itself needs, so that it also works inside a container."""
PATIENCE = 60
"""Seconds that the server in the image may take to start."""
TOKEN = "token-of-the-test"


def buildah(*arguments: str) -> str:
    """The output of a command of buildah. Its messages are shown. Ends the program if the command fails."""
    done = subprocess.run(["buildah", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"buildah {arguments[0]} failed with exit code {done.returncode}; its messages stand above")
    return done.stdout.strip()


def find_base() -> str:
    """The image to build on: that of the variable BASE, else Python's own, else a Debian that is made here."""
    named = os.environ.get("BASE")
    if named:
        return named
    pulled = subprocess.run(["buildah", "pull", "--quiet", BASE], capture_output=True, text=True, check=False)
    if pulled.returncode == 0:
        return BASE
    present = subprocess.run(["buildah", "images", "--quiet", OWN_BASE], capture_output=True, check=False)
    if present.returncode != 0:
        import_base()
    return OWN_BASE


def import_base() -> None:
    """Make a small Debian with Python from the package sources of this machine, and import it as an image."""
    if shutil.which("mmdebstrap") is None:
        sys.exit(f"{BASE} cannot be pulled; set BASE=… to an image that can, or install mmdebstrap, with which a base is made here")
    release = subprocess.run(
        ["sh", "-c", '. /etc/os-release; echo "$VERSION_CODENAME"'], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    sources = next(file for file in map(Path, ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")) if file.exists())
    with tempfile.TemporaryDirectory() as folder:
        archive = str(Path(folder) / "root.tar")
        options = ["--quiet", "--variant=minbase", f"--include={PACKAGES}", *(f"--dpkgopt=path-exclude={path}" for path in MANUALS)]
        subprocess.run(["mmdebstrap", *options, release, archive, str(sources)], check=True)
        container = buildah("from", "scratch")
        buildah("add", "--quiet", container, archive, "/")
    buildah("commit", "--quiet", "--rm", container, OWN_BASE)


def build() -> None:
    """Build the image. The mirror and the authorities that pip uses on this machine are lent to the build, and stay out of the image."""
    base = find_base()
    with tempfile.TemporaryDirectory() as folder:
        authorities = find_setting("cert")
        lines = [f"{key} = {value}" for key in ("index-url", "extra-index-url") if (value := find_setting(key))]
        lines += ["cert = /run/secrets/authorities.pem"] if authorities else []
        settings = Path(folder) / "pip.conf"
        settings.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
        secrets = [f"--secret=id=pip,src={settings}", *([f"--secret=id=authorities,src={authorities}"] if authorities else [])]
        # Health checks exist in Docker's format only.
        built = ("--format", "docker", "--build-arg", f"BASE={base}", "--tag", IMAGE, "--file", "Containerfile", ".")
        buildah("build", *ISOLATION, "--quiet", *secrets, *built)
    sys.stdout.write(f"Built {IMAGE} on {base}, {buildah('images', '--format', '{{.Size}}', IMAGE)}.\n")


def find_setting(key: str) -> str:
    """A setting of pip on this machine; empty if it has none."""
    name = f"PIP_{key.upper().replace('-', '_')}"
    asked = subprocess.run([sys.executable, "-m", "pip", "config", "get", f"global.{key}"], capture_output=True, text=True, check=False)
    found = os.environ.get(name) or asked.stdout
    # Folders of this machine mean nothing in the build.
    return " ".join(part for part in found.split() if not part.startswith("file:"))


@contextmanager
def serve(container: str, config: dict[str, Any]) -> Iterator[str]:
    """The URL of a server in a container, started by the image's own command and user, on a free port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    command = [*config["Entrypoint"], *config["Cmd"], "--port", port]
    entered = ["buildah", "run", *ISOLATION, "--env", f"MOCKSERVER_TOKEN={TOKEN}", container, "--", *command]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(entered, stdout=log, stderr=log, start_new_session=True)
        url = f"http://127.0.0.1:{port}"
        try:
            wait(f"{url}/_mock/health", process, log)
            check_health(container, config["Healthcheck"]["Test"], port)
            yield url
        finally:
            # The server is a process of this machine, in the group of buildah, which kills it when it is stopped itself.
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=PATIENCE)


def wait(url: str, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    """Wait until a server answers. Ends the program with what the server wrote if it does not start."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            httpx.get(url)
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                sys.exit(f"the server in the image did not start: {log.read().decode(errors='replace')}")
            time.sleep(0.1)
        else:
            return


def check_health(container: str, declared: list[str], port: str) -> None:
    """Run the health check of the image, at the port of the test; it has to succeed there, and to fail where nothing listens."""
    for tried, expected in ((port, True), ("1", False)):
        command = [part.replace(":8000/", f":{tried}/") for part in declared[1:]]
        done = subprocess.run(["buildah", "run", *ISOLATION, container, "--", *command], capture_output=True, check=False)
        expect(f"health check at port {tried}", done.returncode == 0, expected)


def expect(what: str, found: object, wanted: object) -> None:
    """End the program if something is not as it has to be."""
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def test() -> None:
    """Start the server of the image twice on the same container: a flow of a vendor, access by token, and what outlives the restart."""
    config = json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]
    expect("user", config["User"], "10001:10001")
    container = buildah("from", IMAGE)
    try:
        expect("user id in the container", buildah("run", *ISOLATION, container, "--", "id", "-u"), "10001")
        with serve(container, config) as url:
            before = sell(url)
        # buildah killed the server: what was answered is there all the same.
        with serve(container, config) as url, client(url) as calls:
            expect("state after a restart", calls.get("/_mock/worlds/default/digest").text, before)
    finally:
        buildah("rm", container)
    sys.stdout.write(f"{IMAGE} serves as a user without rights, is healthy, asks for the token, and keeps its worlds over a restart.\n")


def client(url: str) -> httpx.Client:
    """A client under the name that a neighbouring container uses."""
    return httpx.Client(base_url=url, headers={"host": "mock:8000", "authorization": f"Bearer {TOKEN}"}, timeout=20)


def sell(url: str) -> str:
    """Make a sale of Monedero; returns the digest of the world afterwards."""
    with client(url) as calls:
        refused = httpx.get(f"{url}/_mock/worlds", headers={"host": "mock:8000"})
        expect("control plane without a token", refused.status_code, 401)
        apis = calls.get("/_mock/apis").json()["apis"]
        monedero = next(api for api in apis if api["slug"] == "monedero")
        expect("base URL", monedero["base_url"], "http://mock:8000/monedero")
        form = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"}
        untouched = calls.get("/_mock/worlds/default/digest").text
        sold = httpx.post(f"{url}/monedero/wallet/sale", data=form, headers=monedero["credentials"][0]["headers"])
        expect("a sale", sold.status_code, 200)
        changed = calls.get("/_mock/worlds/default/digest").text
        expect("the sale changed the world", changed != untouched, wanted=True)
        return changed


if __name__ == "__main__":
    step, done = {"build": (build, "BUILT"), "test": (test, "TESTED")}[sys.argv[1]]
    if shutil.which("buildah") is None:
        sys.stdout.write(f"The container image was NOT {done}: {MISSING}.\n")
    else:
        step()
