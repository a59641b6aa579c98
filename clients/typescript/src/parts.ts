/** The parts of a world: clock, faults, services, transitions, journal, outbox, records, snapshots. */

import type { components, operations } from "./control.js";
import type { Mock } from "./mock.js";
import type { Wire } from "./wire.js";

type Schemas = components["schemas"];
export type Exchange = Schemas["Exchange"];
export type Change = Schemas["Change"];
export type RuleFields = Schemas["RuleFields"];
export type Rule = Schemas["Rule"];
export type ExpectedCall = Schemas["ExpectedCall"];
export type ExpectedCount = Schemas["ExpectedCount"];
export type ClockChange = Schemas["ClockChange"];
export type TransitionPolicy = Schemas["TransitionPolicy"];
export type Record_ = { [field: string]: unknown };
type Timer = Schemas["TimerList"]["timers"][number];
type JournalFilters = NonNullable<operations["list_exchanges"]["parameters"]["query"]>;

/** A moment: a Date, or ISO 8601 with an offset or `Z`. */
export type Moment = Date | string;

const written = (at: Moment): string => (typeof at === "string" ? at : at.toISOString());

/** The clock of the world. */
export class Clock {
  constructor(private readonly wire: Wire) {}

  /** The time of the world. */
  async now(): Promise<Date> {
    return new Date((await this.read()).now);
  }

  /** Whether the clock is real, shifted or frozen. */
  async mode(): Promise<string> {
    return (await this.read()).mode;
  }

  /** The pending timers, in due order. */
  async timers(): Promise<(Omit<Timer, "due"> & { due: Date })[]> {
    const { timers } = await this.wire.data(this.wire.api.GET("/clock/timers"));
    return timers.map((timer) => ({ ...timer, due: new Date(timer.due) }));
  }

  /** Stand still at a moment, or now. */
  async freeze(at?: Moment): Promise<Date> {
    return this.move({ freeze: written(at ?? (await this.now())) });
  }

  /** Move on by an ISO 8601 duration, such as `P31D` or `PT1H`. */
  advance(duration: string): Promise<Date> {
    return this.move({ advance: duration });
  }

  /** Run on from a moment. */
  runFrom(at: Moment): Promise<Date> {
    return this.move({ run_from: written(at) });
  }

  /** Run ahead of real time by a duration; a negative one runs behind. */
  shift(duration: string): Promise<Date> {
    return this.move({ shift: duration });
  }

  /** Move to the moment at which the next timer is due. */
  toNextTimer(): Promise<Date> {
    return this.move({ to: "next_timer" });
  }

  /** Follow real time again. */
  resume(): Promise<Date> {
    return this.move({ resume: true });
  }

  private read() {
    return this.wire.data(this.wire.api.GET("/clock"));
  }

  private async move(body: Schemas["ClockChange"]): Promise<Date> {
    return new Date((await this.wire.data(this.wire.api.PATCH("/clock", { body }))).now);
  }
}

/** A rule that was added. With `await using`, it is removed at the end of the block. */
export class AddedRule {
  readonly id: number;
  readonly operations: readonly string[];

  constructor(
    private readonly wire: Wire,
    rule: Rule,
  ) {
    this.id = rule.id;
    this.operations = rule.operations;
  }

  /** How many calls the rule had an effect on so far. */
  async struck(): Promise<number> {
    const { rules } = await this.wire.data(this.wire.api.GET("/faults"));
    return rules.find((rule) => rule.id === this.id)?.struck ?? 0;
  }

