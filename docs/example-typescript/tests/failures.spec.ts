/** Every failure that has a name, as a user of the shop meets it. */

import { expect, test } from "@mockserver-apis/client/playwright";

const BUSY = /busy\. Try again in \d+ seconds/;
const UNKNOWN = /Check the journal/;

const SALES: Record<string, RegExp> = {
  offline: UNKNOWN,
  "slow-3g": /has 350 points/,
  "bad-gateway": UNKNOWN,
  "gateway-timeout": UNKNOWN,
  "too-many-requests": /busy\. Try again in 2 seconds/,
  maintenance: /busy\. Try again in 120 seconds/,
  "expired-session": /session has ended/,
  "reset-before": UNKNOWN,
  "lost-answer": UNKNOWN,
  timeout: UNKNOWN,
  "timeout-after": UNKNOWN,
  truncated: UNKNOWN,
  malformed: UNKNOWN,
  "slow-body": UNKNOWN,
  "delivered-twice": /has 450 points/,
};
const KEPT = new Set(["slow-3g", "gateway-timeout", "lost-answer", "timeout-after", "truncated", "malformed", "slow-body", "delivered-twice"]);

for (const [preset, shown] of Object.entries(SALES)) {
  test(`a sale under ${preset}`, async ({ page, mock }) => {
    await mock.faults.add({ preset, api: "monedero" });
    await page.goto("/");
    await page.getByRole("button", { name: "Sell" }).click();
    await expect(page.getByRole("status")).toHaveText(shown, { timeout: 10_000 });
    const contacts = await mock.api("monedero").then((api) => api.state.records("contacts", { phone: "4775550101" }));
    expect(contacts.some((contact) => contact["points"] !== 25000)).toBe(KEPT.has(preset));
  });
}

test("more calls than a minute allows are put off", async ({ page, mock }) => {
  await mock.faults.add({ preset: "rate-limit", api: "monedero", rate: { calls: 1, seconds: 60 } });
  await page.goto("/");
  for (const shown of [/points/, BUSY]) {
    await page.getByRole("button", { name: "Sell" }).click();
    await expect(page.getByRole("status")).toHaveText(shown);
  }
  await mock.clock.advance("PT1M");
  await page.getByRole("button", { name: "Sell" }).click();
  await expect(page.getByRole("status")).toHaveText(/points/);
});

test("a breaker opens at the third call and closes again", async ({ page, mock }) => {
  await mock.faults.add({ preset: "breaker", api: "monedero" });
  await page.goto("/");
  for (const shown of [/350 points/, /450 points/, BUSY]) {
    await page.getByRole("button", { name: "Sell" }).click();
    await expect(page.getByRole("status")).toHaveText(shown);
  }
  await mock.clock.advance("PT30S");
  await page.getByRole("button", { name: "Sell" }).click();
  await expect(page.getByRole("status")).toHaveText(/550 points/);
});

test("calls beyond those under way are put off", async ({ page, mock }) => {
  await mock.faults.add({ api: "monedero", delay: 2.5, first: 2 });
  await mock.faults.add({ preset: "concurrency-limit", api: "monedero" });
  const others = [await page.context().newPage(), await page.context().newPage()];
  const tabs = [...others, page];
  await Promise.all(tabs.map((tab) => tab.goto("/")));
  for (const tab of tabs) {
    const sent = tab.waitForRequest("**/wallet/sale");
    await tab.getByRole("button", { name: "Sell" }).click();
    await sent;
  }
  await expect(page.getByRole("status")).toHaveText(BUSY);
  for (const tab of others) await expect(tab.getByRole("status")).toHaveText(/points/);
});

test("a connection that is refused looks as if the network were gone", async ({ page }) => {
  await page.goto("/");
  await page.route("**/wallet/sale", (route) => route.abort("connectionrefused"));
  await page.getByRole("button", { name: "Sell" }).click();
  await expect(page.getByRole("status")).toHaveText(UNKNOWN);
});

test("an empty list is shown as empty", async ({ page, mock }) => {
  await mock.faults.add({ preset: "empty-list", api: "trincico" });
  await page.goto("/");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByRole("status")).toHaveText("0 invoices.");
});

test("records behind the first page are shown as well", async ({ page, mock }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByRole("status")).toHaveText(/^\d+ invoices/);
  const all = await page.getByRole("listitem").count();
  await mock.faults.add({ preset: "second-page", api: "trincico" });
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByRole("status")).toHaveText(`${all} invoices.`);
});

test("a page of another origin calls the mock itself, with credentials", async ({ page, mock }) => {
  await page.goto(`/?base=${encodeURIComponent(`${mock.url}/~${mock.world}`)}`);
  await page.getByRole("button", { name: "Sell" }).click();
  await expect(page.getByRole("status")).toHaveText(/350 points/);
});
