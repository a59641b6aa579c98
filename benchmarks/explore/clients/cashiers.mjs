// A client of Monedero that replaces a cashier. Plain fetch; what only reads is repeated, after the pause that the server asks for.
import {setTimeout as pause} from "node:timers/promises";

const bug = process.argv[2] ?? "";
const busy = [429, 503];
const old = "4775550200";

/** The answer to a call. @param {string} path @param {Record<string, string>} fields @param {number} attempts */
async function send(path, fields, attempts = 1) {
  const response = await fetch(process.env.MONEDERO_BASE_URL + path, {
    method: "POST",
    headers: {apikey: process.env.MONEDERO_APIKEY},
    body: new URLSearchParams(fields),
    signal: AbortSignal.timeout(3000),
  });
  if (busy.includes(response.status)) {
    if (bug === "ignores-retry-after") return send(path, fields, attempts);
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    if (attempts > 1 && seconds <= 5) {
      await pause(seconds * 1000);
      return send(path, fields, attempts - 1);
    }
  }
  const answer = JSON.parse(await response.text());
  if (!answer.success) throw new Error(answer.message);
  return answer;
}

/** The numbers of the cashiers at work. */
async function atWork() {
  const {result} = await send("/toolusers/get", {}, 3);
  return result.filter((user) => user.usertool_status === "activo").map((user) => user.usertool_number);
}

/** Register the new cashier. */
async function hire() {
  const fields = {type: "cajero", employee_name: "Nueva", business_name: "Sucursal Centro", number: "4775550299", password: "clave"};
  await send("/employee/add", fields);
}

try {
  const before = await atWork();
  if (!before.includes(old)) throw new Error(`${old} is not at work`);
  const hired = hire();
  if (bug === "does-not-wait") await hired.catch(() => undefined);
  else await hired;
  await send("/employee/disable", {number: old});
  await hired;
  console.log("the cashier is replaced");
} catch (error) {
  if (bug === "page-as-json" && error instanceof SyntaxError) throw error;
  console.error(`cashiers: ${error.message}`);
  process.exitCode = 1;
}
