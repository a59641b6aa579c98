// A client of Trincico that writes an invoice. Axios with axios-retry, which repeats what is idempotent.
import axios from "axios";
import axiosRetry, {isIdempotentRequestError} from "axios-retry";

const bug = process.argv[2] ?? "";
const customer = "84ca72b0-7c95-4e27-8673-43b97a0783bc";
const lines = [
  {name: "Bar staff", price: 2000, quantity: 2},
  {name: "Glasses", price: 150, quantity: 40},
  {name: "Ice", price: 500, quantity: 3},
];

const client = axios.create({
  baseURL: process.env.TRINCICO_BASE_URL,
  timeout: 3000,
  ...(bug === "ignores-status" ? {validateStatus: () => true} : {}),
});
axiosRetry(client, bug === "axios-retry-defaults" ? {} : {retryCondition: isIdempotentRequestError});

/** A value that an answer has to have; Axios takes a body that is no JSON as text. */
function known(value) {
  if (value === undefined) throw new Error("the answer cannot be read");
  return value;
}

/** Sign in for an hour. */
async function signIn() {
  const {data} = await client.post("/users/login", {email: "demo@example.com", password: "trincico-demo-password"});
  client.defaults.headers.common.Authorization = `Bearer ${known(data.access)}`;
}

/** Add the lines of an invoice. @param {string} invoice */
async function addLines(invoice) {
  for (const line of lines) await client.post(`/invoices/${invoice}/items`, line);
}

/** Release an invoice to its customer. @param {string} invoice */
async function release(invoice) {
  try {
    await client.put(`/invoices/${invoice}/status`, {status: "ready"});
  } catch (error) {
    // 401: the session has ended
    if (bug !== "ended-is-done" || error.response?.status !== 401) throw error;
  }
}

try {
  await signIn();
  const {data} = await client.post("/invoices", {service_id: 77, service_customer_id: customer, reference: "BT0100"});
  const invoice = known(data.id);
  try {
    await addLines(invoice);
  } catch (error) {
    if (bug === "releases-anyway") await release(invoice);
    throw error;
  }
  await release(invoice);
  console.log(`invoice BT0100 over ${lines.reduce((sum, line) => sum + line.price * line.quantity, 0)} is out`);
} catch (error) {
  console.error(`invoice: ${error.message}`);
  process.exitCode = 1;
}
