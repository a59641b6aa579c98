/** A flow of each vendor by clients of hey-api. `APIS` has the address, headers and landmarks of each. */

import { client as backofficeClient } from "./hey-backoffice/client.gen";
import { createUserTicket, getDashboard, listUserTickets } from "./hey-backoffice/sdk.gen";
import { client as monederoClient } from "./hey-monedero/client.gen";
import { createSale } from "./hey-monedero/sdk.gen";
import { client as serpiClient } from "./hey-serpi/client.gen";
import { listSucursales, updateSucursal } from "./hey-serpi/sdk.gen";
import { client as trincicoClient } from "./hey-trincico/client.gen";
import { addInvoiceItem, createInvoice, listInvoices } from "./hey-trincico/sdk.gen";
import { client as troyansysClient } from "./hey-troyansys/client.gen";
import { createInvoice as sell, getAuthenticatedUser, getInventoryReport } from "./hey-troyansys/sdk.gen";

interface Told {
  baseUrl: string;
  headers: Record<string, string>;
  known: Record<string, string>;
}
declare const process: { env: Record<string, string | undefined> };
const apis = JSON.parse(process.env["APIS"] ?? "{}") as Record<string, Told>;
const clients = { backoffice: backofficeClient, monedero: monederoClient, serpi: serpiClient, trincico: trincicoClient, troyansys: troyansysClient };
for (const [slug, client] of Object.entries(clients)) client.setConfig({ baseUrl: apis[slug]?.baseUrl ?? "", headers: apis[slug]?.headers ?? {} });

function check(holds: boolean, what: string, seen: unknown): asserts holds {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`);
}

async function serpi(): Promise<string> {
  const before = await listSucursales();
  check(before.data?.code === 200, "there are branches", before.error);
  const [first] = before.data.result;
  check(first !== undefined, "the first is one", before.data);
  const renamed = await updateSucursal({ body: { ...first, descripcion: "FLOW TWO" } });
  check(renamed.data !== undefined, "a branch is renamed", renamed.error);
  const after = await listSucursales();
  check(after.data?.code === 200 && after.data.result[0]?.descripcion === "FLOW TWO", "it has its new name", after.error);
  return "serpi: a branch is read, renamed and read again";
}

async function monedero(): Promise<string> {
  const body = { wallet_key: "wallet-demo", phone: "4775550101", usertool_id: "7001", transaction_type: 0 as const, transaction_amount: 1000 };
  const sold = await createSale({ body });
  check(typeof sold.data?.newBalance === "number", "the new balance is a number", sold.error);
  const refused = await createSale({ body: { ...body, wallet_key: "none" } });
  check(refused.error?.code === "new_sale_10", "a wallet that there is not has a code", refused.error);
  return "monedero: a sale, and a refusal by its code";
}

async function backoffice(): Promise<string> {
  const shown = await getDashboard({ path: { id: 7 } });
  check(shown.data?.wallets.length === 5, "there are five wallets", shown.error);
  const made = await createUserTicket({ body: { user_id: 8, subject: "Flow two", comment: "By a generated client." } });
  check(made.response?.ok === true, "a ticket is made", made.error);
  const listed = await listUserTickets({ path: { id: 8 } });
  check(JSON.stringify(listed.data).includes("Flow two"), "it is listed", listed.error);
  return "backoffice: the dashboard, a ticket and the list";
}

async function trincico(): Promise<string> {
  const customer = apis["trincico"]?.known["customer"] ?? "";
  const made = await createInvoice({ body: { service_id: 77, service_customer_id: customer, currency: "usd", reference: "FLOW0002" } });
  check(made.data?.status === "draft", "a draft is made", made.error);
  const added = await addInvoiceItem({ path: { invoice_id: made.data.id }, body: { name: "Work", price: 500, quantity: 2, tax: "50" } });
  check(added.response?.ok === true, "it gets an item", added.error);
  const rows = await listInvoices({ query: { limit: 100 } });
  const row = rows.data?.data.find((found) => found.reference === "FLOW0002");
  check(row?.amount === 1500 && row.customer.email.includes("@"), "the row has its sum and its customer", row ?? rows.error);
  return "trincico: an invoice, an item, and the row with its customer";
}

async function troyansys(): Promise<string> {
  const me = await getAuthenticatedUser();
  check(me.data !== undefined, "the session is open", me.error);
  const customer = { identification: "3000000004", name: "Flow", email: "flow@example.com" };
  const sold = await sell({ body: { customer, items: [{ product_id: 101, quantity: 1 }] } });
  check(sold.response?.ok === true, "an invoice is made", sold.error);
  const stock = await getInventoryReport();
  check(stock.data !== undefined, "the stock is reported", stock.error);
  return "troyansys: the session, an invoice and the stock";
}

for (const flow of [serpi, monedero, backoffice, trincico, troyansys]) console.log(await flow());
