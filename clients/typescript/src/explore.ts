/** Runs `mockserver explore`, which runs a client app again and again with faults and reports what the app does wrong. */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One fault of a schedule: at which call, counted from 1, and once or from there on. */
export interface Step {
  operation: string;
  occurrence: number;
  fault: string;
  times: 1 | "onwards";
}

export interface Finding {
  oracle: string;
  sentence: string;
  schedule: Step[];
  exit: number | null;
  stdout: string;
  stderr: string;
  exchanges: Record<string, unknown>[];
  difference: Record<string, unknown>;
  runs: number;
}

export interface ExploreReport {
  schema: 1;
  complete: boolean;
  baseline: { calls: { operation: string; occurrence: number }[]; deterministic: boolean };
  figures: { schedules: number; recovered: number; failed_cleanly: number; not_applicable: number; untried: number; seconds: number };
  findings: Finding[];
  untried: Step[][];
  /** Why nothing was explored. */
  reason?: string;
}

export interface ExploreOptions {
  /** The address of the server; by default that of the variable `MOCKSERVER_URL`. */
  baseUrl?: string;
  world?: string;
  scenario?: string;
  depth?: number;
  /** Seconds after which the search ends. */
  budget?: number;
  jobs?: number;
  /** Seconds without a call after which the command hangs. */
  hang?: number;
  /** Oracles that do not judge. */
  without?: string[];
  /** What holds at the end of every run. */
  expect?: string[];
  /** The folder for the page, JUnit and tests. */
  report?: string;
  /** The only schedules that are tried. */
  schedules?: Step[][];
}

/** The exit code if nothing could be explored. */
const NOT_EXPLORED = 2;

/**
 * Explore a client app by a command that drives it once. The variable `MOCKSERVER_COMMAND` names the program; by default `mockserver`.
 * Throws an Error if nothing could be explored.
 */
export async function explore(command: readonly string[], options: ExploreOptions = {}): Promise<ExploreReport> {
  const folder = await mkdtemp(join(tmpdir(), "mockserver-explore-"));
  try {
    const file = join(folder, "explore.json");
    const given = ["--json", file];
    const { baseUrl, schedules, without = [], expect = [], ...plain } = options;
    if (baseUrl !== undefined) given.push("--url", baseUrl);
    for (const [name, value] of Object.entries(plain)) given.push(`--${name}`, String(value));
    for (const oracle of without) given.push("--without", oracle.replaceAll(" ", "-"));
    for (const expression of expect) given.push("--expect", expression);
    if (schedules !== undefined) {
      const replay = join(folder, "replay.json");
      await writeFile(replay, JSON.stringify({ findings: schedules.map((schedule) => ({ schedule })) }));
      given.push("--replay", replay);
    }
    const [program = "mockserver", ...first] = (process.env["MOCKSERVER_COMMAND"] ?? "mockserver").split(" ");
    const { code, said } = await run(program, [...first, "explore", ...given, "--", ...command]);
    if (code >= NOT_EXPLORED) throw new Error(`not explored: ${said.trim()}`);
    return JSON.parse(await readFile(file, "utf8")) as ExploreReport;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(program: string, given: string[]): Promise<{ code: number; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, given, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (data: Buffer) => (said += data.toString()));
    child.once("error", (error) => reject(new Error(`${program} cannot be started (${error.message}); install it with pip, or set MOCKSERVER_COMMAND`)));
    child.once("close", (code) => resolve({ code: code ?? NOT_EXPLORED, said }));
  });
}
