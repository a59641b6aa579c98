// openapi-backend on Node's own HTTP server: requests validated by Ajv, handlers that return the payload, answers not validated.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { OpenAPIBackend } from "openapi-backend";

const [port, file, key] = process.argv.slice(2);
const definition = JSON.parse(readFileSync(file, "utf8"));
const example = (path, method, status) => definition.paths[path][method].responses[status].content["application/json"].examples.reference.value;
const list = example("/plans", "get", "200");
const plan = example("/plans/{plan_id}", "get", "200");
const subscription = example("/subscriptions", "post", "201");

const reply = (status, body) => ({ status, body: JSON.stringify(body) });
const api = new OpenAPIBackend({ definition, apiRoot: "/reference", quick: true });
api.registerSecurityHandler("key", (context) => context.request.headers["x-api-key"] === key);
api.register({
  list_plans: () => reply(200, list),
  get_plan: () => reply(200, plan),
  create_subscription: (context) => reply(201, { ...subscription, ...context.request.requestBody }),
  validationFail: (context) => reply(400, { error: "invalid", message: JSON.stringify(context.validation.errors) }),
  unauthorizedHandler: () => reply(401, { error: "unauthenticated", message: "" }),
  notFound: () => reply(404, { error: "not_found", message: "" }),
});
await api.init();

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const body = parts.length ? JSON.parse(Buffer.concat(parts).toString()) : undefined;
    const { status, body: text } = await api.handleRequest({ method: request.method, path: request.url, headers: request.headers, body });
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  });
}).listen(Number(port), "127.0.0.1");
