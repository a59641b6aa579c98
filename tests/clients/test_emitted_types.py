"""What a front end generates from the view of what the mock sends: the types say what is sent, and refuse what is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mockserver.openapi.views import make_view
from tests import node
from tests.conftest import ROOT
from tests.node import STRICT, run
from tests.server.samples import document_of

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = ROOT / "clients" / "typescript"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not node.is_there(), reason=node.MISSING)]

USES = """
import type { components, operations } from "./monedero";
import type { components as Trincico } from "./trincico";
import type { components as BackOffice, operations as Office } from "./backoffice";

type Sold = operations["create_sale"]["responses"][200]["content"]["application/json"];
type Refused = operations["create_sale"]["responses"][400]["content"]["application/json"];
type Schemas = Trincico["schemas"];
export type Used = components | BackOffice;

export function balance(sold: Sold): number {
  // @ts-expect-error the balance is no text
  const text: string = sold.newBalance;
  return Number(text);
}
export function explain(refused: Refused): string {
  switch (refused.code) {
    case "new_sale_14":
      return "archived";
    // @ts-expect-error a code that there is not
    case "new_sale_99":
      return "unknown";
    default:
      return refused.code;
  }
}
// @ts-expect-error codes are not handled
export const texts: Record<Refused["code"], string> = { new_sale_14: "archived" };
// @ts-expect-error a field is missing
export const refused: Refused = { success: false };

export function customer(row: Schemas["InvoiceListedShown"]): string {
  return row.customer.email + row.service.name;
}
export function payer(invoice: Schemas["InvoiceRetrievedShown"]): string {
  // @ts-expect-error its owner sees no customer there
  void invoice.customer;
  return "email" in invoice.payer ? invoice.payer.email : "";
}
export function message(chat: Schemas["ChatShown"]): string {
  // @ts-expect-error there may be none
  void chat.last_message.text;
  return chat.last_message?.text ?? chat.service?.name ?? "";
}
export function paid(payment: Schemas["PaymentRecordShown"]): string {
  return "reference" in payment.invoice ? payment.invoice.reference : "name" in payment.plan ? payment.plan.name : "";
}
export function account(payout: Schemas["PayoutShown"]): string | undefined {
  return payout.destination_account.external_accounts[0]?.bank_name;
}
export function next(subscription: Schemas["SubscriptionShown"]): string[] {
  // @ts-expect-error there may be no next plan
  void subscription.next_plan.features;
  return [...subscription.plan.features, ...(subscription.next_plan?.features ?? [])].map((feature) => feature.code);
}
export function leaders(shown: Office["get_dashboard"]["responses"][200]["content"]["application/json"]): string[] {
  return shown.top_leaders.map((leader) => leader.username);
}
"""


def test_generated_types_say_what_is_sent_and_refuse_what_is_not(tmp_path: Path) -> None:
    node.install(PACKAGE)
    for slug in ("monedero", "trincico", "backoffice"):
        (tmp_path / f"{slug}.json").write_text(json.dumps(make_view(document_of(slug), "emitted")), encoding="utf-8")
        run("npx", "openapi-typescript", str(tmp_path / f"{slug}.json"), "-o", str(tmp_path / f"{slug}.ts"), folder=PACKAGE)
    (tmp_path / "uses.ts").write_text(USES, encoding="utf-8")
    run(str(PACKAGE / "node_modules" / ".bin" / "tsc"), *STRICT, str(tmp_path / "uses.ts"), folder=tmp_path)
