/**
 * Cypress commands, for its support file: `import { addCommands } from "@mockserver-apis/client/cypress"; addCommands(Cypress, cy)`.
 *
 * `cy.mock()` yields the world of the test, and lets every call of the page to the mock name it.
 */

import { createMock, type Mock, type MockOptions } from "./mock.js";

/** The parts of Cypress that are used; the package itself is not needed. */
export interface CypressParts {
  Commands: { add(name: string, command: (...values: never[]) => unknown): void };
  currentTest?: { titlePath: string[] };
}

export interface CypressChain {
  intercept(match: { url: string }, change: (request: { headers: Record<string, unknown> }) => void): unknown;
  wrap(value: unknown, options?: { log: boolean }): unknown;
}

/** Add the commands `mock` and `mockFree`. */
export function addCommands(cypress: CypressParts, cy: CypressChain, options: MockOptions = {}): void {
  let current: Mock | undefined;
  let number = 0;
  cypress.Commands.add("mock", async () => {
    const outer = createMock(options);
    current = await outer.create({}, { name: `cypress.${Date.now().toString(36)}.${++number}`, label: (cypress.currentTest?.titlePath ?? []).join(" › ").slice(-200) });
    const { headers, url } = current;
    cy.intercept({ url: `${url}/**` }, (request) => Object.assign(request.headers, headers));
    return cy.wrap(current, { log: false });
  });
  cypress.Commands.add("mockFree", async () => {
    await current?.deleteAll();
    current = undefined;
  });
}
