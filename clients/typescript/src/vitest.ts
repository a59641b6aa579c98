/** Vitest with a world of its own for each test: `import { test, expect } from "@mockserver-apis/client/vitest"`. */

import { expect, test as plain } from "vitest";

import { startServer } from "./launch.js";
import type { Mock } from "./mock.js";
import { makeWorld, type WorldStart } from "./worlds.js";

let started: Promise<string> | undefined;

/** The address of the server: that of the variable `MOCKSERVER_URL`, else of one that is started for this process and ends with it. */
export function mockUrl(): Promise<string> {
  const named = process.env["MOCKSERVER_URL"];
  started ??= named ? Promise.resolve(named) : startServer().then((server) => server.url);
  return started;
}

export const test = plain.extend<{ mock: Mock; mockWorld: WorldStart }>({
  mockWorld: {},
  mock: async ({ task, mockWorld }, use) => {
    const mock = await makeWorld(await mockUrl(), `v${process.env["VITEST_POOL_ID"] ?? "0"}`, task.name, mockWorld);
    await use(mock);
    await mock.deleteAll();
  },
});

export { expect };
