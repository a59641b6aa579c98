import { mockWebServer } from "@mockserver-apis/client/playwright";
import { defineConfig } from "@playwright/test";

const port = Number(process.env["MOCKSERVER_EXPLORE_PORT"] ?? process.env["SHOP_PORT"] ?? 5173);

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  workers: 2,
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    actionTimeout: 10_000, // less than the 15 seconds without a call after which `mockserver explore` takes a command for hung
    launchOptions: process.env["CHROMIUM"] ? { executablePath: process.env["CHROMIUM"], args: ["--no-sandbox"] } : {},
  },
  webServer: [
    ...(process.env["MOCKSERVER_URL"] ? [] : [mockWebServer(8000, ["--trust-proxy", "127.0.0.1"])]),
    { command: "node app/serve.mjs", url: `http://127.0.0.1:${port}`, env: { PORT: String(port) }, reuseExistingServer: false },
  ],
});
