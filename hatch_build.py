"""Build hook: the folders beside ``mockserver`` become packages inside it, in a wheel only."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("contract_tests", "fixtures", "specs")


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds ``FOLDERS`` to a wheel below ``mockserver/``, so that it installs one top-level package.

    An editable install gets none of them: a copy there would be stale after the next edit, and the checkout is on the path anyway.
    Hatch's option `force-include` cannot tell the two apart, and its option `sources` refuses editable installs.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the folders to include. ``version`` is ``standard`` or ``editable``."""
        if version == "standard":
            build_data["force_include"] |= {folder: f"mockserver/{folder}" for folder in FOLDERS}
