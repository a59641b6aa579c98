"""The markers of the pytest plugin with their options: ``@mock.world(scenario="monedero.used-up")``, ``@mock.explore(depth=1)``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest


class Markers:
    """The markers of a test with the fixture ``mock``."""

    def world(
        self,
        *,
        scenario: str | None = None,
        seed: int | None = None,
        born: str | None = None,
        freeze: str | None = None,
        faults: Iterable[Mapping[str, Any]] | None = None,
    ) -> pytest.MarkDecorator:
        """From what the world of the test starts, as ``POST /_mock/worlds`` takes it; what is left out is as the server has it."""
        given = {"scenario": scenario, "seed": seed, "born": born, "freeze": freeze, "faults": None if faults is None else list(faults)}
        return pytest.mark.mock_world(**{name: value for name, value in given.items() if value is not None})

    def explore(self, *, depth: int = 1, **options: Any) -> pytest.MarkDecorator:
        """Run the test once for each fault that can happen at one of its calls. ``options`` are those of :func:`mockserver.explore.explore`."""
        return pytest.mark.mock_explore(depth=depth, **options)


mock = Markers()
