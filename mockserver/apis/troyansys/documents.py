"""Electronic documents. The page announces this operation in one sentence; its shape is assumed (troyansys.D20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stdnum.ec import ci, ruc

from mockserver import Reply, Transaction, fields_of
from mockserver.apis.troyansys.callers import Caller, require_module
from mockserver.apis.troyansys.faults import Rejected
from mockserver.apis.troyansys.invoicing import Customer, issue
from mockserver.apis.troyansys.shapes import dollars, local
from mockserver.apis.troyansys.state import CURRENCY, INVOICE_LINES, PRODUCTS, Company, Invoice, InvoiceLine, Product, stock_of

FINAL_CONSUMER = "9999999999999"
"""What stands for the identification of a customer who gives none."""


def create_invoice(world: Transaction, caller: Caller, body: Mapping[str, Any]) -> Reply:
    """Issue an invoice, take its products out of the inventory, and mail it if the company has that set up and the customer has an address."""
    company = caller.company
    require_module(world, company, "sales")
    customer = Customer(body["customer"]["identification"], body["customer"]["name"], body["customer"].get("email"))
    ordered = [(_product(world, company, item["product_id"]), item["quantity"]) for item in body["items"]]
    codes = dict(_rejections(world, customer, ordered))
    if codes:
        raise Rejected(codes)

    items = [(product, quantity) for product, quantity in ordered if product is not None]
    invoice = issue(world, company, customer, items, world.now)
    if invoice.email_sent and invoice.email is not None:
        _mail(world, company, invoice, invoice.email)
    return Reply(201, {"data": _to_wire(world, invoice)})


def _product(world: Transaction, company: Company, product_id: int) -> Product | None:
    product = world.table(PRODUCTS).get(product_id)
    return product if product is not None and product.company_id == company.id else None


def _rejections(world: Transaction, customer: Customer, ordered: Sequence[tuple[Product | None, int]]) -> Iterator[tuple[str, str]]:
    """Every field that does not fit the state, with the code of its error. Lines of one product draw on the same stock."""
    if not _is_identification(customer.identification):
        yield "customer.identification", "identificacion_invalida"
    wanted: Counter[int] = Counter()
    for number, (product, quantity) in enumerate(ordered):
        if product is None:
            yield f"items.{number}.product_id", "producto_desconocido"
            continue
        wanted[product.id] += quantity
        if wanted[product.id] > stock_of(world, product.id):
            yield f"items.{number}.quantity", "stock_insuficiente"


def _is_identification(number: str) -> bool:
    return number == FINAL_CONSUMER or bool(ci.is_valid(number) or ruc.is_valid(number))


def _mail(world: Transaction, company: Company, invoice: Invoice, to: str) -> None:
    text = (
        f"{company.trade_name} ha emitido la factura {invoice.document_number} a nombre de {invoice.name} "
        f"por {CURRENCY} {(invoice.subtotal + invoice.tax) / 100:.2f}. Clave de acceso: {invoice.access_key}"
    )
    world.send("troyansys", "mail", to, text, subject=f"Factura {invoice.document_number}", codes=(invoice.access_key,))


def _to_wire(world: Transaction, invoice: Invoice) -> dict[str, Any]:
    return {
        **fields_of(invoice, "id document_number access_key"),
        "issued_at": local(invoice.issued_at),
        "company_id": invoice.company_id,
        "customer": {"identification": invoice.identification, "name": invoice.name, "email": invoice.email},
        "items": [_line_to_wire(world, line) for line in world.table(INVOICE_LINES).select("invoice", invoice.id)],
        "subtotal": dollars(invoice.subtotal),
        "tax": dollars(invoice.tax),
        "total": dollars(invoice.subtotal + invoice.tax),
        "currency_code": CURRENCY,
        "sri_status": invoice.sri_status,
        "email_sent": invoice.email_sent,
    }


def _line_to_wire(world: Transaction, line: InvoiceLine) -> dict[str, Any]:
    product = world.table(PRODUCTS)[line.product_id]
    return {
        "product_id": product.id,
        "code": product.code,
        "name": product.name,
        "quantity": line.quantity,
        "unit_price": dollars(line.unit_price),
        "subtotal": dollars(line.subtotal),
        "tax_rate": line.tax_rate,
        "tax": dollars(line.tax),
    }
