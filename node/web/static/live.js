// Tells the open page that something changed at the node, and a screen reader what is new in it.
// Parts that want to hear of it have hx-trigger="coop:changed from:body". Without it a reload does the same.
"use strict";

const QUIET_MS = 300; // many records come at once: one look at the end is enough
const KINDS = ["records", "folded", "peers", "joined", "imports", "notes", "reset"];
const ANNOUNCED_MAX = 3;

let waiting = null;

function soon() {
  waiting ??= setTimeout(() => {
    waiting = null;
    if (!document.hidden) document.body.dispatchEvent(new CustomEvent("coop:changed"));
  }, QUIET_MS);
}

// It begins where this page was made: what happened since then is not missed.
const told = (name) => document.querySelector(`meta[name=${name}]`).content;
const source = new EventSource(`${told("base")}/api/v1/events?after=${encodeURIComponent(told("events"))}`);
for (const kind of KINDS) source.addEventListener(kind, soon);
document.addEventListener("visibilitychange", soon);

const connection = document.getElementById("connection");
source.addEventListener("open", () => {
  if (!connection.hidden) soon();
  connection.hidden = true;
});
source.addEventListener("error", () => {
  connection.textContent = document.body.dataset.offline;
  connection.hidden = false;
});

// What stands in a watched part behind a change and did not before is said aloud.
const known = new WeakMap();
const named = (part) =>
  new Map([...part.querySelectorAll(part.dataset.watch)].map((one) => [one.dataset.offer, one.dataset.said]));

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (part.dataset?.watch && event.detail.requestConfig?.triggeringEvent?.type === "coop:changed") {
    known.set(document.body, named(part));
  }
});
document.addEventListener("htmx:afterSettle", () => {
  const before = known.get(document.body);
  const part = document.querySelector("[data-watch]");
  if (!before || !part) return;
  known.delete(document.body);
  const fresh = [...named(part)].filter(([id]) => !before.has(id)).map(([, said]) => said);
  if (!fresh.length) return;
  const what = fresh.slice(0, ANNOUNCED_MAX).join("; ");
  document.getElementById("announcer").textContent = document.body.dataset.announceNew.replace("{what}", what);
});
