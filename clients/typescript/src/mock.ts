/** A world of a mock server, and the APIs in it. */

import type { components } from "./control.js";
import { type Change, Clock, type ClockChange, Faults, Journal, type Moment, Outbox, type RuleFields, Services, Snapshot, State, Transitions } from "./parts.js";
import { Wire } from "./wire.js";

type Schemas = components["schemas"];
type Told = Schemas["Api"];
export type WorldSource = Schemas["WorldSource"];

export interface MockOptions {
  /** The address of the server; by default that of the variable `MOCKSERVER_URL`, else http://127.0.0.1:8000. */
  baseUrl?: string;
  /** The name of the world; by default that of the variable `MOCKSERVER_WORLD`, else `default`. */
  world?: string;
  /** The token of the control plane, if the server demands one; by default that of the variable `MOCKSERVER_TOKEN`. */
  token?: string;
}

export interface WorldOptions {
  name?: string;
  /** Replace a world of this name. */
  anew?: boolean;
  /** The birth date: equal seeds and birth dates give equal records. */
  born?: Moment;
  /** A text that lists show. */
  label?: string;
  /** Its first fault rules; a reset brings them back. */
  faults?: readonly RuleFields[];
  /** A change of its clock, such as `{freeze: "2026-01-01T00:00:00Z"}`; a reset brings that time back. */
  clock?: ClockChange;
}

/** One vendor's API in a world. The base URL contains the world, so that an app that only takes a base URL makes all its calls in that world. */
export class Api {
  readonly slug: string;
  readonly title: string;
  readonly baseUrl: string;
  /** The headers of each published credential, by its name. */
  readonly credentials: Readonly<Record<string, Record<string, string>>>;
  /** The values with which each published credential logs in, by its name. */
  readonly logins: Readonly<Record<string, Record<string, string>>>;
  readonly state: State;

  constructor(
    private readonly wire: Wire,
    told: Told,
  ) {
    this.slug = told.slug;
    this.title = told.title;
    this.baseUrl = `${wire.url}/~${wire.world}${new URL(told.base_url).pathname}`;
    this.credentials = Object.fromEntries(told.credentials.map((found) => [found.name, found.headers as Record<string, string>]));
    const logins = told.credentials.filter((found) => found.login).map((found) => [found.name, found.login as Record<string, string>]);
    this.logins = Object.fromEntries(logins);
    this.state = new State(wire, told.slug);
  }

  /** The headers of the first published credential, which has all rights. */
  get headers(): Record<string, string> {
    return { ...Object.values(this.credentials)[0] };
  }

  /** Ids and keys of the fixed records of every seeded world, by name. */
  async landmarks(): Promise<Record<string, string>> {
    return (await this.wire.data(this.wire.api.GET("/apis/{slug}/landmarks", { params: { path: { slug: this.slug } } }))).landmarks;
  }
}

/** One world of a mock server. */
export class Mock {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly services: Services;
  readonly transitions: Transitions;
  readonly journal: Journal;
  readonly outbox: Outbox;
  private readonly wire: Wire;
  private readonly made: Mock[] = [];
  private known: Promise<Record<string, Api>> | undefined;
  private number = 0;

  constructor(url: string, world = "default", token?: string) {
    this.wire = new Wire(url, world, token);
    this.clock = new Clock(this.wire);
    this.faults = new Faults(this.wire);
    this.services = new Services(this.wire);
    this.transitions = new Transitions(this.wire);
    this.journal = new Journal(this.wire);
    this.outbox = new Outbox(this.wire);
  }

  get url(): string {
    return this.wire.url;
  }

  get world(): string {
    return this.wire.world;
  }

  /** The header that names the world, for calls to an address that does not. */
  get headers(): { "X-Mock-World": string } {
    return { "X-Mock-World": this.world };
  }

  /** A vendor's API by its short name. Throws an Error that lists the names that there are. */
  async api(slug: string): Promise<Api> {
    const apis = await this.apis();
    const found = apis[slug];
    if (found === undefined) throw new Error(`the server has no API ${slug}; there are ${Object.keys(apis).join(", ")}`);
    return found;
  }

  /** Every API by its short name. Credentials are as published at the world's time when they are first asked for; see `refresh`. */
  apis(): Promise<Record<string, Api>> {
    this.known ??= this.wire
      .data(this.wire.api.GET("/apis"))
      .then(({ apis }) => Object.fromEntries(apis.map((told) => [told.slug, new Api(this.wire, told)])));
    return this.known;
  }

  /** Load addresses and credentials again, after a large change of the clock. */
  refresh(): void {
    this.known = undefined;
  }

