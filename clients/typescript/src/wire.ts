/** The wire to the control plane of a mock server. */

import createClient, { type Client } from "openapi-fetch";

import type { paths } from "./control.js";

/** Milliseconds that a call may take, besides what it is asked to wait. */
const TIMEOUT = 30_000;

/** The control plane refused a call, or could not be reached; the message gives the reason. `status` is 0 if there was no answer. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "Refused";
  }
}

interface Problem {
  title?: string;
  detail?: string;
  violations?: { place: string; pointer: string; text: string }[];
}

type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>;

/** Calls to the control plane for one world. */
export class Wire {
  readonly api: Client<paths>;
  readonly url: string;

  constructor(
    url: string,
    readonly world: string,
    readonly token?: string,
  ) {
    this.url = url.replace(/\/+$/, "");
    this.api = createClient<paths>({ baseUrl: `${this.url}/_mock`, headers: this.headers });
  }

  /** The headers of a call: the world and, if there is one, the token. */
  get headers(): Record<string, string> {
    return { "x-mock-world": this.world, ...(this.token === undefined ? {} : { "x-mock-token": this.token }) };
  }

  /** How long a call may take that asks the server to wait so many seconds. */
  patience(seconds = 0): { signal: AbortSignal } {
    return { signal: AbortSignal.timeout(TIMEOUT + seconds * 1000) };
  }

  /** The data of an answer. Throws Refused. */
  async data<T>(answer: Answer<T>): Promise<T> {
    let found: Awaited<Answer<T>>;
    try {
      found = await answer;
    } catch (error) {
      const cause = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
      throw new Refused(0, `no mock server answers at ${this.url} (${cause}); start one with \`mockserver serve\``);
    }
    if (!found.response.ok) throw new Refused(found.response.status, reason(found.response.status, found.error));
    return found.data as T;
  }

  /** Any call to the control plane, such as `call("GET", "/worlds")`: the answer as JSON data, undefined without a body. Throws Refused. */
  async call(method: string, path: string, body?: unknown, query: Record<string, string> = {}): Promise<unknown> {
    const search = new URLSearchParams(query).toString();
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { ...this.headers, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const fetched = fetch(`${this.url}/_mock${path}${search && `?${search}`}`, { method, headers, ...sent, ...this.patience() });
    return this.data(
      fetched.then(async (response) => {
        const text = await response.text();
        const parsed: unknown = text && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text || undefined;
        return response.ok ? { data: parsed, response } : { error: parsed, response };
      }),
    );
  }

  /** The data of server-sent events, as they come. Throws Refused. */
  async *listen(path: string, query: Record<string, string>, signal?: AbortSignal): AsyncGenerator<string> {
    const search = new URLSearchParams(query).toString();
    const response = await fetch(`${this.url}/_mock${path}?${search}`, { headers: this.headers, ...(signal ? { signal } : {}) });
    if (!response.ok || response.body === null) throw new Refused(response.status, reason(response.status, await response.text()));
    let rest = "";
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const lines = (rest + decoder.decode(part.value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.startsWith("data: ")) yield line.slice("data: ".length).trimEnd();
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }
}

function reason(status: number, error: unknown): string {
  const problem = (typeof error === "object" && error !== null ? error : {}) as Problem;
  const violations = (problem.violations ?? []).map((found) => `${found.place}${found.pointer}: ${found.text}`);
  const first = violations.length === 0 ? (problem.detail ?? String(error ?? "").slice(0, 300)) : (problem.title ?? "");
  return [`${status} ${first}`, ...violations].join("\n  ");
}
