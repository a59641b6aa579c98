"""The certificate of the server: files of the operator, or one that is made at start."""

from __future__ import annotations

import atexit
import shutil
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mockserver.openapi.errors import SetupError

LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate with its chain, and of its key. ``authority`` is what clients have to trust, if the certificate was made here."""

    chain: Path
    key: Path
    authority: Path | None = None


def read_certificate(chain: Path, key: Path) -> Certificate:
    """The certificate in two files. Raises SetupError if they are no certificate with its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A password would be asked for on the terminal, so an encrypted key is refused.
        context.load_cert_chain(chain, key, password=_refuse_password)
    except ssl.SSLError as error:
        raise SetupError(f"--tls-cert {chain} --tls-key {key}: these are no certificate and its key in PEM: {error.reason or error}") from None
    except OSError as error:
        raise SetupError(f"--tls-cert {chain} --tls-key {key}: {error.filename or ''} {error.strerror}".replace("  ", " ")) from None
    return Certificate(chain, key)


def make_certificate(host: str) -> Certificate:
    """A certificate for the names of this machine and for ``host``, with an authority of its own that nothing else trusts.

    The files lie in a new folder that only this user can read, and are removed when the process ends. Raises SetupError if trustme is not installed.
    """
    try:
        import trustme  # noqa: PLC0415 - an extra of the installation
    except ModuleNotFoundError:
        raise SetupError(
            "--tls self-signed needs trustme: pip install 'mockserver[tls]', or name files of your own by --tls-cert and --tls-key"
        ) from None
    folder = Path(tempfile.mkdtemp(prefix="mockserver-tls-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Certificate(folder / "certificate.pem", folder / "key.pem", folder / "authority.pem")
    authority = trustme.CA(organization_name="mockserver")
    issued = authority.issue_cert(*LOCAL, *({host} - {*LOCAL, "0.0.0.0", "::"}))  # noqa: S104 - the wildcard addresses are left out
    authority.cert_pem.write_to_path(folder / "authority.pem")
    issued.private_key_pem.write_to_path(made.key)
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(made.chain, append=number > 0)
    return made


def _refuse_password() -> str:
    raise ssl.SSLError(1, "the key is encrypted; give one without a password")
