// Keeps pages that were seen, so that they can be read when the node or the net is away. It never
// answers for the node while the node answers, and forgets every page when someone logs out.
"use strict";

const PAGES = "pages-1";
const FILES = "files-1";
const PAGES_MAX = 100;
const FILES_MAX = 400;
const BASE = new URL("./", self.location).pathname;
const OFFLINE = `${BASE}offline`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(PAGES).then((cache) => cache.add(OFFLINE)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(caches.open(PAGES).then((cache) => trim(cache, 0)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(seen(request));
  } else if (pathname.startsWith(`${BASE}static/`) || pathname.startsWith(`${BASE}api/v1/blobs/`)) {
    event.respondWith(kept(request));
  }
});

// A page as the node gives it now; the copy of the last time when it does not answer.
async function seen(request) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected && isPage(answer)) await keep(cache, request, answer, PAGES_MAX);
    return answer;
  } catch (fault) {
    const copy = (await cache.match(request, { ignoreVary: true })) ?? (await cache.match(OFFLINE, { ignoreVary: true }));
    if (copy) return copy;
    throw fault;
  }
}

// A file under a name that changes with its content: the copy is as good as the original.
async function kept(request) {
  const cache = await caches.open(FILES);
  const copy = await cache.match(request, { ignoreVary: true });
  if (copy) return copy;
  const answer = await fetch(request);
  if (answer.ok && (answer.headers.get("Cache-Control") ?? "").includes("immutable")) {
    await keep(cache, request, answer, FILES_MAX);
  }
  return answer;
}

const isPage = (answer) => (answer.headers.get("Content-Type") ?? "").startsWith("text/html");

async function keep(cache, request, answer, most) {
  await cache.put(request, answer.clone());
  await trim(cache, most);
}

// The oldest ones go first: the cache gives its keys in the order of their coming.
async function trim(cache, most) {
  const others = (await cache.keys()).filter((key) => new URL(key.url).pathname !== OFFLINE);
  for (const key of others.slice(0, Math.max(0, others.length - most))) await cache.delete(key);
}
