/** Serves the app, and hands `/api` on to the mock server, as a development server does: the path loses `/api`, and the mock is told so. */

import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { fileURLToPath } from "node:url";

const PORT = Number(process.env.PORT ?? 5173);
const TYPES = { html: "text/html", js: "text/javascript" };
const target = () => new URL(process.env.MOCKSERVER_URL ?? "http://127.0.0.1:8000");

http
  .createServer(async (request, response) => {
    // A browser repeats a POST by itself if the connection, used before, breaks without an answer. A new connection for each call prevents that.
    response.setHeader("connection", "close");
    const path = new URL(request.url, "http://localhost").pathname;
    if (path === "/api" || path.startsWith("/api/")) {
      const to = target();
      const headers = { ...request.headers, host: to.host, "x-forwarded-host": request.headers.host, "x-forwarded-proto": "http", "x-forwarded-prefix": "/api" };
      const outgoing = (to.protocol === "https:" ? https : http).request(to, { method: request.method, path: request.url.slice("/api".length) || "/", headers }, (answer) => {
        response.writeHead(answer.statusCode, { ...answer.headers, connection: "close" });
        answer.pipe(response);
        answer.on("error", () => response.destroy());
      });
      outgoing.on("error", () => response.destroy());
      request.on("close", () => request.complete || outgoing.destroy());
      request.pipe(outgoing);
      return;
    }
    const name = path === "/" ? "index.html" : path.slice(1);
    try {
      const body = await readFile(fileURLToPath(new URL(name, import.meta.url)));
      response.writeHead(200, { "content-type": TYPES[name.split(".").pop()] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  })
  .listen(PORT, "127.0.0.1");
