"""The name of a finding in files and links."""

from __future__ import annotations

import hashlib


def short_id(key: str) -> str:
    """Ten digits made from the key of a finding, the same in every run."""
    return hashlib.sha256(key.encode()).hexdigest()[:10]
