// A client of Troyansys that bills two reams of paper. openapi-fetch with a time-out of three seconds.
import createClient from "openapi-fetch";

const bug = process.argv[2] ?? "";
const buyer = {identification: "1710034065", name: "Ana"};
const client = createClient({
  baseUrl: process.env.TROYANSYS_BASE_URL,
  headers: {"X-Company-Id": "1"},
  ...(bug === "no-time-out" ? {} : {fetch: (request) => fetch(request, {signal: AbortSignal.timeout(3000)})}),
});

/** The data of an answer; openapi-fetch returns a refusal instead of throwing it. */
function take({data, error, response}) {
  if (!response.ok && bug !== "ignores-error") throw new Error(`${response.status} ${error?.message ?? ""}`);
  return data;
}

async function bill() {
  const credentials = {email: "demo@empresa.ec", password: "Demo12345"};
  const session = take(await client.POST("/auth/login", {body: credentials}));
  const headers = {Authorization: `Bearer ${session?.token}`};
  const items = [{product_id: 101, quantity: 2}];
  const invoice = take(await client.POST("/documents/invoices", {headers, body: {customer: buyer, items}}));
  if (bug !== "ignores-error" && invoice.data.total !== 9.78) throw new Error(`the invoice is over ${invoice.data.total}`);
  console.log("9.78 billed");
}

if (bug === "no-catch") {
  await bill();
} else {
  await bill().catch((error) => {
    console.error(`billing: ${error.message}`);
    process.exitCode = 1;
  });
}
