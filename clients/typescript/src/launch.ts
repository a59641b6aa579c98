/** Starts a mock server for a run of tests, where none is named. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Milliseconds that a server may take to start on a busy machine. */
const PATIENCE = 60_000;

export interface Server {
  url: string;
  stop(): Promise<void>;
}

/**
 * Start a server on a free port, which ends with this process. The variable `MOCKSERVER_COMMAND` names the program; by default `mockserver`.
 * Throws an Error that says why it did not start.
 */
export async function startServer(options: readonly string[] = []): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "mockserver-"));
  const address = join(folder, "address");
  const [program = "mockserver", ...first] = (process.env["MOCKSERVER_COMMAND"] ?? "mockserver").split(" ");
  const child = spawn(program, [...first, "serve", "--port", "0", "--announce", address, "--while-alive", String(process.pid), ...options], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const told: string[] = [];
  child.stderr.on("data", (data: Buffer) => told.push(data.toString()));
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject(new Error(`${program} cannot be started (${error.message}); install it with pip, or set MOCKSERVER_COMMAND`)));
    child.once("exit", (code) => reject(new Error(`${program} ended with exit code ${code}: ${told.join("").trim()}`)));
  });
  failed.catch(() => undefined);
  try {
    const url = await Promise.race([failed, readAddress(address)]);
    return { url, stop: () => stop(child, folder) };
  } catch (error) {
    await stop(child, folder);
    throw error;
  }
}

async function readAddress(file: string): Promise<string> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text) return (JSON.parse(text) as { url: string }).url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the mock server did not start within ${PATIENCE / 1000} s`);
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.pid !== undefined) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}