  /** Let calls pass again. */
  async remove(): Promise<void> {
    await this.wire.data(this.wire.api.DELETE("/faults/{rule}", { params: { path: { rule: this.id } } }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}

/** The fault rules of the world. */
export class Faults {
  constructor(private readonly wire: Wire) {}

  /** Make calls fail: by a preset, a documented answer, a delay, or damage on the wire. Throws Refused for a rule that cannot have an effect. */
  async add(rule: RuleFields): Promise<AddedRule> {
    return new AddedRule(this.wire, await this.wire.data(this.wire.api.POST("/faults", { body: rule })));
  }

  /** The failures that `preset` can name, with what happens. */
  async presets(): Promise<Record<string, string>> {
    const { presets } = await this.wire.data(this.wire.api.GET("/faults/presets"));
    return Object.fromEntries(presets.map((found) => [found.name, found.description]));
  }

  /** The rules, in the order in which they are tried. */
  async rules(): Promise<Rule[]> {
    return (await this.wire.data(this.wire.api.GET("/faults"))).rules;
  }

  /** Remove every rule. */
  async clear(): Promise<void> {
    await this.wire.data(this.wire.api.DELETE("/faults"));
  }
}

/** The services behind the APIs. */
export class Services {
  constructor(private readonly wire: Wire) {}

  /** Whether each service is down, by its full name. */
  async all(): Promise<Record<string, boolean>> {
    const { services } = await this.wire.data(this.wire.api.GET("/services"));
    return Object.fromEntries(services.map((service) => [service.name, service.down]));
  }

  /** Switch a service off, for example `serpi.erp`. */
  async down(service: string): Promise<void> {
    await this.wire.data(this.wire.api.PUT("/services/{service}", { params: { path: { service } }, body: { down: true } }));
  }

  /** Switch a service on again. */
  async up(service: string): Promise<void> {
    await this.wire.data(this.wire.api.PUT("/services/{service}", { params: { path: { service } }, body: { down: false } }));
  }
}

/** The changes of a status that vendors' records make by themselves, such as `trincico.payout`. */
export class Transitions {
  constructor(private readonly wire: Wire) {}

  /** The policy of each transition, by its full name; empty where everything is as the vendor does it. */
  async all(): Promise<Record<string, TransitionPolicy>> {
    const { transitions } = await this.wire.data(this.wire.api.GET("/transitions"));
    return Object.fromEntries(transitions.map((transition) => [transition.name, transition.policy]));
  }

  /** Let a transition end `after` a duration or at the read of that number, and with an `outcome`. Without any, it is as the vendor does it. */
  async set(transition: string, policy: TransitionPolicy = {}): Promise<void> {
    await this.wire.data(this.wire.api.PUT("/transitions/{transition}", { params: { path: { transition } }, body: policy }));
  }
}

/** Calls were not made as expected; the message shows the one that differs least. */
export class Unverified extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Unverified";
  }
}

/** One call and its answer in a line. */
export function describe(exchange: Exchange): string {
  const target = exchange.path + (exchange.query ? `?${exchange.query}` : "");
  const notes = [exchange.code ?? exchange.fault ?? "", ...exchange.injected.map((mark) => `[${mark.source}: ${mark.effect}]`)];
  return [`#${exchange.number}`, exchange.method, target, "→", String(exchange.status || "reset"), ...notes.filter(Boolean)].join(" ");
}

/** The recorded calls of the world and their answers. */
export class Journal {
  constructor(private readonly wire: Wire) {}

  /** The latest exchanges, oldest first. */
  async exchanges(filters: JournalFilters = {}): Promise<Exchange[]> {
    return (await this.wire.data(this.wire.api.GET("/journal", { params: { query: { limit: 1000, ...filters } } }))).exchanges;
  }

  /** One exchange with headers, bodies, findings and clauses. */
  exchange(number: number): Promise<Schemas["ExchangeWhole"]> {
    return this.wire.data(this.wire.api.GET("/journal/{number}", { params: { path: { number } } }));
  }

  /** The exchanges as an HTTP archive, for the network tab of a browser. */
  har(filters: JournalFilters = {}): Promise<Schemas["Har"]> {
    return this.wire.data(this.wire.api.GET("/journal/har", { params: { query: filters } }));
  }

  /** Each exchange as it is recorded. */
  async *follow(options: { since?: number; timeout?: number; signal?: AbortSignal } = {}): AsyncGenerator<Exchange> {
    const { signal, ...named } = options;
    const query = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, String(value)]));
    for await (const data of this.wire.listen("/journal/stream", query, signal)) yield JSON.parse(data) as Exchange;
  }

  /** The number of matching calls. Throws Unverified if there were not `count` of them, or none at all. */
  async verify(call: ExpectedCall, count?: ExpectedCount): Promise<number> {
    return this.verdict({ call, ...(count === undefined ? {} : { count }) });
  }

  /** Throws Unverified if calls like these were not made in this order. */
  async verifyInOrder(...calls: ExpectedCall[]): Promise<void> {
    await this.verdict({ in_order: calls });
  }

  /** Remove every exchange. */
  async clear(): Promise<void> {
    await this.wire.data(this.wire.api.DELETE("/journal"));
  }

  private async verdict(body: Schemas["Verification"]): Promise<number> {
    const verdict = await this.wire.data(this.wire.api.POST("/journal/verify", { body }));
    if (verdict.verified) return verdict.count;
    const nearest = verdict.nearest;
    const differing = (nearest?.differences ?? []).map((one) => `  ${one.field}: expected ${JSON.stringify(one.expected)}, got ${JSON.stringify(one.got)}`);
    const shown = nearest ? [`nearest: ${describe(nearest.exchange)}`, ...differing] : ["there was no call that comes near"];
    throw new Unverified([verdict.text, ...shown].join("\n"));
  }
}

/** A message that a vendor would have sent. */
export class Message {
  constructor(readonly data: Schemas["Message"]) {}

  get to(): string {
    return this.data.to;
  }

  get subject(): string {
    return this.data.subject;
  }

  get body(): string {
    return this.data.body;
  }

  /** What came of a webhook, with each attempt to send it; null if it has no address, and of any other message. */
  get delivery(): Schemas["Delivery"] | null {
    return this.data.delivery ?? null;
  }

  /** The first code. Throws an Error if the message has none. */
  get code(): string {
    return this.first("code", this.data.codes);
  }

  /** The first link. Throws an Error if the message has none. */
  get link(): string {
    return this.first("link", this.data.links);
  }

  private first(name: string, found: readonly string[]): string {
    if (found[0] === undefined) throw new Error(`the message has no ${name}: ${JSON.stringify(this.data.body)}`);
    return found[0];
  }
}