  async reset(seed?: number): Promise<void> {
    await this.wire.data(this.wire.api.POST("/reset", { body: seed === undefined ? {} : { seed } }));
  }

  async snapshot(name?: string): Promise<Snapshot> {
    const chosen = name ?? `snapshot-${++this.number}`;
    await this.wire.data(this.wire.api.PUT("/snapshots/{snapshot}", { params: { path: { snapshot: chosen } } }));
    return new Snapshot(this, this.wire, chosen);
  }

  /** A new world that starts as this one is now, or as it was before the exchange of a number. */
  fork(name?: string, options: { before?: number } = {}): Promise<Mock> {
    const source = options.before === undefined ? { world: this.world } : { world: this.world, before: options.before };
    return this.create(source, name === undefined ? {} : { name });
  }

  /** Go back to the state before the exchange of a number. The journal is kept. */
  async rewind(number: number): Promise<void> {
    await this.wire.data(this.wire.api.POST("/journal/{number}/rewind", { params: { path: { number } } }));
  }

  /** A world made from a source, such as `{scenario: "monedero.used-up"}`, `{seed: 7}`, `{world: "other"}`. Throws Refused with the key that cannot be used. */
  async create(source: WorldSource = {}, options: WorldOptions = {}): Promise<Mock> {
    const { name = `${this.world.slice(0, 48)}.${++this.number}`, born, label, anew = false, faults, clock } = options;
    const more = {
      ...(born === undefined ? {} : { born: typeof born === "string" ? born : born.toISOString() }),
      ...(label ? { label } : {}),
      ...(faults?.length ? { faults: [...faults] } : {}),
      ...(clock === undefined ? {} : { clock }),
    };
    await this.wire.data(this.wire.api.POST("/worlds", { body: { name, from: source, anew, ...more } }));
    const made = new Mock(this.url, name, this.wire.token);
    this.made.push(made);
    return made;
  }

  /** Every record that changed since the start of the world, or since the exchange `call`, or that differs from another world. */
  async diff(from: { other?: Mock | string; call?: number } = {}): Promise<Change[]> {
    const { other, call } = from;
    const query = {
      ...(other === undefined ? {} : { other: typeof other === "string" ? other : other.world }),
      ...(call === undefined ? {} : { call }),
    };
    return (await this.wire.data(this.wire.api.GET("/diff", { params: { query } }))).changes;
  }

  /** A hash of everything that calls can change in the world; an equal hash means that nothing changed. */
  async digest(): Promise<string> {
    return (await this.wire.data(this.wire.api.GET("/worlds/{name}/digest", { params: { path: { name: this.world } } }))).digest;
  }

  /** What happened since the start of the world: the exchanges with what each wrote, the changed records as they were and are, the messages. */
  async outcome(): Promise<Schemas["Outcome"]> {
    return this.wire.data(this.wire.api.GET("/worlds/{name}/outcome", { params: { path: { name: this.world } } }));
  }

  /** The whole world as data. */
  async export(): Promise<unknown> {
    return this.call("GET", `/worlds/${this.world}/export`);
  }

  /** Let the world start from exported data. */
  async load(data: unknown): Promise<void> {
    await this.call("PUT", `/worlds/${this.world}`, data);
  }

  /** Let the world stay until it is deleted, however full the server is. */
  async pin(): Promise<void> {
    await this.call("PUT", `/worlds/${this.world}/pin`);
  }

  /** Let the world leave for another one again. */
  async unpin(): Promise<void> {
    await this.call("DELETE", `/worlds/${this.world}/pin`);
  }

  async delete(): Promise<void> {
    await this.call("DELETE", `/worlds/${this.world}`);
  }

  /** Delete the world and those that were made from here. */
  async deleteAll(): Promise<void> {
    for (const made of this.made) await made.deleteAll();
    const { worlds } = (await this.call("GET", "/worlds", undefined, { prefix: this.world })) as { worlds: { name: string }[] };
    if (worlds.some((found) => found.name === this.world)) await this.delete();
  }

  /** Any call to the control plane, such as `call("GET", "/worlds")`. */
  call(method: string, path: string, body?: unknown, query: Record<string, string> = {}): Promise<unknown> {
    return this.wire.call(method, path, body, query);
  }
}

const environment = (name: string): string | undefined => (typeof process === "undefined" ? undefined : process.env[name]) || undefined;

/** A client of one world of a mock server; nothing is called before it is used. */
export function createMock(options: MockOptions = {}): Mock {
  const { baseUrl = environment("MOCKSERVER_URL") ?? "http://127.0.0.1:8000", world = environment("MOCKSERVER_WORLD") ?? "default" } = options;
  return new Mock(baseUrl, world, options.token ?? environment("MOCKSERVER_TOKEN"));
}
