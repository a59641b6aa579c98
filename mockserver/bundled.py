"""The packages ``fixtures`` and ``contract_tests``: inside ``mockserver`` when it was installed from the wheel, beside it in a checkout."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mockserver.openapi.errors import SetupError

_ROOT = Path(__file__).resolve().parent.parent


def name_bundled(name: str) -> str:
    """The dotted name to import a module by: ``fixtures.serpi`` is ``mockserver.fixtures.serpi`` in the wheel.

    Errors: SetupError if its package is not there, or if another distribution's package of the same name comes first on the path.
    """
    return f"{_locate(name.partition('.')[0])}{name}"


def load_bundled(name: str) -> Any:
    """The module of that name. Errors: as `name_bundled`, and ModuleNotFoundError if its package lacks it."""
    return import_module(name_bundled(name))


@cache
def _locate(package: str) -> str:
    """What stands before the name of a package: ``mockserver.`` or nothing."""
    if find_spec(f"mockserver.{package}") is not None:
        return "mockserver."
    found = find_spec(package)
    places = list((found and found.submodule_search_locations) or ())
    if not places:
        raise SetupError(f"the package {package} is missing beside {_ROOT / 'mockserver'}; install mockserver again, from its wheel or its checkout")
    if Path(places[0]).resolve().parent != _ROOT:
        raise SetupError(f"{places[0]} comes before {_ROOT / package} on the path; set PYTHONPATH={_ROOT}, or install mockserver from its wheel")
    return ""
