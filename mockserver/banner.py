"""The text that ``mockserver serve`` prints at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.app import App
from mockserver.core.base.clock import wall_clock
from mockserver.core.state.world import Transaction
from mockserver.network import NetworkOptions
from mockserver.selection import SelectedParts

if TYPE_CHECKING:  # a server of the bundled vendors does without them
    from mockserver.generic.vendor import GenericVendor
    from mockserver.openapi.foreign.read import ForeignDocument

LISTED = 10
"""Defects of one document that are listed."""


def describe_server(app: App, root: str, token: str | None) -> str:
    """The text at start: each API with its base URL, its reference and demo credentials."""
    world = Transaction(app.base, app.base.time(wall_clock()))
    lines = [f"Serving {len(app.vendors)} APIs on {root}"]
    for slug, vendor in app.vendors.items():
        credential = next(iter(vendor.credentials(world)), None)
        lines += [
            "",
            f"  {vendor.document.title}",
            f"    base URL     {root}{vendor.document.base_path}",
            f"    reference    {root}/docs/{slug}",
        ]
        if credential is not None:
            lines.append(f"    credentials  {credential.name}: " + ", ".join(f"{name}: {value}" for name, value in credential.headers.items()))
    if token is not None:
        lines += ["", f"  Other machines can reach this address: calls to the control plane need the header X-Mock-Token: {token}"]
    kept = "in memory: a restart forgets them, --state DIR keeps them" if app.state is None else f"kept in {app.state}"
    lines += ["", f"  Worlds         {kept}"]
    lines += ["", f"  Control plane  {root}/_mock/apis (every credential), reference {root}/docs/mock"]
    return "\n".join(lines)


def describe_network(reached: NetworkOptions) -> str:
    """The text at start about the certificate that was made and the address that links begin with; empty if there is neither."""
    lines = []
    if reached.address.public_url:
        lines.append(f"Links in answers begin with {reached.address.public_url}\n")
    if reached.certificate is not None and reached.certificate.authority is not None:
        file = reached.certificate.authority
        lines.append(
            f"Certificate of this run: clients have to trust {file} (NODE_EXTRA_CA_CERTS={file}, SSL_CERT_FILE={file}, curl --cacert {file})\n"
        )
    return "".join(lines)


def describe_documents(played: SelectedParts, root: str) -> str:
    """The text about the documents without a package: what was understood of each, and its defects."""
    return "".join(_describe_understanding(played.made[found.document.slug], root) + _describe_defects(found) for found in played.foreign)


def _describe_understanding(vendor: GenericVendor, root: str) -> str:
    """The text at start about what was understood of a document, with a call to copy."""
    lines = [f"\n  {vendor.document.slug}: {vendor.summary}; `mockserver explain` says why"]
    call = vendor.sample_call(root)
    lines += [f"    sign-in: {name} at {root}{path}" for name, path in vendor.sign_in.items()]
    return "\n".join([*lines, *([f"    {call}"] if call else [])]) + "\n"


def _describe_defects(found: ForeignDocument) -> str:
    """The text at start about what a document has that could not be used as it stands; empty if there is nothing."""
    lines = found.describe_defects(LISTED)
    return "\n".join(["", *(f"  {line}" for line in lines)]) + "\n" if lines else ""
