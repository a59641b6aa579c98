"""Private test data for targets where all tests share one state: a branch that a test may change."""

from __future__ import annotations

from collections.abc import Mapping

from ...harness import ApiClient, not_observable
from ...harness.target import Make
from .calls import PATH, everything, new


def _branch(api: ApiClient) -> Mapping[str, str]:
    """A new branch, found by its description, because the answer to a creation has no id."""
    name = f"CONTRATO {api.stamp}"
    answer = api.call("POST", PATH, json=new(api, descripcion=name))
    made = [branch["id"] for branch in everything(api) if branch["descripcion"] == name]
    if not made:
        not_observable(f"no branch could be made for this test: {answer.text[:200]}")
    return {"branch": str(made[-1])}


OWN: Mapping[str, Make] = {"branch": _branch}
