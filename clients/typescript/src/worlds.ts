/** A world of its own for each test. */

import { randomBytes } from "node:crypto";

import { createMock, Mock, type WorldSource } from "./mock.js";
import type { Moment, RuleFields } from "./parts.js";

/** From what the world of a test starts. */
export interface WorldStart {
  /** The full name of a scenario, such as `monedero.used-up`. */
  scenario?: string;
  seed?: number;
  /** The birth date of the world. */
  born?: Moment;
  /** The moment at which its clock stands still. */
  freeze?: Moment;
  /** Its first fault rules. */
  faults?: RuleFields[];
}

/** Letters of a label, which is the end of the test's name. */
const LABEL = 200;
const run = randomBytes(4).toString("hex");
let number = 0;
const written = (at: Moment): string => (typeof at === "string" ? at : at.toISOString());

/** Make a world for a test. `worker` tells the processes of a run apart. */
export async function makeWorld(url: string, worker: string, label: string, start: WorldStart = {}): Promise<Mock> {
  const { scenario, seed, born, freeze, faults } = start;
  const source = { ...(scenario === undefined ? {} : { scenario }), ...(seed === undefined ? {} : { seed }) } as WorldSource;
  const name = `${run}.${worker}.${++number}`;
  const mock = createMock({ baseUrl: url, world: name });
  await mock.call("POST", "/worlds", {
    name,
    from: source,
    anew: true,
    label: label.slice(-LABEL),
    ...(born === undefined ? {} : { born: written(born) }),
    ...(freeze === undefined ? {} : { clock: { freeze: written(freeze) } }),
    ...(faults === undefined ? {} : { faults }),
  });
  return mock;
}
