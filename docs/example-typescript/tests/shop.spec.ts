import { expect, test } from "@mockserver-apis/client/playwright";

test.beforeEach(({ page }) => page.goto("/").then(() => undefined));

test("a sale gives points", async ({ page, mock }) => {
  await page.getByRole("button", { name: "Sell" }).click();
  await expect(page.getByRole("status")).toHaveText("The customer has 350 points.");
  await expect(mock).toHaveBeenCalled({ operation: "create_sale", body: { transaction_amount: 1000 } }, 1);
});

test("a new customer gets a link", async ({ page, mock }) => {
  await page.getByLabel("Phone").fill("4775550199");
  await page.getByRole("button", { name: "Register" }).click();
  await expect(page.getByRole("status")).toHaveText("Registered.");
  await expect(mock).toHaveSent({ to: "+524775550199", body: "Ana", link: /^http/ });
});

test("a lost answer is no second sale", async ({ page, mock }) => {
  await mock.faults.add({ preset: "lost-answer", api: "monedero" });
  await page.getByRole("button", { name: "Sell" }).click();
  await expect(page.getByRole("status")).toContainText("Check the journal");
  await expect(mock).toHaveBeenCalled({ operation: "create_sale" }, 1);
});

test("points expire with the year of the world", async ({ page, mock }) => {
  await mock.clock.advance("P2Y");
  await page.getByRole("button", { name: "Sell" }).click();
  await expect(page.getByRole("status")).toContainText("points");
  await expect(mock).toHaveBeenCalled({ api: "monedero" }, 1);
});

test.describe("in a world where every cashier is archived", () => {
  test.use({ mockWorld: { scenario: "monedero.archived-staff" } });
  test("a sale is refused in the vendor's words", async ({ page, mock }) => {
    await page.getByRole("button", { name: "Sell" }).click();
    await expect(page.getByRole("status")).toContainText("Refused:");
    await expect(mock).toHaveBeenCalled({ code: "new_sale_14" });
  });
});

test("a plan is paid on the vendor's page", async ({ page, mock }) => {
  await page.getByRole("button", { name: "Upgrade" }).click();
  await page.getByRole("button", { name: /^Pay/ }).click();
  await expect(page.getByRole("status")).toHaveText("Your plan is Pro Monthly.");
  await expect(mock).toHaveBeenCalled({ operation: "upgrade_subscription", status: 428 });
});
