// Shows what is new while the page is open. Without it a reload does the same.
"use strict";

const QUIET_MS = 400; // many records come at once: one look at the end is enough
const KINDS = ["records", "folded", "peers", "joined", "reset"];

let waiting = null;

async function refresh() {
  waiting = null;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (fresh) document.getElementById("live").replaceWith(document.adoptNode(fresh));
}

function soon() {
  if (waiting === null) waiting = setTimeout(refresh, QUIET_MS);
}

const source = new EventSource("api/v1/events");
for (const kind of KINDS) source.addEventListener(kind, soon);
