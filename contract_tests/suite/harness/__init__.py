"""What every contract test stands on: the target, what is known of it, and the mark that ties a test to its clauses."""

from __future__ import annotations

import importlib
from typing import Any

from .clauses import clause
from .target import LONGEST, ApiClient, Target, not_observable

__all__ = ["LONGEST", "ApiClient", "Target", "clause", "not_observable"]


def __getattr__(name: str) -> Any:
    """One of the names above, loaded when it is asked for: commands that only read documents run where pytest is not installed."""
    if name not in __all__:
        raise AttributeError(name)
    module = "clauses" if name == "clause" else "target"
    return getattr(importlib.import_module(f".{module}", __name__), name)
