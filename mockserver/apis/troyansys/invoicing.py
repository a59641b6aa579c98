"""Issuing an invoice: lines, number, access key, inventory. Used by the handler and by the fixtures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mockserver import Transaction
from mockserver.apis.troyansys.access_key import access_key
from mockserver.apis.troyansys.state import ECUADOR, INVOICE_LINES, INVOICES, MOVEMENTS, Company, Invoice, InvoiceLine, Movement, Product, stock_of

SALE = "sale"
PURCHASE = "purchase"


@dataclass(frozen=True, slots=True)
class Customer:
    identification: str
    name: str
    email: str | None


def issue(world: Transaction, company: Company, customer: Customer, items: Sequence[tuple[Product, int]], at: datetime) -> Invoice:
    """Issue an invoice over products and quantities that are in stock. Tax is rounded half up line by line."""
    sequence = world.draw(f"troyansys.sequence {company.id}")
    invoice_id = world.draw("troyansys.invoice")
    lines = [_line(world, invoice_id, product, quantity) for product, quantity in items]
    invoice = world.table(INVOICES).add(
        Invoice(
            id=invoice_id,
            company_id=company.id,
            document_number=f"{company.establishment}-{company.emission_point}-{sequence:09}",
            access_key=access_key(
                at.astimezone(ECUADOR).date(),
                company.ruc,
                company.environment,
                company.establishment + company.emission_point,
                sequence,
                world.code("troyansys.access_key", 8),
            ),
            identification=customer.identification,
            name=customer.name,
            email=customer.email,
            subtotal=sum(line.subtotal for line in lines),
            tax=sum(line.tax for line in lines),
            sri_status="authorized" if company.sends_to_sri else "not_sent",
            email_sent=company.sends_mail and customer.email is not None,
            issued_at=at,
        )
    )
    for product, quantity in items:
        move(world, product, -quantity, SALE, at, invoice.id)
    return invoice


def move(world: Transaction, product: Product, quantity: int, kind: str, at: datetime, invoice_id: int | None = None) -> Movement:
    """Add pieces of a product to the stock (positive) or take them out (negative)."""
    return world.table(MOVEMENTS).add(
        Movement(
            id=world.draw("troyansys.movement"),
            company_id=product.company_id,
            product_id=product.id,
            invoice_id=invoice_id,
            kind=kind,
            quantity=quantity,
            stock=stock_of(world, product.id) + quantity,
            created_at=at,
        )
    )


def _line(world: Transaction, invoice_id: int, product: Product, quantity: int) -> InvoiceLine:
    subtotal = product.unit_price * quantity
    return world.table(INVOICE_LINES).add(
        InvoiceLine(
            id=world.draw("troyansys.invoice_line"),
            invoice_id=invoice_id,
            product_id=product.id,
            quantity=quantity,
            unit_price=product.unit_price,
            subtotal=subtotal,
            tax_rate=product.tax_rate,
            tax=(subtotal * product.tax_rate + 50) // 100,
        )
    )
