/** What must not compile: each line below is an error, and the compiler says so if one is not. */

import { createMock } from "../src/index.js";

export async function wrong(): Promise<void> {
  const mock = createMock();
  // @ts-expect-error a kind of damage that there is not
  await mock.faults.add({ damage: { kind: "explode" } });
  // @ts-expect-error a misspelt field of a rule
  await mock.faults.add({ api: "serpi", statuss: 500 });
  // @ts-expect-error a misspelt field of a rule that a world starts with
  await mock.create({}, { faults: [{ api: "serpi", statuss: 500 }] });
  // @ts-expect-error a move of the clock that there is not
  await mock.create({}, { clock: { freez: "2026-01-01T00:00:00Z" } });
  // @ts-expect-error a number is no duration
  await mock.clock.advance(5);
  // @ts-expect-error a criterion that a call does not have
  await mock.journal.verify({ operatoin: "create_sale" });
  // @ts-expect-error a channel that there is not
  await mock.outbox.wait("a", { channel: "fax" });
  // @ts-expect-error the answer may be absent
  (await mock.state).records;
}