export interface MessageFilter {
  /** A text that the subject contains. */
  subject?: string;
  /** A text that the body contains. */
  body?: string;
  channel?: "mail" | "sms" | "whatsapp" | "webhook";
  api?: string;
  /** The id of a message: only later ones. */
  after?: number;
  /** Seconds; by default 5. */
  timeout?: number;
}

/** The messages that vendors would have sent. */
export class Outbox {
  constructor(private readonly wire: Wire) {}

  async messages(): Promise<Message[]> {
    return (await this.wire.data(this.wire.api.GET("/outbox"))).messages.map((found) => new Message(found));
  }

  /** A message by its id, a webhook with its delivery log. Throws Refused (404). */
  async message(message: number): Promise<Message> {
    return new Message(await this.wire.data(this.wire.api.GET("/outbox/{message}", { params: { path: { message } } })));
  }

  /**
   * Send a webhook again now, and return it with its delivery log, whose last attempt this is, whatever the receiver answered. Throws Refused if it is no webhook or has no
   * subscriber (409), or if the server may not call its address (403).
   */
  async resend(message: number): Promise<Message> {
    return new Message(await this.wire.data(this.wire.api.POST("/outbox/{message}/resend", { params: { path: { message } }, ...this.wire.patience(10) })));
  }

  /** Wait for the newest matching message. Throws Refused (404) if there is none in time; the message lists those that there are. */
  async wait(to?: string, filter: MessageFilter = {}): Promise<Message> {
    const { subject, body, timeout = 5, ...named } = filter;
    const texts = { ...(to === undefined ? {} : { to }), ...(subject === undefined ? {} : { "subject~": subject }), ...(body === undefined ? {} : { "body~": body }) };
    const query = { ...named, ...texts, timeout };
    return new Message(await this.wire.data(this.wire.api.GET("/outbox/wait", { params: { query }, ...this.wire.patience(timeout) })));
  }

  /** Remove every message. */
  async clear(): Promise<void> {
    await this.wire.data(this.wire.api.DELETE("/outbox"));
  }
}

/** The records of a vendor in the world. */
export class State {
  constructor(
    private readonly wire: Wire,
    private readonly api: string,
  ) {}

  /** How many records each table has. */
  async tables(): Promise<Record<string, number>> {
    return (await this.wire.data(this.wire.api.GET("/state/{slug}", { params: { path: { slug: this.api } } }))).tables;
  }

  /** The records of a table whose fields have these values, oldest first; at most 10000. */
  async records(table: string, where: Record_ = {}): Promise<Record_[]> {
    const query = { where: Object.entries(where).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`), limit: 10_000 };
    const path = { slug: this.api, table };
    return (await this.wire.data(this.wire.api.GET("/state/{slug}/{table}", { params: { path, query } }))).records as Record_[];
  }

  get(table: string, record: string | number): Promise<Record_> {
    return this.wire.data(this.wire.api.GET("/state/{slug}/{table}/{record}", { params: { path: this.path(table, record) } })) as Promise<Record_>;
  }

  /** Add a record; without an id it gets the next one. */
  add(table: string, values: Record_): Promise<Record_> {
    const path = { slug: this.api, table };
    return this.wire.data(this.wire.api.POST("/state/{slug}/{table}", { params: { path }, body: values })) as Promise<Record_>;
  }

  /** Change fields of a record. */
  change(table: string, record: string | number, values: Record_): Promise<Record_> {
    const sent = { params: { path: this.path(table, record) }, body: values };
    return this.wire.data(this.wire.api.PATCH("/state/{slug}/{table}/{record}", sent)) as Promise<Record_>;
  }

  /** Remove a record to which no other refers. */
  async remove(table: string, record: string | number): Promise<void> {
    await this.wire.data(this.wire.api.DELETE("/state/{slug}/{table}/{record}", { params: { path: this.path(table, record) } }));
  }

  private path(table: string, record: string | number) {
    return { slug: this.api, table, record: String(record).replaceAll("/", "%2F") };
  }
}

/** A stored state of the world. */
export class Snapshot {
  constructor(
    private readonly mock: Mock,
    private readonly wire: Wire,
    readonly name: string,
  ) {}

  async restore(): Promise<void> {
    await this.wire.data(this.wire.api.POST("/snapshots/{snapshot}/restore", { params: { path: { snapshot: this.name } } }));
  }

  /** A new world that starts as the snapshot is. */
  fork(name?: string): Promise<Mock> {
    return this.mock.create({ snapshot: this.name, world: this.mock.world }, name === undefined ? {} : { name });
  }

  /** Every record that changed from this snapshot to another, or to the present. */
  async diff(after?: Snapshot): Promise<Change[]> {
    const query = { before: this.name, ...(after === undefined ? {} : { after: after.name }) };
    return (await this.wire.data(this.wire.api.GET("/diff", { params: { query } }))).changes;
  }

  async delete(): Promise<void> {
    await this.wire.data(this.wire.api.DELETE("/snapshots/{snapshot}", { params: { path: { snapshot: this.name } } }));
  }
}
