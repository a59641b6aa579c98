// The reference viewer, signed in with the published credential that is chosen, with clauses and open questions beside their operation.
"use strict";
(() => {
  const place = document.getElementById("reference");
  const credentials = JSON.parse(place.dataset.credentials);
  const choice = document.getElementById("credential");

  // Credentials are given to the viewer by the names of the document's security schemes
  function authorize(ui) {
    const spec = ui.specSelectors.specJson().toJS();
    const schemes = Object.entries(spec.components?.securitySchemes ?? {});
    const known = ui.authSelectors.authorized();
    if (known && known.size) ui.authActions.logout(schemes.map(([name]) => name));
    const chosen = choice && choice.value !== "" ? credentials[Number(choice.value)] : null;
    if (!chosen) return;
    const headers = new Map(Object.entries(chosen.headers).map(([name, value]) => [name.toLowerCase(), value]));
    for (const [name, scheme] of schemes) {
      if (scheme.type === "apiKey" && scheme.in === "header" && headers.has(scheme.name.toLowerCase())) {
        ui.preauthorizeApiKey(name, headers.get(scheme.name.toLowerCase()));
      } else if (scheme.type === "http" && /^bearer /i.test(headers.get("authorization") ?? "") && scheme.scheme.toLowerCase() === "bearer") {
        ui.preauthorizeApiKey(name, headers.get("authorization").slice("bearer ".length));
      } else if (scheme.type === "http" && /^basic /i.test(headers.get("authorization") ?? "") && scheme.scheme.toLowerCase() === "basic") {
        const [user, ...rest] = atob(headers.get("authorization").slice("basic ".length)).split(":");
        ui.preauthorizeBasic(name, user, rest.join(":"));
      }
    }
  }

  // Beside each operation: what the vendor's page promises, how it refuses, what it leaves open
  function Promises(system) {
    const h = system.React.createElement;
    const plain = (value) => (value && value.toJS ? value.toJS() : value);
    const list = (title, rows) => rows.length === 0 ? null : h("details", { className: "promises", open: title === "Clauses" }, h("summary", null, `${title} (${rows.length})`), h("dl", null, ...rows));
    const row = (name, text) => h("div", { key: name }, h("dt", null, h("code", null, name)), h("dd", null, text));
    const reading = (system, name) => {
      const said = plain(system.specSelectors.specJson().getIn(["components", "x-discrepancies", name])) ?? {};
      return [said.page, said.also && `Also accepted: ${said.also}`, said.chosen && `The mock: ${said.chosen}`].filter(Boolean).map((text) => h("p", { key: text }, text));
    };
    return {
      wrapComponents: {
        OperationExt: () => ({ extensions }) => {
          const clauses = Object.entries(plain(extensions.get("x-clauses")) ?? {});
          const errors = Object.entries(plain(extensions.get("x-errors")) ?? {});
          const open = [plain(extensions.get("x-discrepancy")) ?? []].flat();
          return h("div", { className: "opblock-section promises-of" },
            list("Clauses", clauses.map(([name, text]) => row(name, text))),
            list("Errors", errors.map(([code, error]) => row(code, `${error.status ?? ""} ${error.message ?? ""}`))),
            list("Left open by the vendor's page", open.map((name) => row(name, reading(system, name)))));
        },
      },
    };
  }

  // The fields of a form start as in the document's first example, not as something made up; the others start empty
  function withExamples(spec) {
    const found = (node) => node?.$ref ? found(node.$ref.slice(2).split("/").reduce((at, part) => at?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], spec)) : node;
    for (const operation of Object.values(spec.paths).flatMap((path) => Object.values(path)).filter((one) => one?.requestBody)) {
      const body = found(operation.requestBody);
      const content = { ...body.content };
      for (const [kind, media] of Object.entries(content)) {
        const schema = found(media.schema);
        if (!/form/.test(kind) || !schema?.properties) continue;
        const example = found(Object.values(media.examples ?? {})[0])?.value ?? media.example ?? {};
        const properties = Object.entries(schema.properties).map(([name, property]) => {
          const whole = found(property);
          return [name, whole.format === "binary" ? whole : { ...whole, example: example[name] ?? "" }];
        });
        content[kind] = { ...media, schema: { ...schema, properties: Object.fromEntries(properties) } };
      }
      operation.requestBody = { ...body, content };
    }
    return spec;
  }

  // A field that is left empty is not sent, unless that was asked for
  function withoutEmptyFields(request) {
    if (place.querySelector(".parameter__empty_value_toggle input:checked")) return request;
    if (typeof request.body === "string" && /urlencoded/.test(request.headers?.["Content-Type"] ?? "")) {
      request.body = request.body.split("&").filter((pair) => !pair.endsWith("=")).join("&");
    } else if (request.body instanceof FormData) {
      for (const [name, value] of [...request.body.entries()]) if (value === "") request.body.delete(name);
    }
    return request;
  }

  let ui = null;

  async function show() {
    const answer = await fetch(place.dataset.url);
    ui = SwaggerUIBundle({
      domNode: place,
      spec: withExamples(await answer.json()),
      deepLinking: true,
      showExtensions: true,
      persistAuthorization: false,
      tryItOutEnabled: true,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      validatorUrl: null,
      syntaxHighlight: false,
      requestInterceptor: withoutEmptyFields,
      plugins: [Promises],
      onComplete: () => setTimeout(() => authorize(ui)),
    });
  }

  // What the viewer leaves without a name, or within another control, is put right as it appears
  function mend() {
    for (const field of place.querySelectorAll("select:not([aria-label]), textarea:not([aria-label]), input:not([aria-label]):not([id])")) {
      const row = field.closest("tr[data-param-name]");
      const words = field.id === "servers" ? "Server"
        : row ? row.dataset.paramName
        : field.classList.contains("examples-select-element") ? "Example"
        : field.closest(".response-controls, .responses-wrapper") ? "Media type of the response"
        : field.tagName === "TEXTAREA" ? "Body" : "Media type of the request";
      field.setAttribute("aria-label", words);
    }
    for (const toggle of place.querySelectorAll(".parameter__empty_value_toggle input:not([data-seen])")) {
      toggle.dataset.seen = "true";
      if (toggle.checked) toggle.click(); // empty values are left out unless the box is ticked
    }
    for (const link of place.querySelectorAll("button.opblock-summary-control a[href]")) link.removeAttribute("href");
    for (const box of place.querySelectorAll("pre:not([tabindex])")) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Example or answer");
    }
  }
  new MutationObserver(mend).observe(place, { childList: true, subtree: true });

  if (choice) choice.addEventListener("change", () => authorize(ui));
  show();
})();
