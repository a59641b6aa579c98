"""What the environment says: which reading of the page, and which bug, if any."""

from __future__ import annotations

import os

READING = os.environ.get("READING", "a")
BUG = os.environ.get("BUG", "")
