"""The company that owns a key."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.troyansys.callers import Caller
from mockserver.apis.troyansys.shapes import module_to_wire
from mockserver.apis.troyansys.state import modules_of


def get_company(world: Transaction, caller: Caller) -> Reply:
    """The company of the key and its active modules."""
    company = caller.company
    return Reply(
        200,
        {
            "company": {"id": company.id, "name": company.name, "trade_name": company.trade_name, "ruc": company.ruc},
            "active_modules": [module_to_wire(module) for module in modules_of(world, company)],
        },
    )
