"""Reports. The page only names this operation, in a search hint; its shape is assumed (troyansys.D02)."""

from __future__ import annotations

from typing import Any

from mockserver import Reply, Transaction
from mockserver.apis.troyansys.callers import Caller, require_module
from mockserver.apis.troyansys.shapes import dollars
from mockserver.apis.troyansys.state import CURRENCY, MOVEMENTS, PRODUCTS, Product, stock_of


def get_inventory_report(world: Transaction, caller: Caller, product_id: int | None) -> Reply:
    """What came in, went out and is left of each product of the company, or of the one asked for; value at cost."""
    company = caller.company
    require_module(world, company, "reports")
    products = [product for product in world.table(PRODUCTS).select("company", company.id) if product_id in (None, product.id)]
    stocks = {product.id: stock_of(world, product.id) for product in products}
    return Reply(
        200,
        {
            "data": [_to_wire(world, product, stocks[product.id]) for product in products],
            "meta": {
                "company_id": company.id,
                "total_stock": sum(stocks.values()),
                "total_value": dollars(sum(stocks[product.id] * product.unit_cost for product in products)),
                "currency_code": CURRENCY,
            },
        },
    )


def _to_wire(world: Transaction, product: Product, stock: int) -> dict[str, Any]:
    quantities = [movement.quantity for movement in world.table(MOVEMENTS).select("product", product.id)]
    return {
        "product_id": product.id,
        "code": product.code,
        "name": product.name,
        "entries": sum(quantity for quantity in quantities if quantity > 0),
        "exits": -sum(quantity for quantity in quantities if quantity < 0),
        "stock": stock,
        "unit_cost": dollars(product.unit_cost),
        "value": dollars(stock * product.unit_cost),
    }
