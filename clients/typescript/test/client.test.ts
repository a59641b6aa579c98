/** The client against a real server; the variable `MOCKSERVER_URL` names it, or one is started. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createMock, type Mock, Refused, Unverified } from "../src/index.js";
import { type Server, startServer } from "../src/launch.js";
import { addCommands } from "../src/cypress.js";

let server: Server | undefined;
let root: Mock;
const PHONE = "4775550101";

before(async () => {
  const named = process.env["MOCKSERVER_URL"];
  server = named ? undefined : await startServer();
  root = createMock({ baseUrl: named ?? server?.url ?? "", world: `ts-${process.pid}` });
});

after(async () => {
  await root.deleteAll();
  await server?.stop();
});

async function sell(mock: Mock, amount: number): Promise<{ status: number; newBalance?: string | number }> {
  const api = await mock.api("monedero");
  const { wallet = "", cashier = "" } = await api.landmarks();
  const body = new URLSearchParams({ wallet_key: wallet, usertool_id: cashier, phone: PHONE, transaction_type: "0", transaction_amount: String(amount) });
  const answer = await fetch(`${api.baseUrl}/wallet/sale`, { method: "POST", headers: api.headers, body });
  return { status: answer.status, ...(answer.ok ? ((await answer.json()) as { newBalance?: string }) : {}) };
}

test("a world has its own records, journal, diff and digest", async () => {
  const mock = await root.create();
  const before = await mock.digest();
  assert.equal(Number((await sell(mock, 1000)).newBalance), 350);
  assert.equal(await mock.journal.verify({ operation: "create_sale", body: { transaction_amount: 1000 } }, 1), 1);
  assert.notEqual(await mock.digest(), before);
  assert.ok((await mock.diff()).some((change) => change.table === "monedero.contacts"));
  await mock.reset();
  assert.equal(await mock.digest(), before);
});

test("a world starts with fault rules and a clock", async () => {
  const faults = [{ preset: "lost-answer", operation: "create_sale", nth: 1 }];
  const mock = await root.create({}, { faults, clock: { freeze: "2026-02-01T00:00:00Z" } });
  assert.equal((await mock.clock.now()).toISOString(), "2026-02-01T00:00:00.000Z");
  await assert.rejects(sell(mock, 1000));
  assert.equal((await sell(mock, 1000)).status, 200);
  await assert.rejects(root.create({}, { faults: [{ preset: "lost" }] }), /\/faults\/0.*no preset/);
});

test("the clock moves and timers are listed", async () => {
  const mock = await root.create({}, { born: "2026-01-01T00:00:00Z" });
  await mock.clock.freeze("2026-02-01T00:00:00Z");
  assert.equal((await mock.clock.advance("P1M")).toISOString(), "2026-03-01T00:00:00.000Z");
  assert.equal(await mock.clock.mode(), "frozen");
  const [first] = await mock.clock.timers();
  if (first) assert.deepEqual(await mock.clock.toNextTimer(), first.due);
  await mock.clock.runFrom(new Date("2026-05-01T00:00:00Z"));
  assert.equal(await mock.clock.mode(), "shifted");
  await mock.clock.shift("PT1H");
  await mock.clock.resume();
  assert.equal(await mock.clock.mode(), "real");
});

test("faults are added by name, counted and removed", async () => {
  const mock = await root.create();
  assert.ok("lost-answer" in (await mock.faults.presets()));
  {
    await using rule = await mock.faults.add({ preset: "maintenance", api: "monedero" });
    assert.equal((await sell(mock, 10)).status, 503);
    assert.equal(await rule.struck(), 1);
  }
  assert.deepEqual(await mock.faults.rules(), []);
  assert.equal((await sell(mock, 10)).status, 200);
  await assert.rejects(mock.faults.add({ preset: "nonsense" }), (error) => error instanceof Refused && error.status === 404 && /offline/.test(error.message));
  await mock.faults.clear();
});

test("records are read, added, changed and removed", async () => {
  const mock = await root.create();
  const { state } = await mock.api("serpi");
  const tables = await state.tables();
  const [branch] = await state.records("branches");
  assert.ok(branch && (tables["branches"] ?? 0) > 0);
  const id = branch["id"] as number;
  assert.equal((await state.change("branches", id, { telefono: "1" }))["telefono"], "1");
  assert.equal((await state.records("branches", { id })).length, 1);
  const { id: _, ...fields } = await state.get("branches", id);
  const added = await state.add("branches", fields);
  await state.remove("branches", added["id"] as number);
  assert.deepEqual(await state.tables(), tables);
});

test("messages are waited for", async () => {
  const mock = await root.create();
  const api = await mock.api("monedero");
  const { wallet = "", cashier = "" } = await api.landmarks();
  const body = new URLSearchParams({ wallet_key: wallet, usertool_id: cashier, phone: "4775550199", customer_name: "Ana" });
  await fetch(`${api.baseUrl}/wallet/contact/add`, { method: "POST", headers: api.headers, body });
  const message = await mock.outbox.wait("+524775550199");
  assert.match(message.body, /Ana/);
  assert.ok(message.link.startsWith("http"));
  assert.throws(() => message.code, /no code/);
  assert.equal((await mock.outbox.messages()).length, 1);
  assert.deepEqual((await mock.outbox.message(message.data.id)).data, message.data);
  assert.equal(message.delivery, null);
  await assert.rejects(mock.outbox.resend(message.data.id), (error) => error instanceof Refused && error.status === 409 && /only a webhook/.test(error.message));
  await mock.outbox.clear();
  await assert.rejects(mock.outbox.wait("+52999", { timeout: 0.1 }), (error) => error instanceof Refused && error.status === 404);
});

test("a world goes back to before a call, is forked there and compared", async () => {
  const mock = await root.create();
  const before = await mock.digest();
  await sell(mock, 1000);
  const [call] = await mock.journal.exchanges();
  assert.ok(call?.rewindable);
  const { number } = call;
  assert.ok((await mock.diff({ call: number })).some((change) => change.table === "monedero.contacts"));
  const fork = await mock.fork(undefined, { before: number });
  assert.ok((await mock.diff({ other: fork })).length > 0);
  await mock.rewind(number);
  assert.equal(await mock.digest(), before);
  assert.deepEqual(await mock.diff({ other: fork }), []);
});

test("snapshots are restored, compared and forked; worlds travel as data", async () => {
  const mock = await root.create();
  const snapshot = await mock.snapshot();
  await sell(mock, 1000);
  assert.ok((await snapshot.diff()).length > 0);
  const fork = await snapshot.fork();
  assert.deepEqual(await fork.diff(), []);
  await snapshot.restore();
  assert.deepEqual(await mock.diff(), []);
  const other = await mock.fork();
  await other.load(await mock.export());
  await other.pin();
  await other.unpin();
  await snapshot.delete();
});

test("the journal shows, follows and verifies", async () => {
  const mock = await root.create();
  await sell(mock, 100);
  const [exchange] = await mock.journal.exchanges({ operation: "create_sale" });
  assert.ok(exchange);
  assert.equal((await mock.journal.exchange(exchange.number)).exchange.number, exchange.number);
  assert.equal((await mock.journal.har()).log.entries.length, 1);
  for await (const seen of mock.journal.follow({ since: 0, timeout: 5 })) {
    assert.equal(seen.operation, "create_sale");
    break;
  }
  await assert.rejects(mock.journal.verify({ operation: "create_sale" }, 2), (error) => error instanceof Unverified);
  await mock.journal.verifyInOrder({ operation: "create_sale" });
  await mock.journal.clear();
  await assert.rejects(mock.journal.verify({ operation: "create_sale" }), /no call/);
});

test("a transition gets a policy and loses it", async () => {
  const mock = await root.create();
  await mock.transitions.set("trincico.payout", { reads: 3, outcome: "failed" });
  assert.deepEqual((await mock.transitions.all())["trincico.payout"], { reads: 3, outcome: "failed" });
  await mock.transitions.set("trincico.payout");
  assert.deepEqual((await mock.transitions.all())["trincico.payout"], {});
});

test("services are switched off and on", async () => {
  const mock = await root.create();
  await mock.services.down("serpi.erp");
  assert.equal((await mock.services.all())["serpi.erp"], true);
  await mock.services.up("serpi.erp");
  assert.equal((await mock.services.all())["serpi.erp"], false);
});

test("errors say what to do", async () => {
  await assert.rejects(createMock({ baseUrl: "http://127.0.0.1:1" }).clock.now(), /start one with `mockserver serve`/);
  await assert.rejects(root.api("nothing"), /there are .*monedero/);
  await assert.rejects(root.create({ scenario: "nothing" }), (error) => error instanceof Refused && error.status === 404);
});

test("the commands of Cypress make a world and name it in the calls of the page", async () => {
  const commands: Record<string, () => Promise<unknown>> = {};
  const request = { headers: {} as Record<string, unknown> };
  const cy = { intercept: (_: unknown, change: (sent: typeof request) => void) => change(request), wrap: (value: unknown) => value };
  addCommands({ Commands: { add: (name, command) => (commands[name] = command as never) } }, cy, { baseUrl: root.url, world: root.world });
  const mock = (await commands["mock"]?.()) as Mock;
  assert.deepEqual(request.headers, { "X-Mock-World": mock.world });
  await commands["mockFree"]?.();
  const { worlds } = (await root.call("GET", "/worlds", undefined, { prefix: mock.world })) as { worlds: unknown[] };
  assert.deepEqual(worlds, []);
});
