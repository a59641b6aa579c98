"""The files of a document: each is read once, from the folders or addresses that are allowed, within the limits."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from mockserver.openapi import limits
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.defects import Defects, describe
from mockserver.openapi.foreign.parsing import count_values, parse_document

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_REDIRECTS = 5
_ACCEPT = {"accept": "application/json, application/yaml, text/yaml, */*;q=0.5"}


class FileUnreadable(Exception):
    """A file that a reference names cannot be read; the text says why."""


def is_address(source: str | Path) -> bool:
    """Whether a source is an address of the web."""
    return isinstance(source, str) and _ADDRESS.match(source) is not None


class Files:
    """The files of one document by URI; a file of this machine has its path as URI.

    References may name files below the folder of the document, below the current directory and below ``ref_root``, never others; addresses only with
    ``allow_remote_refs``.
    """

    def __init__(self, source: str | Path, defects: Defects, ref_root: Path | None = None, *, allow_remote_refs: bool = False) -> None:
        self._defects = defects
        self._allow_remote_refs = allow_remote_refs
        self._read: dict[str, Any] = {}
        self._values = 0
        self._folders: tuple[Path, ...] = ()
        if is_address(source):
            self.root = str(source)
            self.content = self._parse(self.root, _fetch(self.root))
        else:
            path = Path(source).resolve()
            folders = (path.parent, Path.cwd(), *([ref_root.resolve()] if ref_root is not None else []))
            self._folders = tuple(folder for folder in folders if folder != folder.parent)
            self.root = str(path)
            self.content = self._parse(str(source), _read_file(path, str(source)))
        self._read[self.root] = self.content

    @property
    def names(self) -> list[str]:
        """The files that were read, the document first."""
        return [uri for uri, content in self._read.items() if not isinstance(content, FileUnreadable)]

    def replace_root(self, content: Any) -> None:
        """Let the document have another content from now on."""
        self.content = self._read[self.root] = content

    def resolve(self, reference: str, base: str) -> str:
        """The URI of the file that a reference names in the file ``base``, without the fragment."""
        named = reference.partition("#")[0]
        if not named:
            return base
        if is_address(base) or is_address(named):
            return urljoin(base, named) if is_address(base) else named
        return str((Path(base).parent / unquote(named).replace("\x00", "")).resolve())

    def get(self, uri: str) -> Any:
        """The content of a file. Raises FileUnreadable."""
        if uri not in self._read:
            if len(self._read) >= limits.DOCUMENT_FILES.value:
                raise DocumentBroken(f"{self.root}: the document has more than {limits.DOCUMENT_FILES.value} files")
            self._read[uri] = self._get(uri)
        found = self._read[uri]
        if isinstance(found, FileUnreadable):
            raise found
        return found

    def _get(self, uri: str) -> Any:
        try:
            if is_address(uri):
                if not self._allow_remote_refs:
                    return FileUnreadable(
                        f"leads to {describe(urlsplit(uri).netloc)}, and references to other hosts are read with --allow-remote-refs only"
                    )
                return self._parse(uri, _fetch(uri))
            path = Path(uri)
            if not any(path.is_relative_to(folder) for folder in self._folders):
                return FileUnreadable("leads out of the folder of the document and the current directory; name a folder above with --ref-root")
            return self._parse(path.name, _read_file(path, path.name))
        except DocumentBroken as error:
            return FileUnreadable(f"cannot be followed: {error}")

    def _parse(self, name: str, data: bytes) -> Any:
        content = parse_document(data, name, self._defects)
        self._values += count_values(content)
        if self._values > limits.DOCUMENT_VALUES.value:
            raise DocumentBroken(f"{name}: the document has more than {limits.DOCUMENT_VALUES.value} values in its files")
        return content


def _read_file(path: Path, name: str) -> bytes:
    try:
        if not path.exists():
            raise DocumentBroken(f"{name}: there is no such file")
        if not path.is_file():
            raise DocumentBroken(f"{name}: is no file")
        with path.open("rb") as opened:
            return opened.read(limits.DOCUMENT.value + 1)
    except (OSError, ValueError) as error:
        raise DocumentBroken(f"{name}: {getattr(error, 'strerror', None) or error}") from None


def _fetch(address: str) -> bytes:
    """The bytes at an address. Raises DocumentBroken, also if they are too many or come too slowly."""
    limit, seconds = limits.DOCUMENT.value, limits.DOCUMENT_SECONDS.value
    until = time.monotonic() + seconds
    parts: list[bytes] = []
    size = 0
    try:
        with (
            httpx.Client(timeout=seconds, follow_redirects=True, max_redirects=_REDIRECTS) as client,
            client.stream("GET", address, headers=_ACCEPT) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise DocumentBroken(f"{address}: answers {response.status_code} instead of a document")
            for part in response.iter_bytes():
                size += len(part)
                if size > limit:
                    raise DocumentBroken(f"{address}: sends more than {limit} bytes")
                if time.monotonic() > until:
                    raise DocumentBroken(f"{address}: has not sent the document within {seconds} seconds")
                parts.append(part)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DocumentBroken(f"{address}: cannot be read: {describe(error) or type(error).__name__}") from None
    return b"".join(parts)
