// A client of Trincico that corrects a customer's phone. Axios with the defaults of axios-retry: three repetitions, here of reads and of PUT only.
import axios from "axios";
import axiosRetry from "axios-retry";

const bug = process.argv[2] ?? "";
const phone = "+12025550177";
const client = axios.create({
  baseURL: process.env.TRINCICO_BASE_URL,
  headers: {Authorization: process.env.TRINCICO_AUTHORIZATION},
  timeout: 3000,
});
axiosRetry(client, bug === "retries-anything" ? {retries: 200, retryCondition: () => true} : {});

/** The customer with an address, page by page. @param {string} email */
async function find(email) {
  let next;
  do {
    const {data} = await client.get("/services/77/customers", {params: {next_page: next}});
    const found = data.data.find((customer) => customer.email === email);
    if (found) return found;
    next = data.next_page ?? undefined;
  } while (next);
  throw new Error(`no customer has the address ${email}`);
}

try {
  const customer = await find("nora.vance@example.com");
  const {first_name, last_name, business_name, email} = customer;
  const change = bug === "whole-record" ? {first_name, last_name, business_name, email, phone} : {phone};
  const sent = client.put(`/services/77/customers/${customer.id}/update`, change);
  await (bug === "swallows-failure" ? sent.catch(() => undefined) : sent);
  console.log(`the phone is ${phone}`);
} catch (error) {
  console.error(`customers: ${error.message}`);
  process.exitCode = 1;
}
