/** A flow of each vendor by openapi-fetch, typed by openapi-typescript. `APIS` has the address, headers and landmarks of each. */

import createClient from "openapi-fetch";

import type { paths as BackOffice } from "./typescript-backoffice";
import type { paths as Monedero } from "./typescript-monedero";
import type { paths as Serpi } from "./typescript-serpi";
import type { paths as Trincico } from "./typescript-trincico";
import type { paths as Troyansys } from "./typescript-troyansys";

interface Told {
  baseUrl: string;
  headers: Record<string, string>;
  known: Record<string, string>;
}
declare const process: { env: Record<string, string | undefined> };
const apis = JSON.parse(process.env["APIS"] ?? "{}") as Record<string, Told>;
const form = { headers: { "Content-Type": "application/x-www-form-urlencoded" } };

function told(slug: string): Told {
  const found = apis[slug];
  if (found === undefined) throw new Error(`APIS lacks ${slug}`);
  return found;
}
function known(slug: string, name: string): string {
  return told(slug).known[name] ?? "";
}
function check(holds: boolean, what: string, seen: unknown): asserts holds {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`);
}

async function serpi(): Promise<string> {
  const client = createClient<Serpi>(told("serpi"));
  const before = await client.GET("/Sucursales");
  check(before.data?.code === 200, "there are branches", before);
  const [first] = before.data.result;
  check(first !== undefined, "the first is one", before.data);
  const renamed = await client.PUT("/Sucursales", { body: { ...first, descripcion: "FLOW" } });
  check(renamed.response.status === 200, "a branch is renamed", renamed.error);
  const after = await client.GET("/Sucursales");
  check(after.data?.code === 200 && after.data.result[0]?.descripcion === "FLOW", "it has its new name", after);
  return "serpi: a branch is read, renamed and read again";
}

async function monedero(): Promise<string> {
  const client = createClient<Monedero>(told("monedero"));
  const sale = { wallet_key: "wallet-demo", phone: "4775550101", usertool_id: "7001", transaction_type: 0 as const, transaction_amount: 1000 };
  const sold = await client.POST("/wallet/sale", { ...form, body: sale });
  check(sold.data?.newBalance === 350, "the new balance is a number", sold);
  const refused = await client.POST("/wallet/sale", { ...form, body: { ...sale, wallet_key: "none" } });
  check(refused.error?.code === "new_sale_10", "a wallet that there is not has a code", refused.error);
  return "monedero: a sale, and a refusal by its code";
}

async function backoffice(): Promise<string> {
  const client = createClient<BackOffice>(told("backoffice"));
  const shown = await client.GET("/api/v1/dashboards/{id}", { params: { path: { id: 7 } } });
  check(shown.data?.wallets.length === 5, "there are five wallets", shown.error);
  const ticket = { user_id: 8, subject: "Flow", comment: "By a generated client." };
  const made = await client.POST("/api/v1/user_tickets", { ...form, body: ticket });
  check(made.response.ok, "a ticket is made", made.error);
  const listed = await client.GET("/api/v1/user_tickets/{id}", { params: { path: { id: 8 } } });
  check(JSON.stringify(listed.data).includes("Flow"), "it is listed", listed.data);
  return "backoffice: the dashboard, a ticket and the list";
}

async function trincico(): Promise<string> {
  const client = createClient<Trincico>(told("trincico"));
  const body = { service_id: 77, service_customer_id: known("trincico", "customer"), currency: "usd" as const, reference: "FLOW0001" };
  const made = await client.POST("/invoices", { body });
  check(made.data?.status === "draft", "a draft is made", made.error);
  const item = { name: "Work", price: 500, quantity: 2, tax: "50" };
  const added = await client.POST("/invoices/{invoice_id}/items", { params: { path: { invoice_id: made.data.id } }, body: item });
  check(added.response.ok, "it gets an item", added.error);
  const rows = await client.GET("/invoices", { params: { query: { limit: 100 } } });
  const row = rows.data?.data.find((found) => found.reference === "FLOW0001");
  check(row?.amount === 1500 && row.customer.email.includes("@"), "the row has its sum and its customer", row ?? rows.error);
  return "trincico: an invoice, an item, and the row with its customer";
}

async function troyansys(): Promise<string> {
  const client = createClient<Troyansys>(told("troyansys"));
  const me = await client.GET("/auth/me");
  check(me.response.ok, "the session is open", me.error);
  const customer = { identification: "3000000004", name: "Flow", email: "flow@example.com" };
  const sold = await client.POST("/documents/invoices", { body: { customer, items: [{ product_id: 101, quantity: 1 }] } });
  check(sold.response.ok, "an invoice is made", sold.error);
  const stock = await client.GET("/reports/inventory");
  check(stock.data !== undefined, "the stock is reported", stock.error);
  return "troyansys: the session, an invoice and the stock";
}

for (const flow of [serpi, monedero, backoffice, trincico, troyansys]) console.log(await flow());
