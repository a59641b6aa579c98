// Node's own HTTP server with ready bytes: no routing table, no validation. A limit, not a peer.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [port, file] = process.argv.slice(2);
const { paths } = JSON.parse(readFileSync(file, "utf8"));
const bytes = (path, method, status) => Buffer.from(JSON.stringify(paths[path][method].responses[status].content["application/json"].examples.reference.value));
const list = bytes("/plans", "get", "200");
const plan = bytes("/plans/{plan_id}", "get", "200");
const subscription = bytes("/subscriptions", "post", "201");

createServer((request, response) => {
  const send = (status, payload) => {
    response.writeHead(status, { "content-type": "application/json", "content-length": payload.length });
    response.end(payload);
  };
  if (request.method === "POST") {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      JSON.parse(Buffer.concat(parts).toString());
      send(201, subscription);
    });
  } else {
    send(200, request.url.startsWith("/reference/plans?") ? list : plan);
  }
}).listen(Number(port), "127.0.0.1");
