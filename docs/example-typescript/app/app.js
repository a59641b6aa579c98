/** A shop that gives points (Monedero) and pays for a plan (Trincico). Its own server hands `/api` on to the vendors. */

const base = new URLSearchParams(location.search).get("base") ?? "/api";
const PATIENCE = 3_000;
const PLAN = "9742d55e-4a76-4b4e-9a36-0e5162579e52";
const said = document.querySelector("#said");

/** What went wrong, in words for the user; `unknown` is set if the call may have been carried out. */
class Failure extends Error {
  constructor(text, unknown = false) {
    super(text);
    this.unknown = unknown;
  }
}

async function call(path, init) {
  let answer, text;
  try {
    answer = await fetch(base + path, { credentials: "include", signal: AbortSignal.timeout(PATIENCE), ...init });
    text = await answer.text();
  } catch {
    throw new Failure("No answer. Check the journal before you try again.", true);
  }
  if (answer.status === 429 || answer.status === 503) {
    throw new Failure(`The vendor is busy. Try again in ${answer.headers.get("retry-after") ?? "some"} seconds.`);
  }
  if (answer.status === 401) throw new Failure("Your session has ended. Sign in again.");
  if (answer.status >= 500) throw new Failure("The vendor does not answer. Check the journal before you try again.", true);
  try {
    return { status: answer.status, body: JSON.parse(text) };
  } catch {
    throw new Failure("The answer cannot be read. Check the journal before you try again.", true);
  }
}

function monedero(path, fields) {
  const body = new URLSearchParams({ wallet_key: "wallet-demo", usertool_id: "7001", ...fields });
  return call(`/monedero${path}`, { method: "POST", headers: { apikey: "monedero-demo-apikey" }, body });
}

function trincico(method, path, body) {
  const headers = { authorization: "Bearer trincico-demo-token", "content-type": "application/json" };
  return call(`/trincico${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

async function say(work) {
  said.textContent = "…";
  try {
    said.textContent = await work();
  } catch (error) {
    said.textContent = error instanceof Failure ? error.message : `This app has a bug: ${error.message}`;
  }
}

const field = (name) => document.querySelector(`[name=${name}]`).value;

document.querySelector("#sale").addEventListener("submit", (event) => {
  event.preventDefault();
  say(async () => {
    const { body } = await monedero("/wallet/sale", { phone: field("phone"), transaction_type: "0", transaction_amount: field("amount") });
    return body.success ? `The customer has ${body.newBalance} points.` : `Refused: ${body.message}`;
  });
});

document.querySelector("#register").addEventListener("click", () =>
  say(async () => {
    const { body } = await monedero("/wallet/contact/add", { phone: field("phone"), customer_name: "Ana" });
    return body.success ? "Registered." : `Refused: ${body.message}`;
  }),
);

document.querySelector("#customers").addEventListener("click", () =>
  say(async () => {
    const found = [];
    for (let page = ""; page !== null; ) {
      const { body } = await trincico("GET", `/invoices?limit=4${page && `&next_page=${page}`}`);
      found.push(...body.data);
      page = body.next_page;
    }
    document.querySelector("#list").replaceChildren(...found.map((one) => Object.assign(document.createElement("li"), { textContent: one.reference })));
    return `${found.length} invoices.`;
  }),
);

document.querySelector("#upgrade").addEventListener("click", () =>
  say(async () => {
    const here = location.origin + location.pathname;
    const { status, body } = await trincico("POST", "/subscriptions/upgrade", { plan_id: PLAN, success_url: `${here}?paid`, cancel_url: `${here}?cancelled` });
    if (status !== 428) return `Refused: ${body.message}`;
    location.assign(body.redirect_url);
    return "To the payment …";
  }),
);

if (location.search === "?paid") {
  say(async () => `Your plan is ${(await trincico("GET", "/subscriptions/active")).body.plan.name}.`);
}
