"""The page about the Python client: Sphinx reads the signatures and docstrings of its exported names."""

from __future__ import annotations

import mockserver
from mockserver import testing

INTRODUCTION = """# Python

## The client and the fixture

`from mockserver.testing import Mock`. The pytest fixture `mock` is a `Mock` in a world of its own; it comes with the package.
[The control plane](../docs/control-plane.md) explains what the parts are for, and [the example](../docs/example/README.md) is a project with tests.
"""
VENDORS = """
## For vendors and documents

`from mockserver import …` is all that a vendor's handlers and fixtures import; [Adding a vendor](../docs/adding-a-vendor.md) and
[Code where it matters](../docs/any-document.md#code-where-it-matters) say how.
"""
CLASS = """```{{eval-rst}}
.. auto{kind}:: {module}.{name}
{members}```
"""


def write_page() -> str:
    """The exported names of the client, those by which one begins first, and the exported names for vendors."""
    names = ["Mock", "Api", *(name for name in testing.__all__ if name not in {"Mock", "Api"})]
    clients = [_write_name(testing, name) for name in names]
    return "\n".join([INTRODUCTION, *clients, VENDORS, *(_write_name(mockserver, name) for name in mockserver.__all__)])


def _write_name(module: object, name: str) -> str:
    found = getattr(module, name)
    kind = "class" if isinstance(found, type) else "function" if callable(found) else "data"
    if isinstance(found, type) and issubclass(found, BaseException):
        kind = "exception"
    members = "   :members:\n" if kind in {"class", "exception"} else ""
    return CLASS.format(kind=kind, module=getattr(module, "__name__", ""), name=name, members=members)
