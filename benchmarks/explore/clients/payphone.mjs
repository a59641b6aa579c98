// A client of Troyansys that passes on a payment. The vendor keeps a notice once, however often it arrives, so a lost answer is repeated.
import {setTimeout as pause} from "node:timers/promises";

const bug = process.argv[2] ?? "";
const base = process.env.TROYANSYS_BASE_URL;
const company = {Authorization: process.env.TROYANSYS_AUTHORIZATION, "X-Company-Id": "1"};
const notice = {reference: "SUB-PLAN-PREMIUM-20260317-001", transactionStatus: "Approved"};

/** An answer in time; its body is read. @param {string} path @param {RequestInit} options */
async function call(path, options) {
  const response = await fetch(base + path, {...options, signal: AbortSignal.timeout(3000)});
  const body = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return JSON.parse(body);
}

/** Pass the notice on, three times at most. */
async function notify() {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await call("/payphone/subscription/webhook", {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify(notice),
      });
      return;
    } catch (error) {
      if (bug === "never-gives-up") continue;
      if (attempt === 3) {
        if (bug === "gives-up-silently") return;
        throw error;
      }
      await pause(200 * attempt);
    }
  }
}

try {
  await notify();
  if (bug !== "gives-up-silently") {
    const {meta} = await call("/subscription/plans", {headers: company});
    if (meta.current_plan_code !== "plan-premium") throw new Error(`the plan is ${meta.current_plan_code}`);
  }
  console.log("the payment is passed on");
} catch (error) {
  console.error(`payphone: ${error.message}`);
  process.exitCode = 1;
}
