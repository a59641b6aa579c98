/** Playwright with a world of its own for each test: `import { test, expect } from "@mockserver-apis/client/playwright"`. */

import { expect as base, test as plain } from "@playwright/test";

import { startServer } from "./launch.js";
import { createMock, Mock } from "./mock.js";
import { describe, type ExpectedCall, type ExpectedCount, type MessageFilter, Unverified } from "./parts.js";
import { Refused } from "./wire.js";
import { makeWorld, type WorldStart } from "./worlds.js";

/** Exchanges that are shown of a test that failed. */
const SHOWN = 20;

interface TestFixtures {
  /** The world of the test. Pages and `request` send its name with every call. It is deleted after the test. */
  mock: Mock;
  /** From what the world starts: `test.use({ mockWorld: { scenario: "monedero.used-up" } })`. */
  mockWorld: WorldStart;
}

interface WorkerFixtures {
  /** The address of the server: that of the variable `MOCKSERVER_URL`, else of one that is started for the worker. */
  mockUrl: string;
  /** Options of `mockserver serve` for the server that is started. */
  mockServe: string[];
}

export const test = plain.extend<TestFixtures, WorkerFixtures>({
  mockServe: [[], { option: true, scope: "worker" }],
  mockWorld: [{}, { option: true }],
  mockUrl: [
    async ({ mockServe }, use) => {
      const named = process.env["MOCKSERVER_URL"];
      if (named) return use(named);
      const server = await startServer(mockServe);
      await use(server.url);
      await server.stop();
    },
    { scope: "worker", timeout: 90_000 },
  ],
  mock: async ({ mockUrl, mockWorld }, use, testInfo) => {
    // `mockserver explore` has made a world for this run, with a fault in it, and deletes it.
    const isExplored = process.env["MOCKSERVER_EXPLORE"] === "1";
    const mock = isExplored ? createMock({ baseUrl: mockUrl }) : await makeWorld(mockUrl, `p${testInfo.parallelIndex}`, testInfo.titlePath.join(" › "), mockWorld);
    await use(mock);
    if (isExplored) return;
    if (testInfo.status !== testInfo.expectedStatus) {
      const exchanges = await mock.journal.exchanges({ limit: SHOWN });
      await testInfo.attach("calls.txt", { body: exchanges.map(describe).join("\n") || "none", contentType: "text/plain" });
      await testInfo.attach("calls.har", { body: JSON.stringify(await mock.journal.har()), contentType: "application/json" });
    }
    await mock.deleteAll();
  },
  // Both the pages and `request` send these headers.
  extraHTTPHeaders: async ({ mock, extraHTTPHeaders }, use) => use({ ...extraHTTPHeaders, ...mock.headers }),
});

const verdict = (pass: boolean, message: string) => ({ pass, message: () => message });

export const expect = base.extend({
  /** The app called the mock so: `await expect(mock).toHaveBeenCalled({ operation: "create_sale" }, 1)`. */
  async toHaveBeenCalled(mock: Mock, call: ExpectedCall, count?: ExpectedCount) {
    try {
      const found = await mock.journal.verify(call, count);
      return verdict(true, `${found} calls match ${JSON.stringify(call)}`);
    } catch (error) {
      if (error instanceof Unverified) return verdict(false, error.message);
      throw error;
    }
  },
  /** A vendor sent a message: `await expect(mock).toHaveSent({ to: "+524775550199", code: "1234" })`. */
  async toHaveSent(mock: Mock, expected: MessageFilter & { to?: string; code?: string; link?: string | RegExp }) {
    const { to, code, link, ...filter } = expected;
    try {
      const message = await mock.outbox.wait(to, filter);
      if (code !== undefined && !message.data.codes.includes(code)) return verdict(false, `the message has the codes ${message.data.codes.join(", ") || "none"}, not ${code}`);
      const fits = link === undefined || message.data.links.some((one) => (typeof link === "string" ? one === link : link.test(one)));
      if (!fits) return verdict(false, `the message has the links ${message.data.links.join(", ") || "none"}, not ${link}`);
      return verdict(true, `a message was sent: ${message.body}`);
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return verdict(false, error.message);
      throw error;
    }
  },
});

/** A `webServer` of Playwright's configuration: one server for all workers, used again if it runs already. Set `MOCKSERVER_URL` to its address. */
export function mockWebServer(port = 8000, options: readonly string[] = []) {
  const command = process.env["MOCKSERVER_COMMAND"] ?? "mockserver";
  process.env["MOCKSERVER_URL"] ??= `http://127.0.0.1:${port}`;
  return {
    command: [command, "serve", "--port", String(port), ...options].join(" "),
    url: `http://127.0.0.1:${port}/_mock/health`,
    reuseExistingServer: true,
  };
}
