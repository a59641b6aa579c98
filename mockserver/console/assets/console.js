// What the pages cannot do by links and forms: copying, asking before something goes, the journal live, keys.
"use strict";
(() => {
  const LIVE_ROWS = 200; // rows that stay in a list that grows by itself
  const say = (text) => { document.getElementById("live").textContent = text; };

  // Copying

  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const area = document.createElement("textarea"); // on an address that is not this machine's there is no clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    try {
      await copy(button.dataset.copy);
      button.classList.add("done");
      say("Copied");
      setTimeout(() => button.classList.remove("done"), 1200);
    } catch {
      say("It could not be copied");
    }
  });

  // The example call of the overview, made by this browser

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-call]");
    if (!button) return;
    const { url, ...options } = JSON.parse(button.dataset.call);
    const told = document.getElementById("called");
    try {
      const answer = await fetch(url, options);
      told.textContent = `answered ${answer.status}`;
    } catch {
      told.textContent = "no answer arrived";
    }
  });

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  // The list was filtered: what is live now is another one

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "exchanges") listen();
  });

  // The journal, live

  let source = null;

  function listen() {
    if (source) source.close();
    source = null;
    const list = document.getElementById("exchanges");
    const follow = document.getElementById("follow");
    if (!list || !follow || !follow.checked || list.dataset.back) return;
    const rows = document.getElementById("rows");
    source = new EventSource(list.dataset.live);
    source.addEventListener("rows", (message) => {
      if (!message.data) return;
      const made = document.createElement("template");
      made.innerHTML = message.data; // rows of this server's own template, in which everything is escaped
      const count = made.content.querySelectorAll("tr").length;
      rows.prepend(made.content);
      while (rows.rows.length > Number(list.dataset.most || LIVE_ROWS)) rows.lastElementChild.remove();
      document.getElementById("nothing")?.remove();
      say(`${count} new`);
      const shown = document.getElementById("count");
      shown.dataset.fresh = String(Number(shown.dataset.fresh || 0) + count);
      shown.querySelector(".fresh-count")?.remove();
      const note = document.createElement("span");
      note.className = "fresh-count";
      note.textContent = ` · ${shown.dataset.fresh} new since`;
      shown.append(note);
    });
    source.addEventListener("error", () => {
      if (source && source.readyState === EventSource.CLOSED) say("The journal is no longer live");
    });
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "follow") listen();
  });
  window.addEventListener("pagehide", () => source && source.close());
  window.addEventListener("pageshow", (event) => event.persisted && listen());

  // Keys: / goes to the search, j and k through a list, Escape leaves a field or closes what is open, ? lists them

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea, [contenteditable]");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(".swagger-ui")) return;
    if (event.key === "?") {
      document.getElementById("keys")?.showModal();
    } else if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      document.querySelector('[data-key="Escape"]')?.click();
    } else if (event.key === "/") {
      const search = document.querySelector('[data-key="/"]');
      if (search) {
        event.preventDefault();
        search.focus();
      }
    } else if (event.key === "j" || event.key === "k") {
      const links = [...document.querySelectorAll(".rows tbody .call a, .messages a, .rows.data tbody th a")];
      const at = links.includes(document.activeElement) ? links.indexOf(document.activeElement) : links.findIndex((link) => link.ariaCurrent);
      const next = links[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
      if (next) next.focus();
    }
  });

  const here = document.querySelector(".top nav [aria-current]");
  if (here) { // not scrollIntoView, from which the next Tab would go on
    const bar = here.closest("ul");
    bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
  }
  const title = document.querySelector(".opened .detail h2");
  if (title && window.matchMedia("(max-width: 67.99rem)").matches) title.focus({ preventScroll: false });
  listen();
})();
